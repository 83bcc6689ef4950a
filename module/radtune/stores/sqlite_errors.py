"""What SQLite says of a store, in radtune's words: what is wrong, where, and what to do."""

import os
import sqlite3
from pathlib import Path

from radtune.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError

READ_ONLY = "can't be written; look at the owner and the mode of its files, and whether the disk is mounted read-only"
_ROOM = 256 * 1024
"""Bytes that a write to a store may need at the least."""


def explained(directory: Path, error: Exception, remedy: str) -> StoreError:
    """Return the error for what SQLite raised; `remedy` says what to do with a damaged store."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = sqlite3.SQLITE_CORRUPT if code is None else code & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return StoreBusyError(f"{directory}: locked by another process; try again")
    if primary == sqlite3.SQLITE_FULL or (primary != sqlite3.SQLITE_CORRUPT and _is_full(directory)):
        return StoreFullError(f"{directory}: the disk is full; make room")
    moved = code == sqlite3.SQLITE_READONLY_DBMOVED
    passing = {
        sqlite3.SQLITE_READONLY: "moved or replaced while it was written; try again" if moved else READ_ONLY,
        sqlite3.SQLITE_PERM: READ_ONLY,
        sqlite3.SQLITE_CANTOPEN: "a file of it can't be opened; look at its owner and mode",
        sqlite3.SQLITE_IOERR: "can't be read or written; look at the files and at the kernel's log",
    }
    if primary in passing:
        return StoreError(f"{directory}: {passing[primary]} ({name})")
    # An unknown table, a text that is no text and the like are damage, too.
    return StoreDamagedError(f"{directory}: damaged ({name}: {_said(error)}); {remedy}")


def _said(error: Exception) -> str:
    """Return SQLite's own words without the content of rows."""
    return str(error).partition(" with text ")[0]


def _is_full(directory: Path) -> bool:
    try:
        room = os.statvfs(directory)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _ROOM
