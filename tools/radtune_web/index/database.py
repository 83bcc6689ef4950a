"""The database files of radtune-web: the only importer of sqlite3 here.

A file of another version, or a damaged one, is deleted and made anew: all that is in it comes from elsewhere, or may
be lost.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local
from time import monotonic
from typing import Any

from radtune.errors import RadtuneError, TemporaryError

Connection = sqlite3.Connection
DatabaseError = sqlite3.Error
WAIT_SECONDS = 5.0
"""How long to wait for a lock."""
LOOK_STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock: some milliseconds."""
_PRAGMAS = ("journal_mode = wal", "synchronous = 1", "cache_size = -16384", "wal_autocheckpoint = 4000", "user_version")


class IndexDamagedError(RadtuneError):
    """A file of radtune-web that SQLite can't read."""


def open_database(file: Path, schema: str, version: int) -> Connection:
    """Open the file for reading and writing; make it (mode 0600) if it is missing, damaged or of another version.

    Raises TemporaryError, IndexDamagedError, OSError.
    """
    with explained(file):
        try:
            connection = _connect(file)
            if connection.execute("PRAGMA user_version").fetchone() == (version,):
                return connection
            connection.close()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        delete(file)
        connection = _connect(file)
        connection.executescript(f"BEGIN; {schema}; PRAGMA user_version = {version}; COMMIT;")
        return connection


def delete(file: Path) -> None:
    """Delete the file, and what SQLite keeps beside it; raises OSError."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _connect(file: Path) -> Connection:
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn what SQLite raises into errors of radtune."""
    try:
        yield
    except sqlite3.Error as error:
        if not is_damage(error):
            raise TemporaryError(f"{file}: {error}; look at the disk and at the directory's owner") from error
        raise IndexDamagedError(f"{file}: {error}; it is made anew in a moment") from error


def is_damage(error: Exception) -> bool:
    """Tell whether the error says that a file is no database any more; other errors have kinds of their own."""
    return type(error) is sqlite3.DatabaseError


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Write what is written inside, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class Reader:
    """Reads the index; each thread has a connection of its own."""

    def __init__(self, file: Path) -> None:
        """Take the file; it is opened when something is first read."""
        self.file = file
        self._threads = local()

    def rows(self, statement: str, arguments: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows; raises TemporaryError while there is no index yet."""
        with explained(self.file):
            return self._connection.execute(statement, tuple(arguments)).fetchall()

    def rows_within(self, seconds: float, statement: str, arguments: Iterable[Any]) -> tuple[list[Any], bool]:
        """Return the rows that are found within these seconds, and whether those are all."""
        connection, deadline, found = self._connection, monotonic() + seconds, list[Any]()
        connection.set_progress_handler(lambda: monotonic() > deadline, LOOK_STEPS)
        try:
            with explained(self.file):
                for row in connection.execute(statement, tuple(arguments)):
                    found.append(row)  # those before an interruption count
        except TemporaryError:
            if monotonic() <= deadline:
                raise
            return found, False
        finally:
            connection.set_progress_handler(None, 0)
        return found, True

    def close(self) -> None:
        """Close the connection of this thread."""
        connection: Connection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            connection.close()
            self._threads.connection = None

    @property
    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._threads, "connection", None)
        status = os.stat(self.file) if self.file.exists() else None  # noqa: PTH116
        current = (status.st_dev, status.st_ino) if status else None
        if connection is None or current != self._threads.opened:
            if status is None:
                raise TemporaryError("the index is being made; try again in a moment")
            if connection is not None:
                connection.close()
            uri = f"{self.file.absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)
            self._threads.connection, self._threads.opened = connection, current
        return connection
