"""`radtune doctor` as it is called: where nothing is there, where settings are faulty, and where all is well."""

import os
import sys
from pathlib import Path

import pytest

from radtune.errors import ExitCode, StoreAccessError
from radtune_tools.doctor import examination
from unit.running import Run
from unit.samples import SETTINGS
from unit.serving import serving
from unit.tools.doctor.examined import SHIPPED, make_raddb
from unit.tools.doctor.test_data import put_certificates

POLICY = (SHIPPED / "mods-config/radtune/policy.yaml").read_text().replace("CHANGE-ME", "99")


@pytest.fixture
def raddb(office: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the configuration of a server that fits the office; of this machine itself nothing is looked at."""
    for name in ("check_programs", "check_interpreter", "check_machine", "check_files"):
        monkeypatch.setattr(examination, name, lambda *_, **__: None)
    (office / "policy.yaml").write_text(POLICY)
    raddb = make_raddb(office / "raddb", office / "settings.yaml")
    put_certificates(raddb / "certs")
    return raddb


def only(run: Run, raddb: Path, *kinds: str) -> None:
    """Hold what the doctor finds to be of these kinds."""
    found = run("--json", "doctor", "--raddb", str(raddb)).json["findings"]
    assert [each["kind"] for each in found] == [*kinds]


def test_all_is_well(run: Run, office: Path, raddb: Path) -> None:
    with serving(office):
        ran = run("doctor", "--raddb", str(raddb))
        assert (ran.code, ran.err) == (ExitCode.OK, "")
        assert ran.out.endswith("healthy\n") and "sites: radtune is in radtune\n" in ran.out
        assert run("--quiet", "doctor", "--raddb", str(raddb)).out == ""


def test_nothing_is_installed_yet(run: Run, office: Path, raddb: Path) -> None:
    (office / "settings.yaml").unlink()
    only(run, office / "nowhere", "raddb_missing", "settings_missing")
    ran = run("doctor", "--raddb", str(office / "nowhere"))
    assert ran.code == ExitCode.DIFFERENCE
    assert f"raddb_missing: {office}/nowhere/radiusd.conf isn't there\n" in ran.err
    assert f"settings_missing: there is no {office}/settings.yaml\n" in ran.err
    assert "radtune:   it matters: " in ran.err and "radtune:   what mends it: make install, or" in ran.err
    assert ran.out.endswith("unhealthy: 2 findings, 0 not known\n")
    assert raddb.exists()


def test_settings_with_faults_hide_nothing_else(run: Run, office: Path, raddb: Path) -> None:
    (office / "settings.yaml").write_text(f"{SETTINGS}odd: 1\n")
    (raddb / "mods-enabled/utf8").unlink()
    only(run, raddb, "utf8", "settings")


def test_a_server_that_is_down(run: Run, raddb: Path) -> None:
    only(run, raddb, "server_down")


def test_a_store_of_root_s(run: Run, office: Path, raddb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise StoreAccessError("it belongs to root")

    monkeypatch.setattr("radtune_tools.user_and_lock.become_store_owner", refuse)
    ran = run("doctor", "--raddb", str(raddb))
    assert ran.code == ExitCode.UNKNOWN
    assert "not known: what is in the stores, and whether the tenants can be reached: it belongs to root" in ran.err
    assert office.exists()


def test_an_archive(run: Run, office: Path, raddb: Path) -> None:
    file = office / "report.tar.gz"
    ran = run("doctor", "--raddb", str(raddb), "--bundle", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"site-1 in {file} stands for radtune\n" in ran.out
    content = file.read_bytes()
    ran = run("doctor", "--raddb", str(raddb), "--bundle", str(file))
    assert (ran.code, ran.err) == (ExitCode.USAGE, f"radtune: {file}: is there already; name another file\n")
    assert file.read_bytes() == content
    ran = run("doctor", "--bundle", str(office / "nowhere/report"))
    assert (ran.code, ran.err.count("\n")) == (ExitCode.USAGE, 1)


def test_an_archive_that_can_t_be_finished_is_not_left(
    run: Run, office: Path, raddb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/x")

    monkeypatch.setattr(sys.modules["radtune_tools.commands.doctor"], "write_bundle", full)
    ran = run("doctor", "--raddb", str(raddb), "--bundle", str(office / "report.tar.gz"))
    assert ran.code == ExitCode.NOT_PERMITTED and "/x: Permission denied" in ran.err
    assert not (office / "report.tar.gz").exists()


@pytest.mark.parametrize("name", ["raddb", "settings.yaml"])
def test_what_may_not_be_looked_at_is_not_known(
    run: Run, office: Path, raddb: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = Path.stat

    def stat(path: Path, **named: bool) -> os.stat_result:
        if path.is_relative_to(office / name):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **named)

    monkeypatch.setattr(Path, "stat", stat)
    ran = run("doctor", "--raddb", str(raddb))
    assert f"not known: {office / name}" in ran.err
    assert "raddb_missing" not in ran.err and "settings_missing" not in ran.err
