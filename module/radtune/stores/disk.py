"""A store on disk: rows of text under keys, each with a checksum."""

from collections.abc import Iterator
from contextlib import contextmanager

from radtune.errors import StoreDamagedError
from radtune.stores.followed_database import FollowedDatabase

HOOK_TIMEOUT = 0.03
"""Seconds that a hook waits for a lock; it stalls every request that needs Python."""
KEYS_AT_ONCE = 1000
"""Keys that are read at once where all of a kind are wanted."""
TOOL_TIMEOUT = 10.0
"""Seconds that a command waits for a lock."""


class Store(FollowedDatabase):
    """The rows of one directory."""

    def read(self, key: str) -> str | None:
        """Return the row of this key, or None; raises StoreDamagedError for one that isn't as it was written."""
        with self.errors():
            found = self.database.value(key)
            return None if found is None else self._unsealed(key, found)

    def first_row(self, key: str) -> str:
        """Return one of the rows that are always there."""
        with self.errors():
            found = self.read(key)
            if found is None:
                raise self.damage(key, "missing")
            return found

    def write(self, key: str, text: str, tag: str | None = None) -> None:
        """Write the row of this key, to be found by the tag as well."""
        with self.errors():
            self.database.set(key, self.sealed(key, text), tag=tag)

    def delete(self, key: str) -> bool:
        """Delete the row of this key; tell whether there was one."""
        with self.errors():
            return bool(self.database.delete(key))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock for what is written inside, all or nothing."""
        with self.errors(), self.database.transact():
            yield

    def _unsealed(self, key: str, found: str) -> str:
        text = found[8:]
        if self.sealed(key, text) != found:
            raise self.damage(key, "its checksum is wrong")
        return text

    def damage(self, key: str, why: object) -> StoreDamagedError:
        """Return the error for a row that isn't as radtune wrote it."""
        self.damaged = True
        return StoreDamagedError(f"{self.directory}: damaged ({key}: {why}); {self.remedy}")

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield the keys that start so, in order, from behind `after` on; rows written meanwhile may be among them.

        Read by the index of keys, some at a time: the cost doesn't grow with what else is in the store.
        """
        # diskcache only walks over all keys in the order in which they were written.
        select = "SELECT key FROM Cache WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        last, end = prefix + after, prefix[:-1] + chr(ord(prefix[-1]) + 1)
        while True:
            with self.errors():
                rows = self.database.query(select, (last, end, KEYS_AT_ONCE))
            # Keys that aren't text, which radtune never writes, sort elsewhere.
            yield from (key for (key,) in rows)
            if len(rows) < KEYS_AT_ONCE:
                return
            last = rows[-1][0]
