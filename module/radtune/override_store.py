"""The overrides in the session store: one row with all of them, and a short one by which a change is seen."""

from collections.abc import Callable, Iterable

from radtune.overrides import NO_OVERRIDES, Override, Overrides
from radtune.store import Store

_ROW, _VERSION = "overrides", "overrides_version"
FIRST_ROWS = {_ROW: NO_OVERRIDES.to_json(), _VERSION: "0"}
"""What a new store has of them: none. The version counts the changes."""


class OverrideReader:
    """The overrides of a store, read anew only where they have changed. A login has no time to read them all."""

    def __init__(self, store: Store) -> None:
        """Take the store; nothing is read yet."""
        self._store = store
        self._version = (-1, -1)
        self._changes = -1
        self.last = NO_OVERRIDES
        """What `read` has returned last."""

    def read(self) -> Overrides:
        """Return the overrides as they are now; raises StoreError.

        A store that knows of fewer changes than this reader was made anew, or restored from a copy. Nobody has released
        by that who was quarantined: what the reader knows is written into it, and counts even if that fails.
        """
        # A change between the two rows gives the new overrides for the old version: they are read once more, no less.
        version = (self._store.version, _changes(self._store))
        if version == self._version:
            return self.last
        found = read_overrides(self._store)
        went_back = version[1] <= self._changes and version[1] == _changes(self._store)
        if went_back and tuple(found) != tuple(self.last):
            found = self.last = _union(found, self.last)
            write_overrides(self._store, lambda there: _union(there, self.last), self._changes)
        self.last, self._version, self._changes = found, version, max(version[1], self._changes)
        return self.last


def _union(some: Overrides, others: Overrides) -> Overrides:
    return Overrides(dict.fromkeys((*some, *others)))


def read_overrides(store: Store) -> Overrides:
    """Return the overrides; raises StoreError."""
    try:
        return Overrides.from_json(store.first_row(_ROW))
    except ValueError as error:
        raise store.damage(_ROW, error) from error


def change_overrides(store: Store, change: Callable[[Overrides], Iterable[Override]]) -> None:
    """Write what `change` makes of the overrides, if that is anything else; no other change comes in between."""
    write_overrides(store, change, -1)


def write_overrides(store: Store, change: Callable[[Overrides], Iterable[Override]], changes: int) -> None:
    """Do as `change_overrides`, and let the store know of more than so many changes."""
    store.look()
    with store.transaction():
        before = read_overrides(store)
        after = Overrides(change(before))
        if (text := after.to_json()) != before.to_json():
            store.write(_ROW, text)
            store.write(_VERSION, str(max(_changes(store), changes) + 1))
    store.check_in_place()


def forget_expired(store: Store, now: float) -> None:
    """Delete the overrides whose time is over."""
    if not all(override.holds(now) for override in read_overrides(store)):
        change_overrides(store, lambda overrides: (each for each in overrides if each.holds(now)))


def _changes(store: Store) -> int:
    """Return how often the overrides were changed."""
    text = store.first_row(_VERSION)
    try:
        return int(text)
    except ValueError as error:
        raise store.damage(_VERSION, error) from error
