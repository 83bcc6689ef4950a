"""A store on disk: the only importer of diskcache.

A store is a diskcache directory that holds nothing but short strings. diskcache would pickle other values and execute
them on reading (CVE-2025-69872), so nothing else is written and a row that claims to be a pickle is refused.
"""

import os
import pwd
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import SimpleNamespace
from typing import Any

import diskcache

from radtune.errors import StoreAccessError, StoreBusyError, StoreError, StoreFormatError
from radtune.records import FORMAT

HOOK_TIMEOUT = 0.03
"""Seconds that a hook waits for a lock; it stalls every request that needs Python."""
KEYS_AT_ONCE = 1000
"""Keys that are read at once where all of a kind are wanted."""
TOOL_TIMEOUT = 10.0
"""Seconds that a command waits for a lock."""


class _OneConnection(diskcache.Cache):  # type: ignore[misc]  # diskcache ships no types
    """A cache whose threads share one connection, where diskcache opens one for each.

    The server has up to 32 threads and calls Python from one at a time. A connection for each would throw its pages
    away after every write of another, and, closed by no one, would abort the server when Python ends with it. A fork
    would bring diskcache's own way back; the server forks before it loads its modules (src/main/radiusd.c).
    """

    def __init__(self, directory: Path, timeout: float, **settings: Any) -> None:
        try:
            super().__init__(str(directory), timeout=timeout, **settings)
        finally:
            self.close()
        connection = sqlite3.connect(
            directory / "cache.db", timeout=timeout, isolation_level=None, check_same_thread=False
        )
        self._local = SimpleNamespace(pid=os.getpid(), con=connection)
        try:
            for key in diskcache.core.DEFAULT_SETTINGS:
                if key.startswith("sqlite_"):
                    self.reset(key, getattr(self, key), update=False)
        except BaseException:
            connection.close()
            raise


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

    def get(self, key: Any, raw: bool) -> str:  # noqa: FBT001  # diskcache's signature
        if not raw or type(key) is not str:
            raise StoreError(
                f"{self._directory}: a key that radtune did not write; delete the store, sync and restart the server"
            )
        return key

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> str:  # noqa: FBT001  # diskcache's signature
        if mode != diskcache.core.MODE_RAW or filename is not None or type(value) is not str or read:
            raise StoreError(
                f"{self._directory}: a row that radtune did not write; delete the store, sync and restart the server"
            )
        return value


def _not_ours(path: Path | str) -> str:
    """Return the sentence for a path that this process may not use, with its owner as far as that can be seen."""
    for seen in (Path(path), *Path(path).parents):
        try:
            owner = pwd.getpwuid(seen.stat().st_uid).pw_name
        except (PermissionError, FileNotFoundError, KeyError):
            continue
        return f"{path}: this user may not use it; {seen} belongs to {owner}. Run as that user"
    return f"{path}: this user may not use it"


def _check_access(directory: Path) -> None:
    """Refuse a directory that this process could not write; SQLite would leave half a store there."""
    for path in (directory, *directory.glob("cache.db*")):
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise StoreAccessError(_not_ours(path))


