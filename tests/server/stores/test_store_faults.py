"""The table of docs/faults.md, row by row: what befalls the files under a running server, and what heals it."""

import os
import pwd
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parts.office import POLICY, Office, device
from parts.raddb import USER, give_to_server, server_directory
from parts.radius_client import mac_login

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away and mount a file system")
FAILURE_POLICY = (
    POLICY.replace("rules:", "  failure:              {vlan: 99}\nrules:")
    + "on_failure: {unavailable: {policy: allow, assign: [failure]}}\n"
)
CORP, FAILURE = "750", "99"
DEVICES, SESSIONS, EVENTS = "the device store fails", "the session store fails", "client events are lost"
STARTED = "rules, store"
Act = Callable[[Office], object]


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1), device(2)], policy=FAILURE_POLICY) as office:
        yield office


@pytest.fixture
def office(running: Office) -> Office:
    """The running office, in order, with a session of the first device."""
    if running.client.login(*mac_login("0016cb000001")).vlan != CORP:
        pytest.fail(f"the test before has left something behind:\n{running.server.log[-2000:]}")
    return running


def vlan(office: Office, number: int = 1) -> str:
    return office.client.login(*mac_login(f"0016cb{number:06x}")).vlan


def files(office: Office, store: str) -> list[Path]:
    return sorted((office.store / store).glob("cache.db*"))


def overwrite(file: Path, content: Callable[[int], bytes]) -> None:
    """Write other content of some length into the file, which stays the same file."""
    with file.open("r+b") as stream:
        size = file.stat().st_size
        stream.truncate(0)
        stream.write(content(size))


def damage(office: Office, store: str) -> None:
    """Write random bytes over everything but the file's header."""
    for file in files(office, store):
        overwrite(file, lambda size: file.read_bytes()[:100] + random.Random(1).randbytes(max(0, size - 100)))  # noqa: B023, S311


def change(office: Office, store: str, statement: str) -> None:
    with closing(sqlite3.connect(office.store / store / "cache.db", isolation_level=None)) as other:
        other.execute(statement)


def copy(office: Office, store: str) -> Path:
    """Return a copy of the database as a backup has it."""
    target = office.directory / f"{store}.backup"
    with closing(sqlite3.connect(office.store / store / "cache.db")) as source, closing(sqlite3.connect(target)) as to:
        source.backup(to)
    return target


def sync(office: Office) -> None:
    office.radtune("sync", expect=0)


def move(store: str) -> tuple[Act, Act]:
    away = f"{store}.away"
    return (
        lambda office: (office.store / store).rename(office.store / away),
        lambda office: (office.store / away).rename(office.store / store),
    )


def mode(store: str, wanted: int) -> tuple[Act, Act]:
    return (
        lambda office: (office.store / store).chmod(wanted),
        lambda office: (office.store / store).chmod(0o700),
    )


def owner(store: str) -> tuple[Act, Act]:
    return (
        lambda office: os.chown(office.store / store, 0, 0),
        lambda office: os.chown(office.store / store, pwd.getpwnam(USER).pw_uid, -1),
    )


def empty(store: str, names: str) -> Act:
    def act(office: Office) -> None:
        for file in (office.store / store).glob(names):
            os.truncate(file, 0)

    return act


def remove_files(office: Office) -> None:
    for file in files(office, "devices"):
        file.unlink()


DEVICE_ROWS = {
    "removed": (lambda office: shutil.rmtree(office.store / "devices"), sync, "there is no store"),
    "moved": (*move("devices"), "there is no store"),
    "the files removed": (remove_files, sync, "there is no store"),
    "emptied": (empty("devices", "cache.db"), sync, "cache.db is empty"),
    "all files emptied": (empty("devices", "cache.db*"), sync, "cache.db is empty"),
    "random bytes": (lambda office: damage(office, "devices"), sync, "damaged ("),
    "cut off": (lambda office: os.truncate(office.store / "devices/cache.db", 5000), sync, "damaged ("),
    "a row of the index removed": (
        lambda office: change(office, "devices", "DELETE FROM Cache WHERE key LIKE 'index/%'"),
        sync,
        ": missing or damaged",
    ),
    "a record removed": (
        lambda office: change(office, "devices", "DELETE FROM Cache WHERE key LIKE 'device/%000001'"),
        sync,
        "it names a device without a record",
    ),
    "a record changed": (
        lambda office: change(office, "devices", "UPDATE Cache SET value = replace(value, 'LAPTOP', 'LAPTOQ')"),
        sync,
        "its checksum is wrong",
    ),
    "read-only": (*mode("devices", 0o500), "has mode 0500, which keeps its owner out. Run: chmod"),
}


