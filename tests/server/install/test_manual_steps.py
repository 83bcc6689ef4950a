"""The steps that a new operator types, in a copy of Debian's stock configuration: what they switch on is there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from parts.installation import make
from parts.manual import blocks, fenced, page
from parts.raddb import SITES
from parts.stock import stock

RADDB = "etc/freeradius/3.0"
DONE_BY_OTHERS = ("radtune ", "freeradius ", "systemctl ")
"""What needs the running server, or systemd."""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The root of a machine with FreeRADIUS's stock files, and radtune installed."""
    shutil.copytree(stock(), tmp_path / RADDB, symlinks=True)
    make("install", tmp_path)
    for name in ("etc/cron.d", "etc/systemd/system"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def type_in(machine: Path, block: str) -> None:
    """Type the lines of a block at a shell, in the machine's root; absolute paths are those of the machine."""
    lines = [line.strip() for line in block.splitlines() if not line.strip().startswith(DONE_BY_OTHERS)]
    script = re.sub(r"(?<=[ =])/(?=etc|usr)", f"{machine}/", "\n".join(lines))
    subprocess.run(["sh", "-e", "-c", script], cwd=machine, check=True, capture_output=True, text=True)


def test_what_switches_radtune_on(machine: Path) -> None:
    (block,) = [each for each in blocks(page("test")) if "sites-enabled" in each]
    type_in(machine, block)
    raddb = machine / RADDB
    assert {each.name for each in (raddb / "sites-enabled").iterdir()} == set(SITES)
    assert (raddb / "mods-enabled/radtune").resolve() == raddb / "mods-available/radtune"
    assert all((raddb / "sites-enabled" / site).resolve().is_file() for site in SITES)
    assert (raddb / "dictionary").read_text().endswith("$INCLUDE mods-config/radtune/dictionary\n")


def test_what_a_site_of_one_s_own_needs(machine: Path) -> None:
    type_in(machine, "\n".join(blocks(page("own-site"))))
    raddb = machine / RADDB
    assert (raddb / "mods-enabled/radtune").resolve() == raddb / "mods-available/radtune"
    assert (raddb / "mods-enabled/utf8").resolve().is_file()
    assert {each.name for each in (raddb / "sites-enabled").iterdir()} >= {"default", "radtune-check-eap-tls"}
    assert (raddb / "dictionary").read_text().endswith("$INCLUDE mods-config/radtune/dictionary\n")


def test_what_switches_cron_or_systemd_on(machine: Path) -> None:
    for block in blocks(page("schedule")):
        type_in(machine, block)
    assert (machine / "etc/cron.d/radtune").stat().st_mode & 0o777 == 0o644
    units = {each.name for each in (machine / "etc/systemd/system").iterdir()}
    named = set(re.findall(r"enable --now (\S+)", page("schedule")))
    assert named == {"radtune-sync.timer", "radtune-changes.timer"} and named < units


def test_a_server_that_lacks_a_step_is_mended_by_the_page(machine: Path) -> None:
    raddb = machine / RADDB
    remedies = re.findall(r"\| `((?:ln -s|echo) [^`]+)` \|$", page("start"), re.MULTILINE)
    (raddb / "mods-enabled/utf8").unlink()
    for remedy in remedies:
        type_in(machine, f"cd /{RADDB}\n{remedy}")
    assert len(remedies) == 3
    for name in ("radtune", "utf8"):
        assert (raddb / "mods-enabled" / name).resolve().is_file()
    assert "$INCLUDE mods-config/radtune/dictionary" in (raddb / "dictionary").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to the server's group")
def test_certificates_and_nas_of_a_rehearsal(machine: Path) -> None:
    certificates, nas = [each for each in blocks(page("simulator")) if "/etc/freeradius/3.0" in each]
    type_in(machine, certificates)
    for name, purpose in (("server", "sslserver"), ("laptop-1", "sslclient")):
        verify = ["openssl", "verify", "-purpose", purpose, "-CAfile", "ca.pem", f"{name}.pem"]
        subprocess.run(verify, cwd=machine, check=True, capture_output=True)
    show = ["openssl", "x509", "-in", "laptop-1.pem", "-noout", "-ext", "subjectAltName"]
    assert b"URI:IntuneDeviceId://ID" in subprocess.run(show, cwd=machine, check=True, capture_output=True).stdout
    type_in(machine, nas)
    raddb = machine / RADDB
    assert (raddb / "certs/server.key").stat().st_mode & 0o777 == 0o640
    assert (raddb / "sites-enabled/coa").resolve().is_file()
    (entry,) = yaml.safe_load(*fenced(page("simulator"), "yaml"))["nas"]
    secret = machine / "etc/radtune" / entry["secret_file"]
    assert (secret.stat().st_mode & 0o777, secret.group()) == (0o640, "freerad")
