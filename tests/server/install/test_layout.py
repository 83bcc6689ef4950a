"""What `make install` was told is what every installed file and every command says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parts.installation import RHEL, files, make
from parts.readable import LIBRARIES, code

OF_DEBIAN = re.compile(
    r"\bfreerad\b|/etc/freeradius|/var/log/freeradius|\bapt(?:-get)?\b|[Dd]ebian|/etc/default/"
    r"|\bfreeradius (?:-|restart)|(?:restart|start|stop|status|-u) freeradius\b|\bfreeradius\.service"
)
OF_RHEL = re.compile(
    r"User=radiusd|\b(?:chgrp|chown|-o|-g) radiusd|/etc/raddb|/var/log/radius/|\bdnf\b|/etc/sysconfig"
    r"|\bradiusd (?:-|restart)|(?:restart|start|stop|status|-u) radiusd\b|\bradiusd\.service"
)
LAYOUTS = {
    "debian": ((), "etc/freeradius/3.0", "freerad", OF_RHEL),
    "rhel": (RHEL, "etc/raddb", "radiusd", OF_DEBIAN),
}


Layout = tuple[Path, Path, str, re.Pattern[str]]


@pytest.fixture(params=LAYOUTS, scope="module")
def layout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A system on which radtune is installed, its raddb, the server's user, and words of the other layout."""
    variables, raddb, user, others = LAYOUTS[request.param]
    root = tmp_path_factory.mktemp("root")
    make("install", root, *variables)
    return root, root / raddb, user, others


def settings_with_store(layout: Layout, directory: Path, store: Path) -> str:
    """Return the settings file of a copy of the installed settings that has another store."""
    shutil.copytree(layout[0] / "etc/radtune", directory / "settings")
    settings = directory / "settings/settings.yaml"
    settings.write_text(settings.read_text().replace("/var/lib/radtune", str(store)))
    return str(settings)


