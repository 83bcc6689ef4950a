"""A store's database file: the only importer of diskcache and sqlite3.

A store is a diskcache directory that holds nothing but short strings. diskcache would pickle other values and execute
them on reading (CVE-2025-69872), so nothing else is written and a row that claims to be a pickle is refused.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from types import SimpleNamespace
from typing import Any

import diskcache

from radtune.errors import StoreDamagedError

FILE = "cache.db"
SETTINGS = {
    **diskcache.core.DEFAULT_SETTINGS,
    "eviction_policy": "none",
    "cull_limit": 0,
    "statistics": 0,
    "tag_index": 0,
    "size_limit": 2**50,
    "sqlite_cache_size": 1024,  # pages
    # A mapped file that somebody cuts off would end the server by SIGBUS.
    "sqlite_mmap_size": 0,
}
LOCK_SECONDS = 0.005
"""How often a lock is tried that another process holds."""
DatabaseError = sqlite3.Error
"""What SQLite raises."""


class _StringsOnly(diskcache.Disk):  # type: ignore[misc]  # diskcache ships no types
    """Rows of plain strings, kept inside the database whatever their length."""

    def store(self, value: Any, read: bool, key: Any = diskcache.UNKNOWN) -> tuple[int, int, None, str]:  # noqa: FBT001  # diskcache's signature
        if type(value) is not str or read:
            raise TypeError(f"only str goes into a radtune store, not {type(value).__name__} ({key!r})")
        return 0, diskcache.core.MODE_RAW, None, value

    def put(self, key: Any) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError(f"only str is a key of a radtune store, not {type(key).__name__}")
        return key, True


class Database(diskcache.Cache):  # type: ignore[misc]  # diskcache ships no types
    """The open database of an existing store. Its threads share one connection, where diskcache opens one for each.

    The server has up to 32 threads and calls Python from one at a time. A connection for each would throw its pages
    away after every write of another, and, closed by no one, would abort the server when Python ends with it. A fork
    would bring diskcache's own way back; the server forks before it loads its modules (src/main/radiusd.c).
    """

    def __init__(self, directory: Path, timeout: float) -> None:
        """Open it, waiting `timeout` seconds for a lock; raises DatabaseError.

        diskcache's own way would write, and wait a minute for whoever writes now.
        """
        self._directory, self._timeout = str(directory), timeout
        self._txn_id: int | None = None
        self._disk = _StringsOnly(str(directory))
        for key, value in SETTINGS.items():
            setattr(self, key, value)
        connection = sqlite3.connect(
            f"{(directory / FILE).absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        self._local = SimpleNamespace(pid=os.getpid(), con=connection)
        try:
            for key, value in SETTINGS.items():
                if key.startswith("sqlite_") and key != "sqlite_auto_vacuum":
                    connection.execute(f"PRAGMA {key.removeprefix('sqlite_')} = {value}")
        except BaseException:  # raised again: nothing is left open
            connection.close()
            raise

    @contextmanager
    def _transact(self, retry: bool = False, filename: str | None = None) -> Iterator[Any]:  # noqa: FBT001, FBT002  # diskcache's signature
        """Write all or nothing, as diskcache does, with SQLite's own errors.

        SQLite may have taken the transaction back when it raises; a second ROLLBACK would hide why.
        """
        connection: sqlite3.Connection = self._con
        if self._txn_id == get_ident():
            yield connection.execute, [].append
            return
        connection.execute("BEGIN IMMEDIATE")
        self._txn_id = get_ident()
        try:
            yield connection.execute, [].append
            connection.execute("COMMIT")
        except BaseException:  # raised again: all or nothing, whatever it was
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            self._txn_id = None

    @property
    def writing(self) -> bool:
        """Whether a transaction is open."""
        return self._txn_id is not None

    def value(self, key: str) -> str | None:
        """Return the value of this key; raises StoreDamagedError for a value that isn't a plain string."""
        row = self._sql("SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = 1", (key,)).fetchone()
        if row is None:
            return None
        mode, filename, value = row
        if mode != diskcache.core.MODE_RAW or filename is not None or type(value) is not str:
            raise StoreDamagedError(f"{self._directory}: {key}: a row that radtune did not write")
        return value

    def query(self, statement: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a statement."""
        rows: list[tuple[Any, ...]] = self._sql(statement, arguments).fetchall()
        return rows


class _New(diskcache.Cache):  # type: ignore[misc]  # diskcache ships no types
    """A cache as diskcache makes it, which leaves nothing open where it can't be made."""

    def __init__(self, directory: str, **settings: Any) -> None:
        try:
            super().__init__(directory, **settings)
        except BaseException:  # raised again: nothing is left open
            self.close()
            raise


def create(directory: Path, rows: Mapping[str, str], *, tags: bool, timeout: float) -> None:
    """Make the database with these rows, whole or not at all; one that is there stays. With `tags` it has their index.

    Another process that makes it is waited for, `timeout` seconds at most. Raises DatabaseError or OSError.
    """
    lock = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(lock, time.monotonic() + timeout)
        if (directory / FILE).exists():
            return
        settings = {**SETTINGS, "tag_index": int(tags)}
        with TemporaryDirectory(dir=directory, prefix="new-") as name:
            with (
                closing(_New(name, disk=_StringsOnly, **settings)) as cache,
                cache.transact(),
            ):
                for key, value in rows.items():
                    cache.set(key, value)
            # What a database of this place that was removed has left would be taken for the new one's.
            for left in ("-wal", "-shm"):
                (directory / f"{FILE}{left}").unlink(missing_ok=True)
            (Path(name) / FILE).rename(directory / FILE)
    finally:
        os.close(lock)


def _lock(descriptor: int, deadline: float) -> None:
    """Take the lock; raises BlockingIOError where somebody has it too long."""
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_SECONDS)
