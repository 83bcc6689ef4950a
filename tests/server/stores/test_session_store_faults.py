"""The table of docs/faults.md: what befalls session store and event log under a running server, and a full disk."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from parts.office import Office, device
from parts.raddb import give_to_server, server_directory
from parts.radius_client import mac_login

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")
CORP, QUARANTINE = "750", "1"
SESSIONS, QUARANTINES, EVENTS = "the session store fails", "quarantines can't be read", "client events are lost"
Act = Callable[[Office], object]


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1), device(2), device(3)]) as office:
        yield office


@pytest.fixture
def office(running: Office) -> Office:
    """The running office, in order."""
    if vlan(running) != CORP or live(running, 1) != CORP:
        pytest.fail(f"the test before has left something behind:\n{running.server.log[-2000:]}")
    return running


def vlan(office: Office, number: int = 1) -> str:
    return office.client.login(*mac_login(f"0016cb{number:06x}")).vlan


def live(office: Office, number: int) -> str:
    """Return the VLAN that the commands take the client to have, '' for none."""
    mac = f"0016cb{number:06x}"
    return "".join(row["granted"].removeprefix("vlan ") for row in office.ask("sessions") if row["mac"] == mac)


@contextmanager
def locked(office: Office) -> Iterator[None]:
    with closing(sqlite3.connect(office.store / "sessions/cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def lines(office: Office, since: int, word: str) -> list[str]:
    return [line for line in office.server.log[since:].splitlines() if word in line]


def test_removed(office: Office) -> None:
    """Who logs in from then on is in a new store, and quarantines of either store count."""
    office.radtune("quarantine", "LAPTOP-2", expect=0)
    assert vlan(office, 2) == QUARANTINE
    since = len(office.server.log)
    shutil.rmtree(office.store / "sessions")
    office.radtune("quarantine", "LAPTOP-3", expect=0)
    assert [vlan(office, number) for number in (1, 2, 3)] == [CORP, QUARANTINE, QUARANTINE]
    assert [live(office, number) for number in (1, 2, 3)] == [CORP, QUARANTINE, QUARANTINE]
    assert {row["device"] for row in office.ask("quarantine")} == {"LAPTOP-2", "LAPTOP-3"}
    assert len(lines(office, since, f"{office.store}/sessions: replaced under the running server")) == 1
    office.radtune("release", "LAPTOP-2", expect=4)
    office.radtune("release", "LAPTOP-3", expect=4)
    assert (vlan(office, 2), vlan(office, 3)) == (CORP, CORP)
    assert "same_as_file" in office.radtune("--json", "status").stdout


def test_a_login_while_it_was_locked_is_written_by_the_next_request_of_any_kind(office: Office) -> None:
    since = len(office.server.log)
    with locked(office):
        assert (vlan(office, 2), vlan(office, 2)) == (CORP, CORP)
        office.client.account("Interim-Update", ("Calling-Station-Id", "0016cb000002"))
    (line,) = lines(office, since, SESSIONS)
    assert "locked by another process" in line
    # A stranger, who is refused.
    assert office.client.login(*mac_login("0016cb0000ff")).code == "Access-Reject"
    assert live(office, 2) == CORP
    assert len(lines(office, since, "the session store works again")) == 1


def test_a_login_while_it_was_locked_is_written_when_the_server_ends(office: Office) -> None:
    with locked(office):
        assert vlan(office, 3) == CORP
    office.server.stop()
    assert live(office, 3) == CORP
    office.server.start()


def remove(office: Office) -> None:
    shutil.rmtree(office.store / "sessions")


ROWS: dict[str, tuple[Act, Act, str]] = {
    "read-only": (
        lambda office: (office.store / "sessions").chmod(0o500),
        lambda office: (office.store / "sessions").chmod(0o700),
        "has mode 0500, which keeps its owner out",
    ),
    "emptied": (
        lambda office: [file.write_bytes(b"") for file in (office.store / "sessions").glob("cache.db*")],
        remove,
        "cache.db is empty",
    ),
    "no database": (
        lambda office: [file.write_bytes(b"x" * 9000) for file in (office.store / "sessions").glob("cache.db*")],
        remove,
        "damaged (",
    ),
    "another file in its place": (
        lambda office: [remove(office), (office.store / "sessions").write_text("")],  # type: ignore[func-returns-value]
        lambda office: (office.store / "sessions").unlink(),
        "can't be made",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_it_fails(office: Office, row: str) -> None:
    """No answer changes, a quarantine counts as it was read last, and the sessions are written when it is mended."""
    befall, heal, said = ROWS[row]
    office.radtune("quarantine", "LAPTOP-2", expect=4 if live(office, 2) else 0)
    assert vlan(office, 2) == QUARANTINE
    since = len(office.server.log)
    befall(office)
    try:
        assert (vlan(office), vlan(office, 2), vlan(office, 2)) == (CORP, QUARANTINE, QUARANTINE)
        for word in (SESSIONS, QUARANTINES):
            told = lines(office, since, word)
            assert len(told) == len(set(told)), "the same is told once"
            assert any(said in line for line in told)
    finally:
        heal(office)
    assert vlan(office) == CORP
    assert (live(office, 1), live(office, 2)) == (CORP, QUARANTINE)
    assert len(lines(office, since, "the session store works again")) == 1
    office.radtune("release", "LAPTOP-2", expect=4)
    assert vlan(office, 2) == CORP


EVENT_ROWS: dict[str, tuple[Act, Act, str]] = {
    "a directory in its place": (
        lambda office: [office.events_file.unlink(), office.events_file.mkdir()],  # type: ignore[func-returns-value]
        lambda office: office.events_file.rmdir(),
        "Is a directory",
    ),
    "read-only": (
        lambda office: [office.events_file.unlink(), office.events_file.touch(0o400)],  # type: ignore[func-returns-value]
        lambda office: office.events_file.unlink(),
        "Permission denied",
    ),
    "its directory is gone": (
        lambda office: office.events_file.parent.rename(office.directory / "log.away"),
        lambda office: (office.directory / "log.away").rename(office.events_file.parent),
        "No such file or directory",
    ),
}


@pytest.mark.parametrize("row", EVENT_ROWS)
def test_the_event_log_fails(office: Office, row: str) -> None:
    befall, heal, said = EVENT_ROWS[row]
    since = len(office.server.log)
    befall(office)
    assert (vlan(office), vlan(office)) == (CORP, CORP)
    heal(office)
    assert vlan(office) == CORP
    (line,) = lines(office, since, EVENTS)
    assert said in line
    assert len(lines(office, since, "client events are written again; 2 requests met the fault")) == 1
    assert office.events()[-1]["event"] == "login_allowed"


def test_the_event_log_is_removed_or_its_last_line_torn(office: Office) -> None:
    office.events_file.unlink()
    assert vlan(office) == CORP
    with office.events_file.open("ab") as log:
        log.write(b'{"time":"2026-')
    assert vlan(office) == CORP
    *_, torn, last = office.events_file.read_text().splitlines()
    assert (torn, '"event":"login_allowed"' in last) == ('{"time":"2026-', True)
    assert len(office.ask("events")) == 2


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Office]:
    """An office whose stores and events are on a disk of their own of a few MB, and that runs."""
    with server_directory() as directory, Office(directory, [device(1)], synced=False) as office:
        disk = directory / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=True)
        try:
            for name in ("store", "log"):
                (disk / name).mkdir()
            office.store = disk / "store"
            office.events_file = disk / "log/events.jsonl"
            give_to_server(disk)
            office.write_settings()
            office.radtune("sync", expect=0)
            with office.server:
                yield office
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(directory: Path) -> Path:
    """Fill the disk to its last byte."""
    file = directory / "filler"
    with pytest.raises(OSError, match="No space left"), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(1024))
    return file


@as_root
def test_a_full_disk(small_disk: Office) -> None:
    office = small_disk
    assert vlan(office) == CORP
    office.radtune("sync", expect=0)
    since = len(office.server.log)
    filler = fill(office.store.parent)
    # What is allocated of files that are there may last for some more.
    while len(lines(office, since, "the disk is full")) < 2:
        assert vlan(office) == CORP
    for word in (SESSIONS, EVENTS):
        (line,) = lines(office, since, word)
        assert "the disk is full; make room" in line
    whole = office.events_file.read_bytes()
    assert whole.endswith(b"}\n")
    office.intune.patch(device(1)["id"], deviceName="X" * 2000, complianceState="noncompliant")
    done = office.radtune("sync")
    assert (done.returncode, "the disk is full; make room" in done.stderr) == (75, True), done.stderr
    assert vlan(office) == CORP
    filler.unlink()
    assert vlan(office) == CORP
    assert len(lines(office, since, "the session store works again")) == 1
    assert len(lines(office, since, "client events are written again")) == 1
    assert office.events_file.read_bytes().startswith(whole)
    assert live(office, 1) == CORP
    office.radtune("sync", expect=0)
    assert vlan(office) == QUARANTINE