class Store:
    """A diskcache directory with radtune's settings, and its errors in radtune's words."""

    def __init__(self, directory: Path, *, create: bool, timeout: float, tags: bool = False) -> None:
        """Open the store; with `create`, make it (mode 0700) where it is missing. With `tags`, rows are found by tag.

        Raises StoreError (missing, damaged, other format), StoreAccessError or StoreBusyError.
        """
        self.directory = directory
        self._lock = RLock()
        try:
            self._make(create=create)
        except PermissionError as error:
            raise StoreAccessError(_not_ours(error.filename)) from error
        _check_access(directory)
        with self.errors():
            self.cache = _OneConnection(
                directory,
                timeout,
                disk=_StringsOnly,
                eviction_policy="none",
                cull_limit=0,
                statistics=0,
                tag_index=int(tags),
                size_limit=2**50,
                sqlite_cache_size=1024,  # pages
            )
            try:
                self._check_format()
            except BaseException:
                self.cache.close()
                raise
        self.file_id = self.current_file_id(directory)

    @staticmethod
    def current_file_id(directory: Path) -> str:
        """Return a word for the file that is there now, another one once it is replaced; '' where there is none."""
        try:
            status = (directory / "cache.db").stat()
        except OSError:
            return ""
        return f"{status.st_dev}:{status.st_ino}"

    def _check_format(self) -> None:
        """Refuse a store of another format; a new one is given this one."""
        if (found := self.cache.get("format")) == FORMAT:
            return
        if found is not None or len(self.cache):
            raise StoreFormatError(
                f"{self.directory}: format {found}, not {FORMAT}; delete the store, sync and restart the server"
            )
        self.cache.set("format", FORMAT)

    @staticmethod
    def exists(directory: Path) -> bool:
        """Tell whether there is a store in the directory; raises StoreAccessError where this user can't see it."""
        try:
            return (directory / "cache.db").exists()
        except PermissionError as error:
            raise StoreAccessError(_not_ours(directory)) from error

    def _make(self, *, create: bool) -> None:
        """Make the directory where there is no store yet and `create` lets it."""
        if self.exists(self.directory):
            return
        if not create:
            raise StoreError(f"{self.directory}: there is no store; run `radtune sync` as the server's user first")
        try:
            self.directory.mkdir(mode=0o700, exist_ok=True)
        except PermissionError:
            raise
        except OSError as error:
            advice = "its parent has to be a directory of the server's user"
            raise StoreError(f"{self.directory}: can't be made ({error.strerror}); {advice}") from error

    def check_in_place(self) -> None:
        """Raise StoreError where the open store is no longer the one in the directory; what it says is of the past."""
        if self.current_file_id(self.directory) != self.file_id:
            raise StoreError(f"{self.directory}: deleted or replaced since it was opened; sync, and restart the server")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Hold the store for this thread, and turn what diskcache and SQLite raise into errors of radtune."""
        try:
            with self._lock:
                yield
        except diskcache.Timeout as error:
            raise StoreBusyError(f"{self.directory}: locked by another process; try again") from error
        except sqlite3.OperationalError as error:
            kind = StoreBusyError if "locked" in str(error) else StoreError
            raise kind(f"{self.directory}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self.directory}: damaged ({error}); delete it, run `radtune sync` and restart the server"
            ) from error
        except UnicodeEncodeError as error:
            raise StoreError(
                f"{self.directory}: a text with half a character in it is neither kept nor found there ({error}); "
                "leave that out"
            ) from error

    def read(self, key: str) -> str | None:
        """Return the row of this key."""
        with self.errors():
            value: str | None = self.cache.get(key)
            return value

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the keys that start so, in order, from behind `after` on; rows written meanwhile may be among them.

        Read by the index of keys, some at a time: the cost doesn't grow with what else is in the store.
        """
        # diskcache only walks over all keys in the order in which they were written.
        select = "SELECT key FROM Cache WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        last, end = prefix + after, prefix[:-1] + chr(ord(prefix[-1]) + 1)
        while True:
            with self.errors():
                rows = self.cache._sql(select, (last, end, KEYS_AT_ONCE)).fetchall()
            # Keys that aren't text, which radtune never writes, sort elsewhere.
            yield from (key for (key,) in rows)
            if len(rows) < KEYS_AT_ONCE:
                return
            last = rows[-1][0]

    def close(self) -> None:
        """Close the connection."""
        self.cache.close()


def damaged(directory: Path, key: str, error: Exception) -> StoreError:
    """Return the error for a row that isn't a record of radtune's."""
    return StoreError(
        f"{directory}: {key}: not a record of radtune ({error!r}); delete the store, sync again and restart the server"
    )
