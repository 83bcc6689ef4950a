"""docs/backup.md: its lines, run as they stand there; a restore answers as before, here and on another server."""

import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from parts.manual import blocks, page
from parts.office import Office, device
from parts.raddb import server_directory
from parts.radius_client import mac_login

CORP, QUARANTINE, REFUSED = "750", "1", ""
BLOCKS = blocks(page("backup"))


@pytest.fixture
def office() -> Iterator[Office]:
    """A server with a compliant device, one that is quarantined by hand, and a session of each."""
    with server_directory() as directory, Office(directory, [device(1), device(2)]) as office:
        office.radtune("quarantine", "LAPTOP-2", "--reason", "lost on the train", expect=0)
        assert vlans(office) == [CORP, QUARANTINE, REFUSED]
        yield office


def vlans(office: Office) -> list[str]:
    """Log in as both devices and as a stranger."""
    return [office.client.login(*mac_login(f"0016cb{number:06x}")).vlan for number in (1, 2, 3)]


def live(office: Office) -> dict[str, str]:
    return {row["mac"]: row["granted"] for row in office.ask("sessions")}


def block(word: str) -> str:
    """Return the one block to type that holds this word."""
    (found,) = [textwrap.dedent(each) for each in BLOCKS if word in each]
    return found


def type_in(text: str, office: Office, backup: Path) -> None:
    """Run lines of the page on this office: they end at the first that fails, as a reader would."""
    places = {
        "/etc/freeradius/3.0": office.server.raddb,
        "/etc/radtune": office.settings_file.parent,
        "/var/lib/radtune": office.store,
        "/var/log/radtune/radtune-events.jsonl": office.events_file,
        "/root/radtune-backup": backup,
    }
    owner = office.store.owner()
    for name, place in places.items():
        text = text.replace(name, str(place))
    text = text.replace("-o freerad -g freerad", f"-o {owner} -g {office.store.group()}")
    subprocess.run(["sh", "-euc", text], check=True, timeout=60)


def restore(office: Office, backup: Path) -> None:
    """Put back what the page tells to put back; no server runs."""
    type_in(block("tar -xpPf"), office, backup)
    type_in(block("install -d -m 0700"), office, backup)
    for line in block("radtune policy check").splitlines():
        if line.startswith("radtune "):
            office.radtune(*line.split()[1:], expect=0)
        else:
            assert line == "systemctl start freeradius"
            office.server.start()


def test_a_restore_answers_as_before(office: Office, tmp_path: Path) -> None:
    """Backed up while the server runs; then everything is lost, and what came since is gone."""
    backup = tmp_path / "backup"
    before = live(office)
    type_in(block("umask 077"), office, backup)
    assert oct(backup.stat().st_mode)[-3:] == "700"
    assert {file.name for file in backup.iterdir()} == {
        "etc.tar",
        "devices.db",
        "sessions.db",
        office.events_file.name,
    }
    office.radtune("release", "LAPTOP-2", "--wait", "0")
    assert vlans(office) == [CORP, CORP, REFUSED]
    office.server.stop()
    # What SQLite has left beside the database must not get into the copy.
    for file in (office.store / "sessions").glob("cache.db-*"):
        file.write_bytes(b"x" * 4096)
    shutil.rmtree(office.settings_file.parent)
    shutil.rmtree(office.store / "devices")
    restore(office, backup)
    assert live(office) == before
    assert vlans(office) == [CORP, QUARANTINE, REFUSED]
    (row,) = office.ask("quarantine")
    assert (row["device"], row["reason"]) == ("LAPTOP-2", "lost on the train")
    assert office.ask("status")["state"] == "healthy"


def test_without_intune_the_restored_devices_count(office: Office, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    type_in(block("umask 077"), office, backup)
    office.server.stop()
    for store in ("devices", "sessions"):
        shutil.rmtree(office.store / store)
    type_in(block("install -d -m 0700"), office, backup)
    office.server.start()
    assert vlans(office) == [CORP, QUARANTINE, REFUSED]


def test_files_of_a_stopped_server_move_to_another_one_with_other_paths(office: Office) -> None:
    before = live(office)
    office.server.stop()
    with ExitStack() as stack:
        elsewhere = stack.enter_context(server_directory())
        other = stack.enter_context(Office(elsewhere, [device(1), device(2)], synced=False))
        shutil.rmtree(other.store)
        subprocess.run(["cp", "-a", office.store, other.store], check=True)
        stack.enter_context(other.server)
        assert live(other) == before
        assert vlans(other) == [CORP, QUARANTINE, REFUSED]


def test_without_a_backup_of_a_store(office: Office) -> None:
    """A new session store is made at the start; without devices no server starts."""
    office.server.stop()
    shutil.rmtree(office.store / "sessions")
    office.server.start()
    assert (live(office), office.ask("quarantine"), vlans(office)) == ({}, [], [CORP, CORP, REFUSED])
    office.server.stop()
    shutil.rmtree(office.store / "devices")
    with pytest.raises(RuntimeError, match="there is no store; run `radtune sync` first"):
        office.server.start()
    office.radtune("sync", expect=0)
    office.server.start()
    assert vlans(office) == [CORP, CORP, REFUSED]


def test_the_page_names_every_file_of_a_store(office: Office) -> None:
    there = {file.name for store in ("devices", "sessions") for file in (office.store / store).iterdir()}
    assert {f"`{name}`" for name in there} <= set(re.findall(r"`[^`]+`", page("backup")))
    assert {file.name.partition("-")[0] for file in office.store.iterdir()} >= {"devices", "sessions", "server"}
