"""The stores of those that are compared, filled from the same devices: a SQLite file, and radtune's own."""

import json
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bench.clients import Client
from bench.tree import Tree
from parts.raddb import give_to_server

BENCH = Path(__file__).resolve().parent
SETTINGS = """\
store: store
events: events.jsonl
policy: policy.yaml
"""
SCHEMA = """\
PRAGMA journal_mode = WAL;
CREATE TABLE devices (mac TEXT PRIMARY KEY, compliance TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    mac TEXT NOT NULL, nas TEXT NOT NULL, session TEXT NOT NULL, port TEXT, user TEXT, compliance TEXT, vlan TEXT,
    address TEXT, started INTEGER, seen INTEGER, PRIMARY KEY (mac, nas)
) WITHOUT ROWID;
"""


class SqlStore:
    """An operator's own database in one file: the devices, with the MAC as primary key, and the sessions."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "operator.sqlite"
        self._directory = directory

    def fill(self, clients: Iterable[Client]) -> None:
        """Make the database in its directory."""
        self._directory.mkdir()
        with closing(sqlite3.connect(self.file)) as database:
            database.executescript(SCHEMA)
            with database:
                rows = ((client.mac, client.compliance) for client in clients)
                database.executemany("INSERT INTO devices VALUES (?, ?)", rows)
        give_to_server(self._directory)

    def sessions(self) -> int:
        """Count the sessions."""
        with closing(sqlite3.connect(self.file)) as database:
            return int(database.execute("SELECT count(*) FROM sessions").fetchone()[0])


class RadtuneHome:
    """A directory with the settings, the policy, the stores and the events of one checkout's radtune."""

    def __init__(self, directory: Path, tree: Tree, more: str = "") -> None:
        """Write the files; `more` are further lines of settings.yaml."""
        directory.mkdir()
        self.tree = tree
        self.settings = directory / "settings.yaml"
        self.policy = directory / "policy.yaml"
        self.events = directory / "events.jsonl"
        self.store = directory / "store"
        self.store.mkdir()
        self.settings.write_text(SETTINGS + more)
        self.policy.write_text((BENCH / "policy.yaml").read_text())
        give_to_server(directory)

    def fill(self, devices: int, seed: int) -> None:
        """Fill the device store with the fleet, by the checkout's own code."""
        self.publish(devices, seed)
        give_to_server(self.store)

    def fill_from(self, template: "RadtuneHome") -> None:
        """Take over the device store of another home, in which nothing runs."""
        shutil.copytree(template.store / "devices", self.store / "devices")
        give_to_server(self.store)

    def publish(self, devices: int, seed: int, later: int = 0) -> None:
        """Publish the fleet into the device store, each device checked in so many seconds later."""
        script, store = str(BENCH / "fill_store.py"), str(self.store / "devices")
        self.tree.run([script, store, str(devices), str(seed), str(later)], self.settings)

    def sessions(self, most: int) -> int:
        """Count the sessions, up to so many."""
        return len(json.loads(self.tree.radtune(self.settings, "sessions", "--limit", str(most))))


def lines(file: Path) -> int:
    """Count the lines of a file, which may be missing."""
    if not file.exists():
        return 0
    with file.open("rb") as opened:
        return sum(block.count(b"\n") for block in iter(lambda: opened.read(1 << 20), b""))
