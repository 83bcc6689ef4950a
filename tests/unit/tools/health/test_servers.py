"""Every reason that has to do with the server, from what its file says and what is there."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, rmtree
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest

from radtune.errors import ExitCode
from radtune.server import state_file as server_file
from radtune.server.faults import FAULTS, Fault, FaultName
from radtune.server.state import Logins
from radtune_tools.health import reasons as reasons_module
from radtune_tools.health import servers
from unit.running import Run
from unit.samples import NOW, SETTINGS
from unit.serving import Server, serving
from unit.tools.health.test_metrics import samples

DOCS = Path(__file__).resolve().parents[4] / "docs/monitor.md"


def reasons(run: Run) -> dict[str, str]:
    """Return each reason's message by its name; the metrics have the same names."""
    told = run("--json", "status").json
    named = {name[1][0]: count for name, count in samples(run("metrics").out).items() if name[0] == "radtune_reasons"}
    found = {reason["name"]: reason["message"] for reason in told["reasons"]}
    assert {name for name, count in named.items() if count} == set(found)
    assert set(named) == set(reasons_module.REASON_NAMES)
    return found


def test_the_documentation_has_every_reason_and_no_other() -> None:
    rows = DOCS.read_text().partition("| name | what is wrong |")[2].partition("\n\n")[0].splitlines()[2:]
    assert tuple(row.split("`")[1] for row in rows) == reasons_module.REASON_NAMES


def test_no_server_has_ever_run(run: Run, office: Path) -> None:
    assert set(reasons(run)) == {"server_down"}
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert ran.out.startswith("server: none has ever used this store\n")
    assert "run: radtune setup; if that was done, let mods-enabled/radtune name" in ran.err
    assert f"name {office}/settings.yaml, and run: systemctl restart freeradius" in ran.err
    assert samples(run("metrics").out)["radtune_up", ()] == 0


@pytest.mark.parametrize(
    ("stopped", "says"), [(NOW + 60, "was stopped at 2027-01-15T08:01:00Z"), (0.0, "ended without a word")]
)
def test_a_server_that_runs_no_more(run: Run, running: Server, stopped: float, says: str) -> None:
    running.say(heard_at=NOW + 30, stopped_at=stopped)
    running.end()
    told = reasons(run)
    assert set(told) == {"server_down"}
    assert says in told["server_down"] and "run: systemctl start freeradius" in told["server_down"]
    assert "its last request was at 2027-01-15T08:00:30Z" in run("status").out


def test_a_server_without_a_request_leaves_nothing_that_counts(run: Run, running: Server, office: Path) -> None:
    running.say(heard_at=NOW)
    running.end()
    with serving(office):
        assert reasons(run) == {}
    assert str(os.getpid()) in reasons(run)["server_down"], "of the one that had a request"


def test_code_that_was_installed_anew(run: Run, running: Server, tmp_path: Path) -> None:
    code = tmp_path / "radtune"
    copytree(running.state.code, code)
    running.say(code=str(code))
    assert reasons(run) == {}
    (code / "judge.py").write_text("# another one\n")
    told = reasons(run)
    assert set(told) == {"server_code"}
    assert told["server_code"].startswith(f"{code} was changed since freeradius (pid {os.getpid()}) has loaded it")
    rmtree(code)
    assert set(reasons(run)) == {"server_code"}


def test_a_server_of_another_release(run: Run, running: Server, office: Path) -> None:
    (file,), plain = office.glob("store/server-*"), '{"pid": 1}'
    with file.open("r+") as stream:
        stream.write(f"{plain}\n{crc32(plain.encode()):08x}\n".ljust(4096))
    told = reasons(run)
    assert set(told) == {"server_code"}
    assert told["server_code"].endswith("run: systemctl restart freeradius")
    assert running.state.pid


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("sites: [{name: berlin, nas: [192.0.2.0/24]}]\n", "sites"),
        ("nas_groups: [{name: campus, nas: [sw1]}]\ndictionaries: [d]\n", "dictionaries, nas_groups"),
        ("nas: [{name: a, nas: [sw1], secret_file: s, profile: mikrotik}]\n", "nas"),
        ("limits: {sessions_moved: 1}\n", ""),
    ],
)
def test_settings_that_changed(run: Run, running: Server, office: Path, text: str, keys: str) -> None:
    assert running.state.settings
    (office / "d").write_text("ATTRIBUTE User-Name 1 string\n")
    (office / "settings.yaml").write_text(SETTINGS + text)
    told = reasons(run)
    expected = {"server_settings"} if keys else set()
    assert set(told) - {"nas_secret"} == expected, "another policy is no reason of its own then"
    if keys:
        where = " or settings.d" if keys == "nas" else ""
        assert told["server_settings"].startswith(f"{keys} in {office}/settings.yaml{where}: changed since freeradius")


def test_stores_that_were_replaced_or_deleted(run: Run, running: Server, office: Path) -> None:
    assert running.state.stores
    (office / "store/sessions").rename(office / "before")
    told = reasons(run)
    assert set(told) == {"server_store"}
    assert told["server_store"].startswith(f"{office}/store/sessions: deleted while freeradius")
    copytree(office / "before", office / "store/sessions")
    assert "replaced while" in reasons(run)["server_store"]
    running.say(written_at=0.0)
    assert reasons(run) == {}, "no request since"
    running.say(written_at=NOW)
    rmtree(office / "store/sessions")
    (office / "before").rename(office / "store/sessions")
    assert reasons(run) == {}
    rmtree(office / "store/devices")
    told = reasons(run)
    assert set(told) == {"server_store", "devices"}
    assert told["server_store"].endswith("run: radtune sync")


