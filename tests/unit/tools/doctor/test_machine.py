"""Each finding about programs, the embedded Python, disks, systemd and cron."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from radtune import __version__
from radtune.config.settings import read_settings
from radtune.server.state import CODE, code_fingerprint
from radtune_tools.doctor import machine, server
from radtune_tools.doctor.machine import check_machine, said_by, unit
from radtune_tools.doctor.report import Check
from radtune_tools.doctor.server import check_interpreter, check_programs, check_running
from unit.serving import Server
from unit.tools.doctor.examined import only, run, unknown

Units = dict[str, Mapping[str, str] | None]


@pytest.fixture
def units(monkeypatch: pytest.MonkeyPatch) -> Units:
    """Return what systemd says of its units; at first all is well."""
    known: Units = {"freeradius": {"LoadState": "loaded", "Restart": "on-failure"}, "radtune-sync.timer": None}
    monkeypatch.setattr(machine, "unit", lambda name, *_: known[name])
    return known


@pytest.fixture
def cron(tmp_path: Path) -> Path:
    file = tmp_path / "cron"
    file.write_text("17 */2 * * * freerad radtune --quiet sync --apply\n")
    return file


def test_nothing_is_found_where_all_is_well(units: Units, tmp_path: Path, cron: Path) -> None:
    assert units
    only(run(check_machine, [tmp_path / "not/there"], cron))


def test_a_server_that_is_not_started_again(units: Units, cron: Path) -> None:
    units["freeradius"] = {"LoadState": "loaded", "Restart": "no"}
    assert "(Restart=no)" in only(run(check_machine, [], cron), "restart_policy")


@pytest.mark.parametrize("said", [None, {"LoadState": "not-found", "Restart": "no"}])
def test_a_machine_without_systemd_or_the_unit(units: Units, cron: Path, said: Mapping[str, str] | None) -> None:
    units["freeradius"] = said
    assert unknown(run(check_machine, [], cron)).startswith("whether systemd starts the server again after a crash:")


def test_cron_and_a_timer_at_once(units: Units, cron: Path) -> None:
    units["radtune-sync.timer"] = {"ActiveState": "active"}
    only(run(check_machine, [], cron), "schedule_twice")
    cron.write_text("#17 */2 * * * freerad radtune --quiet sync --apply\n")
    only(run(check_machine, [], cron))
    cron.unlink()
    only(run(check_machine, [], cron))


def test_a_disk_without_room(units: Units, tmp_path: Path, cron: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert units
    disk = SimpleNamespace(f_bavail=199, f_frsize=1_000_000, f_blocks=1000)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    monkeypatch.setattr(machine, "_SET_ASIDE", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert only(run(check_machine, [tmp_path / "store"], cron), "disk_space") == (
        f"{tmp_path}/store: 199 MB of 1000 MB are free"
    )


def test_what_a_program_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert said_by(["sh", "-c", "echo yes; cat"]) == "yes\n"
    assert said_by(["sh", "-c", "exit 3"]) is None
    assert said_by([str(tmp_path / "missing")]) is None
    monkeypatch.setattr(machine, "SECONDS", 0.2)
    assert said_by(["sleep", "60"]) is None
    monkeypatch.setattr(machine, "said_by", lambda _: "Restart=no\nLoadState=loaded\nodd\n")
    assert unit("x", "Restart") == {"Restart": "no", "LoadState": "loaded"}
    assert unit("x", "Restart", "Other") is None


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the programs and libraries that are missing, for a test to fill."""
    missing = set[str]()
    monkeypatch.setattr(server, "which", lambda name, **_: None if name in missing else f"/usr/bin/{name}")
    monkeypatch.setattr(server, "find_spec", lambda name: None if name in missing else "")
    monkeypatch.setattr(server, "said_by", lambda *_: "radiusd: FreeRADIUS Version 3.2.1, for host x\n")
    return missing


def test_programs_and_libraries_that_are_there(there: set[str]) -> None:
    assert not there
    check = run(check_programs)
    only(check)
    assert check.facts["freeradius"] == "3.2.1"  # type: ignore[index]  # a Word is a text


@pytest.mark.parametrize(
    ("name", "kind", "mend"),
    [
        ("freeradius", "freeradius_missing", "freeradius-python3"),
        ("radclient", "command_program", "apt-get install freeradius-utils"),
        ("msal", "command_library", "python3-msal"),
        ("jwt", "command_library", "python3-jwt"),
    ],
)
def test_what_is_missing(there: set[str], monkeypatch: pytest.MonkeyPatch, name: str, kind: str, mend: str) -> None:
    there.add(name)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/apt-get")
    check = run(check_programs)
    assert name in only(check, kind)
    assert mend in check.findings[0].mend


def module(place: Path, minor: str) -> list[str]:
    (place / "rlm_python3.so").write_bytes(b"\x7fELF\0libpython3." + minor.encode() + b".so.1.0\0")
    return [str(place)]


def interpreter(tmp_path: Path, minor: str, path: str = str(CODE.parent)) -> Check:
    return run(check_interpreter, [path], module(tmp_path, minor))


def test_the_embedded_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(run(check_interpreter, [], [str(tmp_path)]), "rlm_python3_missing")
    assert "runs Python 3.9, and radtune needs 3.11" in only(interpreter(tmp_path, "9"), "interpreter")
    assert unknown(interpreter(tmp_path, "")).startswith("which Python ")
    monkeypatch.setattr(server, "which", lambda *_, **__: None)
    assert "python3.12 isn't installed as a program" in unknown(interpreter(tmp_path, "12"))


def test_what_the_embedded_python_can_not_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "which", lambda name, **_: name)
    monkeypatch.setattr(server, "said_by", lambda *_, **__: "diskcache\nasked\n")
    assert only(interpreter(tmp_path, "11"), "server_library").endswith("can't import diskcache")
    monkeypatch.setattr(server, "said_by", lambda *_, **__: "radtune\nasked\n")
    check = interpreter(tmp_path, "11")
    only(check, "server_library")
    assert check.findings[0].mend == f"name radtune's directory in python_path: {CODE.parent}"
    monkeypatch.setattr(server, "said_by", lambda *_, **__: None)
    assert "can't be asked" in unknown(interpreter(tmp_path, "11"))


def test_a_server_that_has_loaded_another_radtune(office: Path, running: Server) -> None:
    settings = read_settings(office / "settings.yaml")
    only(run(check_running, settings))
    running.say(version="0.0.9")
    assert f"has loaded radtune 0.0.9 from {CODE}, and the command is radtune {__version__}" in only(
        run(check_running, settings), "server_version"
    )
    running.say(version=__version__, code="/elsewhere", code_fingerprint="other")
    assert "from /elsewhere" in only(run(check_running, settings), "server_version")
    running.say(code_fingerprint=code_fingerprint(CODE))
    only(run(check_running, settings))