@pytest.mark.parametrize("row", DEVICE_ROWS)
def test_a_device_store_that_fails(office: Office, row: str) -> None:
    befall, heal, said = DEVICE_ROWS[row]
    check_device_fault(office, befall, heal, said)


@as_root
def test_a_device_store_that_belongs_to_another_user(office: Office) -> None:
    check_device_fault(office, *owner("devices"), "belongs to root; run: chown -R freerad: ")


@as_root
def test_a_session_store_that_belongs_to_another_user_changes_no_answer(office: Office) -> None:
    befall, heal = owner("sessions")
    before = len(office.server.log)
    befall(office)
    assert (vlan(office), vlan(office)) == (CORP, CORP)
    heal(office)
    assert vlan(office) == CORP
    told = [line for line in office.server.log[before:].splitlines() if "the session store " in line]
    assert ["belongs to root; run: chown -R freerad: " in line for line in told] == [True, False]
    assert "the session store works again" in told[1]


def check_device_fault(office: Office, befall: Act, heal: Act, said: str) -> None:
    """At the next request the client gets what on_failure says; the log says it once, and once that it is over."""
    before = len(office.server.log)
    starts = office.server.log.count(STARTED)
    befall(office)
    assert (vlan(office), vlan(office)) == (FAILURE, FAILURE)
    events = office.events()[-2:]
    assert [(event["compliance"], said in event["reason"]) for event in events] == [("unavailable", True)] * 2
    log = office.server.log[before:]
    (line,) = [line for line in log.splitlines() if DEVICES in line]
    assert said in line
    heal(office)
    assert vlan(office) == CORP
    assert "the device store works again; 2 requests met the fault" in office.server.log[before:]
    assert office.server.log.count(STARTED) == starts


def test_a_sync_says_what_it_has_mended(office: Office) -> None:
    change(office, "devices", "DELETE FROM Cache WHERE key LIKE 'index/%'")
    assert "the index did not fit the devices; it was made anew" in office.radtune("sync", expect=0).stderr
    damage(office, "devices")
    said = office.radtune("sync", expect=0).stderr
    assert "damaged" in said
    assert "it was made anew, and the server takes it up by itself" in said
    assert vlan(office) == CORP


def restored_by(office: Office, put: Callable[[Path, Path], object]) -> list[str]:
    """Put a copy of an earlier day into the place of the device store, and log in."""
    earlier = copy(office, "devices")
    office.intune.patch(device(1)["id"], complianceState="noncompliant")
    sync(office)
    assert vlan(office) == "1"
    put(earlier, office.store / "devices/cache.db")
    found = vlan(office)
    office.intune.patch(device(1)["id"], complianceState="compliant")
    sync(office)
    return [found, vlan(office)]


def write_over(source: Path, target: Path) -> None:
    overwrite(target, lambda _: source.read_bytes())


def put_in_place(source: Path, target: Path) -> None:
    beside = target.with_suffix(".new")
    shutil.copy(source, beside)
    give_to_server(beside)
    beside.rename(target)


def put_directory_in_place(source: Path, target: Path) -> None:
    shutil.rmtree(target.parent)
    target.parent.mkdir(mode=0o700)
    shutil.copy(source, target)
    give_to_server(target.parent)


@pytest.mark.parametrize("put", [write_over, put_in_place, put_directory_in_place])
def test_a_restored_device_store_counts_at_the_next_request(
    office: Office, put: Callable[[Path, Path], object]
) -> None:
    assert restored_by(office, put) == [CORP, CORP]


@pytest.mark.parametrize("left", ["cache.db-wal", "cache.db-shm", "cache.db-*"])
@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_the_log_of_writes_or_the_shared_memory_is_lost(office: Office, left: str, how: str) -> None:
    """What was written last may be lost with it; server and commands see the same again at the next request."""
    for file in (*(office.store / "devices").glob(left), *(office.store / "sessions").glob(left)):
        if how == "removed":
            file.unlink()
        else:
            os.truncate(file, 0)
    vlan(office, 2)
    compliance, expected = ("compliant", CORP) if vlan(office, 2) == "1" else ("noncompliant", "1")
    if how == "emptied" and "sessions: damaged (" in office.radtune("sessions").stderr:
        shutil.rmtree(office.store / "sessions")  # the remedy that is told; an emptied log can leave it in pieces
        vlan(office, 2)
    assert "0016cb000002" in {row["mac"] for row in office.ask("sessions")}
    office.intune.patch(device(2)["id"], complianceState=compliance)
    sync(office)
    assert vlan(office, 2) == expected