@pytest.mark.parametrize("what", FAULTS)
def test_what_the_server_can_not_do(run: Run, running: Server, what: FaultName) -> None:
    running.say(faults=(Fault(what, "locked; wait", NOW, 3),))
    assert reasons(run) == {f"server_{what}": "since 2027-01-15T08:00:00Z (requests: 3): locked; wait"}
    assert samples(run("metrics").out)["radtune_fault_requests", (what,)] == 3


def denied(seconds: float, *, everybody: bool = True) -> Logins:
    return Logins(3, 7, NOW - 60, NOW + seconds, NOW, 7, "0016cbaabb01", everybody, "the store is stale")


@pytest.mark.parametrize(
    ("logins", "sick"), [(denied(299), False), (denied(300), True), (denied(300, everybody=False), False)]
)
def test_logins_denied(run: Run, running: Server, logins: Logins, sick: bool) -> None:
    running.say(logins=logins, heard_at=NOW + 300)
    told = reasons(run)
    assert set(told) == ({"server_denies_all"} if sick else set())
    if sick:
        assert "since 2027-01-15T08:00:00Z, 7 times, at last 2027-01-15T08:05:00Z, for: the store is stale" in str(told)
    assert "last request 2027-01-15T08:05:00Z (5m); logins since 2027" in run("status").out
    found = samples(run("metrics").out)
    assert (found["radtune_last_request_timestamp_seconds", ()], found["radtune_denied_in_a_row", ()]) == (
        NOW + 300,
        7,
    )


def test_several_servers_each_speak_for_themselves(run: Run, running: Server, office: Path) -> None:
    with serving(office) as other:
        other.say(faults=(Fault("events", "full", NOW, 1),))
        assert set(reasons(run)) == {"server_events"}
        assert samples(run("metrics").out)["radtune_up", ()] == 2
        running.say(heard_at=NOW)
        running.end()
        assert "radtune_up 1.0" in run("metrics").out
    assert set(reasons(run)) == {"server_down"}


def unseen(*_: object) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def unread(*_: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("module", "name", "instead"),
    [
        ("fcntl", "flock", unseen),
        ("os", "open", unread),
    ],
)
def test_what_can_not_be_known_is_neither_healthy_nor_an_alarm(
    run: Run, running: Server, monkeypatch: pytest.MonkeyPatch, module: str, name: str, instead: Callable[..., None]
) -> None:
    assert running.state.pid
    real: Any = {"fcntl": fcntl, "os": os}[module]
    monkeypatch.setattr(server_file, module, SimpleNamespace(**{**vars(real), name: instead}))
    ran = run("status")
    assert ran.code == ExitCode.UNKNOWN
    assert ran.out.splitlines()[-1] == "unknown"
    assert "whether freeradius runs with radtune can't be known" in ran.err
    found = samples(run("metrics").out)
    assert (found["radtune_healthy", ()], found["radtune_unknown", ()]) == (0, 1)
    assert ("radtune_up", ()) not in found
    told = run("--json", "status").json
    assert (told["healthy"], told["state"]) == (False, "unknown")


def test_a_directory_that_can_not_be_listed(run: Run, running: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert running.state.pid
    monkeypatch.setattr(server_file, "os", SimpleNamespace(**{**vars(os), "listdir": unread}))
    ran = run("status")
    assert (ran.code, "can't be looked into (Permission denied)" in ran.err) == (ExitCode.UNKNOWN, True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"f_flag": os.ST_RDONLY}, "the disk is read-only"),
        ({"f_bavail": 0}, "the disk is full; make room"),
        ({}, "may not write"),
    ],
)
def test_what_the_server_s_user_can_not_write(
    run: Run, running: Server, monkeypatch: pytest.MonkeyPatch, change: dict[str, int], says: str
) -> None:
    assert running.state.pid
    disk = SimpleNamespace(**{"f_flag": 0, "f_bavail": 1, **change})
    here = {**vars(os), "statvfs": lambda _: disk, "access": lambda *_, **__: bool(change)}
    monkeypatch.setattr(servers, "os", SimpleNamespace(**here))
    told = reasons(run)
    assert set(told) == {"store_directory", "event_log"}
    assert all(says in message for message in told.values())
    here["geteuid"] = lambda: 12345
    monkeypatch.setattr(servers, "os", SimpleNamespace(**here))
    assert reasons(run) == {}, "who isn't the server's user can't tell"


def test_an_event_log_whose_directory_is_gone(run: Run, running: Server, office: Path) -> None:
    assert running.state.pid
    (office / "settings.yaml").write_text(SETTINGS.replace("events.jsonl", "gone/events.jsonl"))
    assert {"event_log", "server_settings"} == set(reasons(run))


def test_a_clock_that_was_set_back(run: Run, running: Server) -> None:
    running.say(heard_at=NOW + 7200, logins=denied(-100))
    assert reasons(run) == {}
    assert "last request 2027-01-15T10:00:00Z (in 1h)" in run("status").out
