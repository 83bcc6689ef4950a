"""The overrides in the session store: one row with all of them, and a short one by which a change is seen."""

import hashlib
from collections.abc import Callable, Iterable

from radtune.overrides import NO_OVERRIDES, Override, Overrides
from radtune.store import Store, damaged

_ROW, _VERSION = "overrides", "overrides_version"


class OverrideReader:
    """The overrides of a store, read anew only where they have changed. A login has no time to read them all."""

    def __init__(self, store: Store) -> None:
        """Take the store; nothing is read yet."""
        self._store = store
        self._version: str | None = None
        self.last = NO_OVERRIDES
        """What `read` has returned last."""

    def read(self) -> Overrides:
        """Return the overrides as they are now; raises StoreError."""
        # A change between the two rows gives the new overrides for the old version: they are read once more, no less.
        version = self._store.read(_VERSION)
        if version != self._version:
            self.last = read_overrides(self._store)
            self._version = version
        return self.last


def read_overrides(store: Store) -> Overrides:
    """Return the overrides; raises StoreError."""
    text = store.read(_ROW)
    try:
        return Overrides.from_json(text) if text is not None else NO_OVERRIDES
    except ValueError as error:
        raise damaged(store.directory, _ROW, error) from error


def change_overrides(store: Store, change: Callable[[Overrides], Iterable[Override]]) -> None:
    """Write what `change` makes of the overrides, if that is anything else; no other change comes in between."""
    with store.errors(), store.cache.transact():
        before = read_overrides(store)
        after = Overrides(change(before))
        if (text := after.to_json()) != before.to_json():
            store.cache.set(_ROW, text)
            store.cache.set(_VERSION, hashlib.sha256(text.encode()).hexdigest()[:16])


def forget_expired(store: Store, now: float) -> None:
    """Delete the overrides whose time is over."""
    if not all(override.holds(now) for override in read_overrides(store)):
        change_overrides(store, lambda overrides: (each for each in overrides if each.holds(now)))
