"""Devices set aside while a list is walked: memory doesn't grow with the list, and nothing stays behind."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from radtune.errors import StoreError, StoreFullError
from radtune.records.device_and_client import Device


class Staging:
    """The ids that a list holds, devices to write and ids to forget, in a database that no directory names."""

    def __init__(self, directory: Path) -> None:
        """Make the database on the disk of this directory; raises StoreError, as all of this does."""
        self._directory = directory
        try:
            TemporaryFile(dir=directory).close()
            # A database without a name: SQLite makes its file when the cache is full, and unlinks it at once. So
            # nothing stays behind, whenever this process is killed.
            self._database = sqlite3.connect("", isolation_level=None)
            place = str(directory).replace("'", "''")
            self._database.executescript(
                f"PRAGMA temp_store_directory = '{place}'; PRAGMA temp_store = FILE;"
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;"
                "CREATE TABLE listed (id TEXT PRIMARY KEY) WITHOUT ROWID;"
                "CREATE TABLE staged (id TEXT, device TEXT); BEGIN"
            )
        except (OSError, sqlite3.Error) as error:
            raise self._error(getattr(error, "strerror", "") or str(error)) from error

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def list(self, device_id: str) -> bool:
        """Note that the list holds this id; return False if it was noted before."""
        return bool(self._execute("INSERT OR IGNORE INTO listed VALUES (?)", device_id).rowcount)

    def has_listed(self, device_id: str) -> bool:
        """Tell whether the list holds this id."""
        return self._execute("SELECT 1 FROM listed WHERE id = ?", device_id).fetchone() is not None

    def put(self, device: Device) -> None:
        """Set a device aside."""
        self._execute("INSERT INTO staged VALUES (?, ?)", device.id, device.to_json())

    def forget(self, device_id: str) -> None:
        """Set aside that a device is to be forgotten."""
        self._execute("INSERT INTO staged VALUES (?, NULL)", device_id)

    def read(self) -> Iterator[Device | str]:
        """Yield what was set aside, in its order: devices, and the ids of those to forget."""
        for device_id, text in self._execute("SELECT id, device FROM staged ORDER BY rowid"):
            yield device_id if text is None else Device.from_json(text)

    def _execute(self, statement: str, *values: str) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise self._error(str(error)) from error

    def _error(self, why: str) -> StoreError:
        if "full" in why or "No space" in why:
            return StoreFullError(f"{self._directory}: the disk is full; make room")
        said = f"{self._directory}: can't set aside there what is to be written: {why}"
        return StoreError(f"{said}; run as the directory's owner")
