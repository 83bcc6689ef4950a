"""A store's database file: the only importer of diskcache and sqlite3.

A store is a diskcache that holds nothing but short strings. diskcache makes it; its table is read and written by SQL.
diskcache itself would execute pickled values on reading (CVE-2025-69872), wait a minute for a writer, and leave
a connection open for each thread of the server, which would abort when Python ends.
"""

import fcntl
import os
import sqlite3
import time
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from radtune.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError
from radtune.installation import how_to_install

FILE = "cache.db"
LOCK_SECONDS = 0.005
"""Seconds between two tries of a lock that another process holds."""
ROOM = 256 * 1024
"""Bytes that a write to a store may need at the least."""
PRAGMAS = (
    *("cache_size = -8192", "journal_mode = wal", "wal_autocheckpoint = 4000", "synchronous = 1", "mmap_size = 0"),
)
"""The cache in KiB, the log of writes in pages. A mapped file that somebody cuts off would end the server by SIGBUS."""
Database = sqlite3.Connection
Cursor = sqlite3.Cursor
DatabaseError = sqlite3.Error


def connect(directory: Path, timeout: float) -> Database:
    """Open the database of an existing store for all threads, waiting `timeout` seconds for a lock.

    Raises DatabaseError.
    """
    file = (directory / FILE).absolute().as_uri()
    connection = sqlite3.connect(
        f"{file}?mode=rw", uri=True, timeout=timeout, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:  # raised again: nothing is left open
        connection.close()
        raise
    return connection


def _new_cache(directory: str, **settings: Any) -> Any:
    """Return a cache as diskcache makes it. If it can't be made, nothing is left open."""
    try:
        from diskcache import Cache  # a store that is there needs no diskcache
    except ModuleNotFoundError as error:
        advice = how_to_install("diskcache")
        raise StoreError(f"the Python module diskcache is missing; run: {advice}") from error

    class New(Cache):  # type: ignore[misc]  # diskcache ships no types
        def __init__(self) -> None:
            try:
                super().__init__(directory, **settings)
            except BaseException:  # raised again
                self.close()
                raise

    return New()


_LEAN = """
DROP INDEX Cache_expire_time;
CREATE INDEX Cache_expire_time ON Cache(expire_time) WHERE expire_time IS NOT NULL;
DROP TRIGGER Settings_size_insert;
CREATE TRIGGER Settings_size_insert AFTER INSERT ON Cache FOR EACH ROW WHEN NEW.size <> 0 BEGIN
    UPDATE Settings SET value = value + NEW.size WHERE key = 'size'; END;
DROP TRIGGER Settings_size_update;
CREATE TRIGGER Settings_size_update AFTER UPDATE ON Cache FOR EACH ROW WHEN NEW.size <> OLD.size BEGIN
    UPDATE Settings SET value = value + NEW.size - OLD.size WHERE key = 'size'; END;
DROP TRIGGER Settings_size_delete;
CREATE TRIGGER Settings_size_delete AFTER DELETE ON Cache FOR EACH ROW WHEN OLD.size <> 0 BEGIN
    UPDATE Settings SET value = value - OLD.size WHERE key = 'size'; END;
"""
_LEAN_TAGS = """
DROP INDEX Cache_tag_rowid;
CREATE INDEX Cache_tag_rowid ON Cache(tag, rowid) WHERE tag IS NOT NULL;
"""
"""Indexes of what most rows don't have leave those rows out, and a size that stays 0 is not added up: half the pages
that a new row changes. diskcache keeps what it finds under these names."""


def create(directory: Path, rows: Mapping[str, str], *, tags: bool, timeout: float) -> None:
    """Make the database with these rows, whole or not at all; one that is there stays. With `tags` it has their index.

    If another process makes it, wait for that, `timeout` seconds at most. Raises DatabaseError or OSError.
    """
    from tempfile import TemporaryDirectory

    lock = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(lock, time.monotonic() + timeout)
        if (directory / FILE).exists():
            return
        with TemporaryDirectory(dir=directory, prefix="new-") as name:
            settings = {"eviction_policy": "none", "statistics": 0, "tag_index": int(tags)}
            with closing(_new_cache(name, **settings)) as cache, cache.transact():
                for key, value in rows.items():
                    cache.set(key, value)
            with closing(sqlite3.connect(Path(name) / FILE)) as database:
                database.executescript(_LEAN + (_LEAN_TAGS if tags else ""))
            # SQLite would take what a removed database has left here for the new one's.
            for left in ("-wal", "-shm"):
                (directory / f"{FILE}{left}").unlink(missing_ok=True)
            (Path(name) / FILE).rename(directory / FILE)
    finally:
        os.close(lock)


def _lock(descriptor: int, deadline: float) -> None:
    """Take the lock; raises BlockingIOError if somebody has it too long."""
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_SECONDS)


READ_ONLY = "can't be written; look at the owner and the mode of its files, and whether the disk is mounted read-only"
SAID = {
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "a file of it can't be opened; look at its owner and mode",
    sqlite3.SQLITE_IOERR: "can't be read or written; look at the files and at the kernel's log",
    sqlite3.SQLITE_READONLY_DBMOVED: "moved or replaced while it was written; try again",
}
"""A sentence for each error of SQLite, by its code: the fault, and what to do."""


def explained(directory: Path, error: Exception, remedy: str) -> StoreError:
    """Return the error for what SQLite raised; `remedy` says what to do with a damaged store."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    primary = code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return StoreBusyError(f"{directory}: locked by another process; try again")
    if primary == sqlite3.SQLITE_FULL or (primary != sqlite3.SQLITE_CORRUPT and _is_full(directory)):
        return StoreFullError(f"{directory}: the disk is full; make room")
    if said := SAID.get(code) or SAID.get(primary):
        return StoreError(f"{directory}: {said} ({name})")
    # An unknown table, a text that is no text and the like are damage, too. The content of rows stays out of it.
    return StoreDamagedError(f"{directory}: damaged ({name}: {str(error).partition(' with text ')[0]}); {remedy}")


def _is_full(directory: Path) -> bool:
    try:
        room = os.statvfs(directory)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < ROOM


def sealed(key: str, text: str) -> str:
    """Return the text as it is written: behind a checksum of it and of its key."""
    return checksum(key, text) + text


def checksum(key: str, text: str) -> str:
    """Return the checksum of a row: 8 hexadecimal digits."""
    return f"{zlib.crc32((key + text).encode()):08x}"