def radtune(root: Path, *arguments: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    return subprocess.run(
        [sys.executable, str(root / "usr/local/bin/radtune"), *arguments],
        env={"PYTHONPATH": str(code()[2]), "PATH": path, "COLUMNS": "400"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_file_has_a_word_of_the_other_layout(layout: Layout) -> None:
    """Except setup, which asks whether it is on Debian, where it was tried."""
    root, _, _, others = layout
    found = {
        f"{name}:{number}: {line}"
        for name in files(root)
        if "/setup" not in name
        for number, line in enumerate((root / name).read_text().splitlines(), 1)
        if others.search(line)
    }
    assert found == set()


def test_raddb_alone_says_whose_layout_it_is(tmp_path: Path) -> None:
    make("install", tmp_path / "one", "RADDB=/etc/raddb")
    make("install", tmp_path / "other", *RHEL)
    one, other = (
        {name: (tmp_path / root / name).read_bytes() for name in files(tmp_path / root)} for root in ("one", "other")
    )
    assert one == other


def test_the_files_agree_with_one_another(layout: Layout) -> None:
    root, raddb, user, _ = layout
    settings = (root / "etc/radtune/settings.yaml").read_text()
    (events,) = re.findall(r"^events: (.*)$", settings, re.MULTILINE)
    log = "/var/log/radius" if user == "radiusd" else "/var/log/radtune"
    assert events == f"{log}/radtune-events.jsonl"
    assert (root / "etc/logrotate.d/radtune").read_text().startswith(f"{events} {{\n")
    where = "/etc/radtune/settings.yaml"
    for kind, writes in (("sync", f" -{log}"), ("changes", f" -{log}"), ("push", "")):
        service = (root / f"usr/local/lib/radtune/systemd/radtune-{kind}.service").read_text()
        assert f"\nUser={user}\nGroup={user}\n" in service
        assert f"\nReadWritePaths=/var/lib/radtune{writes}\n" in service
        assert f"\nEnvironment=RADTUNE_SETTINGS={where}\n" in service
    cron = (root / "usr/local/lib/radtune/cron.d/radtune").read_text()
    assert f"\nRADTUNE_SETTINGS={where}\n" in cron
    assert len(re.findall(rf" \* \* \* {user} ", cron)) == 2
    assert 'settings = "/etc/radtune/settings.yaml"' in (raddb / "mods-available/radtune").read_text()


def test_what_the_command_says(layout: Layout, tmp_path: Path) -> None:
    """Its defaults and its advice, as the commands say them that meet a machine where nothing is ready."""
    root, raddb, user, others = layout
    settings = settings_with_store(layout, tmp_path, tmp_path / "no-store")
    default = f"/{raddb.relative_to(root)}"
    assert "/etc/radtune/settings.yaml" in radtune(root, "status").stderr
    said = radtune(root, "--settings", settings, "sync").stderr
    assert f"install -d -o {user} -g {user} -m 0750 {tmp_path}/no-store" in said
    assert f"{default}/clients.conf" in radtune(root, "--settings", settings, "nas", "import").stderr
    for words in (
        "status",
        "devices",
        "sessions",
        "plan",
        "apply",
        "metrics",
        "explain x",
        "policy check",
        "nas check",
    ):
        done = radtune(root, "--settings", settings, *words.split())
        assert not others.search(done.stdout + done.stderr), words
    for words in ("", "sync", "nas import", "link"):
        done = radtune(root, *words.split(), "--help")
        assert not others.search(done.stdout + done.stderr), words


def test_the_server_that_is_asked_is_the_one_that_was_told(tmp_path: Path) -> None:
    """Where it isn't there, a secret that releases read differently isn't taken over."""
    make("install", tmp_path, *RHEL, "RADIUSD=radiusd-not-here")
    clients = tmp_path / "clients.conf"
    clients.write_text('client a {\n\tipaddr = 192.0.2.1\n\tsecret = "es\\\\cape"\n}\n')
    settings = str(tmp_path / "etc/radtune/settings.yaml")
    said = radtune(tmp_path, "--settings", settings, "nas", "import", str(clients))
    assert said.returncode == 78
    assert "clients.conf:1: client a: not taken: releases of FreeRADIUS read the escapes in its secret" in said.stderr
    assert "radiusd-not-here on this machine can't be asked" in said.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what root owns")
def test_a_store_of_root_s_names_the_server_s_user(layout: Layout, tmp_path: Path) -> None:
    root, _, user, _ = layout
    store = tmp_path / "roots-store"
    store.mkdir()
    settings = settings_with_store(layout, tmp_path, store)
    assert f"chown -R {user}: {store}" in radtune(root, "--settings", settings, "sync").stderr


def test_missing_libraries_are_installed_by_what_the_machine_has(layout: Layout, tmp_path: Path) -> None:
    root, _, user, others = layout
    (tmp_path / "bin").mkdir()
    alone = [sys.executable, "-I", "-S", str(root / "usr/local/bin/radtune")]
    for path, expected in (("/usr/bin:/bin", user == "freerad"), (str(tmp_path / "bin"), False)):
        done = subprocess.run(alone, env={"PATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode == 78
        advice = "apt-get install python3-click " if expected else f"{sys.executable} -m pip install click "
        assert f"the Python module click is missing; run: {advice}" in done.stderr
        assert ("PyYAML" in done.stderr) is not expected
        assert not others.search(done.stderr)


def test_a_library_that_only_some_commands_need_is_missed_in_the_same_words(layout: Layout, tmp_path: Path) -> None:
    root, _, _, _ = layout
    for library in LIBRARIES.iterdir():
        if not library.name.startswith(("yaml", "_yaml")):
            (tmp_path / library.name).symlink_to(library)
    command = [sys.executable, "-S", str(root / "usr/local/bin/radtune")]
    settings = str(root / "etc/radtune/settings.yaml")
    for words in ("status", "sync", "explain x"):
        done = subprocess.run(
            [*command, "--settings", settings, *words.split()],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (78, "")
        assert re.fullmatch("radtune: the Python module yaml is missing; run: .*\n", done.stderr), words


def test_every_place_can_be_another(tmp_path: Path) -> None:
    variables = ("PREFIX=/opt/radtune", "RADDB=/opt/freeradius/etc", "STATEDIR=/srv/freerad", "LOGDIR=/srv/log/freerad")
    told = (
        *variables,
        "CONFDIR=/opt/radtune/etc",
        "RADIUS_USER=radius-d",
        "RADIUSD=radiusd-3.2",
        f"PYTHON={sys.executable}",
    )
    make("install", tmp_path, *told)
    assert (tmp_path / "opt/radtune/bin/radtune").read_text().startswith(f"#!{sys.executable}\n")
    settings = (tmp_path / "opt/radtune/etc/settings.yaml").read_text()
    assert "\nstore: /srv/freerad\n" in settings
    assert "\nevents: /srv/log/freerad/radtune-events.jsonl\n" in settings
    constants = (tmp_path / "opt/radtune/lib/radtune/radtune/installation.py").read_text()
    for line in ('RADDB = Path("/opt/freeradius/etc")', 'USER = "radius-d"', 'SERVER = "radiusd-3.2"'):
        assert f"\n{line}\n" in constants
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    make("install", tmp_path, "PREFIX=/opt/radtune")
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before, "what was told is remembered"
    make("uninstall", tmp_path, "PREFIX=/opt/radtune")
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("RADDB=etc", "RADDB=etc: write an absolute path of letters, digits and ._-+ only"),
        ("LOGDIR=/var/log/a|b", "LOGDIR=/var/log/a|b: write an absolute path"),
        ("RADIUS_USER=a b", "RADIUS_USER=a b: write a name of letters"),
    ],
)
def test_an_answer_that_no_file_can_hold_is_refused(tmp_path: Path, variable: str, says: str) -> None:
    refused = make("install", tmp_path / "root", variable, check=False)
    assert refused.returncode
    assert says in refused.stderr
    assert not (tmp_path / "root").exists()


def test_a_python_that_is_too_old(tmp_path: Path) -> None:
    """As RHEL 9's own: the command's, and the one inside of the server."""
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho 9\n")
    old.chmod(0o755)
    refused = make("install", tmp_path / "root", f"PYTHON={old}", check=False)
    assert refused.returncode
    assert f"{old} is Python 3.9, and radtune needs 3.11 or later. Install a later one beside it" in refused.stderr
    assert "make install PYTHON=/usr/bin/python3.12" in refused.stderr
    assert not (tmp_path / "root").exists()
    module = tmp_path / "root/usr/lib64/freeradius/rlm_python3.so"
    module.parent.mkdir(parents=True)
    module.write_bytes(b"\x7fELF\0libpython3.9.so.1.0\0")
    said = make("install", tmp_path / "root", *RHEL, "PYTHON=/usr/bin/python3.99").stderr
    assert f"ATTENTION: {module} runs Python 3.9, and radtune needs 3.11: this server can't load radtune" in said
    module.write_bytes(b"\x7fELF\0libpython3.12.so.1.0\0")
    assert "ATTENTION" not in make("install", tmp_path / "root").stderr
