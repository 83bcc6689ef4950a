"""A store on disk: rows of text under keys, each with a checksum."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from radtune.stores.database import checksum, sealed
from radtune.stores.followed_database import PLAIN, FollowedDatabase

HOOK_TIMEOUT = 0.03
"""Seconds that a hook waits for a lock; it stalls every request that needs Python."""
TOOL_TIMEOUT = 10.0
"""Seconds that a command waits for a lock."""
ROWS_AT_ONCE = 1000
"""Rows that are read at once if all of a kind are wanted."""
Record = TypeVar("Record")
_WRITE = (
    "INSERT INTO Cache(key, raw, tag, size, mode, filename, value) VALUES (?, 1, ?, 0, 1, NULL, ?) "
    "ON CONFLICT(key, raw) DO UPDATE "
    "SET tag = excluded.tag, size = 0, mode = 1, filename = NULL, value = excluded.value"
)
_DELETE = "DELETE FROM Cache WHERE key = ? AND raw = 1"
_ONE = f"SELECT key, value, {PLAIN} FROM Cache WHERE raw = 1 AND key = ?"  # noqa: S608  # constants
_SOME = f"SELECT key, value, {PLAIN} FROM Cache WHERE raw = 1 AND key IN (SELECT value FROM json_each(?))"  # noqa: S608  # constants
_RANGE = f"SELECT key, value, {PLAIN} FROM Cache WHERE raw = 1 AND key > ? AND key < ? ORDER BY key LIMIT ?"  # noqa: S608  # constants
_KEYS = "SELECT key FROM Cache WHERE key > ? AND key < ? ORDER BY key LIMIT ?"


class Store(FollowedDatabase):
    """The rows of one directory."""

    def read(self, key: str) -> str | None:
        """Return the row of this key, or None; raises StoreDamagedError for one that isn't as it was written."""
        row = self.query_one(_ONE, (key,))
        return None if row is None else self._checked(row)[1]

    def first_row(self, key: str) -> str:
        """Return one of the rows that are always there."""
        found = self.read(key)
        if found is None:
            raise self.damage(key, "missing")
        return found

    def parsed(self, key: str, parse: Callable[[str], Record]) -> Record | None:
        """Return what `parse` makes of the row of this key, or None if there is none; its ValueError is damage."""
        text = self.read(key)
        try:
            return None if text is None else parse(text)
        except (ValueError, TypeError) as error:
            raise self.damage(key, error) from error

    def all_parsed(
        self, rows: Iterable[tuple[str, str]], parse: Callable[[str], Record]
    ) -> Iterator[tuple[str, Record]]:
        """Yield the key of each of these rows with what `parse` makes of its text; a ValueError is damage."""
        for key, text in rows:
            try:
                found = parse(text)
            except (ValueError, TypeError) as error:
                raise self.damage(key, error) from error
            yield key, found

    def write(self, key: str, text: str, tag: str | None = None) -> None:
        """Write the row of this key, to be found by the tag as well."""
        if type(key) is not str or type(text) is not str:
            raise TypeError(f"only str goes into a radtune store, not {type(text).__name__} ({key!r})")
        self.execute(_WRITE, (key, tag, self.sealed(key, text)))

    def write_all(self, rows: Mapping[str, str | None]) -> None:
        """Write these texts by their keys, and delete the rows whose text is None, all or nothing."""
        written = [(key, None, self.sealed(key, text)) for key, text in rows.items() if text is not None]
        gone = [(key,) for key, text in rows.items() if text is None]
        if not rows:
            return
        with self.transaction():
            self.write_many(_WRITE, written)
            self.write_many(_DELETE, gone)

    def sealed(self, key: str, text: str) -> str:
        """Return the text as it is written, behind its checksum; raises StoreTextError."""
        try:
            return sealed(key, text)
        except UnicodeEncodeError as error:
            raise self.failure(error) from error

    def delete(self, key: str) -> bool:
        """Delete the row of this key; tell whether there was one."""
        return self.execute(_DELETE, (key,)).rowcount > 0

    def each(self, statement: str, arguments: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of an SQL statement as they are read."""
        with self.errors():
            yield from self._connection.execute(statement, arguments)

    def write_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Execute an SQL statement that writes with each of these rows."""
        with self.errors():
            self._connection.executemany(statement, rows)

    @contextmanager
    def transaction(self, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE") -> Iterator[None]:
        """Hold the lock for what is written inside, all or nothing; a deferred one has it from its first write on."""
        with self.errors():
            connection = self._connection
            if connection.in_transaction:
                yield
                return
            connection.execute(f"BEGIN {kind}")
            try:
                yield
                connection.execute("COMMIT")
            finally:
                # SQLite may have taken it back already when it raised.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the keys that start so, in order, from behind `after` on; rows written meanwhile may be among them.

        Read by the index of keys, some at a time: the cost doesn't grow with what else is in the store.
        """
        return (key for (key,) in self._pages(_KEYS, prefix, after))

    def rows(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield key and text of the rows whose keys start so, in order, with the cost of `keys`.

        Raises StoreDamagedError for one that isn't as it was written.
        """
        return map(self._checked, self._pages(_RANGE, prefix))

    def _pages(self, select: str, prefix: str, after: str = "") -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a `select` whose first column is the key, of keys that start so, some at a time."""
        last, end = prefix + after, prefix[:-1] + chr(ord(prefix[-1]) + 1)
        while True:
            rows = self.query(select, (last, end, ROWS_AT_ONCE))
            yield from rows
            if len(rows) < ROWS_AT_ONCE:
                return
            last = rows[-1][0]

    def texts(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield key and text of those of these rows that are there; raises StoreDamagedError as `rows` does."""
        return map(self._checked, self.query(_SOME, (json.dumps(list(keys)),)))

    def _checked(self, row: tuple[str, str, int]) -> tuple[str, str]:
        key, value, plain = row
        if not plain or type(key) is not str or type(value) is not str:
            raise self.damage(key, "a row that radtune did not write")
        if checksum(key, value[8:]) != value[:8]:
            raise self.damage(key, "its checksum is wrong")
        return key, value[8:]
