"""The quarantines in the session store: one row with all of them, and a short one that changes with them."""

import os
from collections.abc import Callable, Iterable

from radtune.policy.quarantines import NO_QUARANTINES, Quarantine, Quarantines
from radtune.stores.store import Store

_ROW, _VERSION, _HISTORY = "quarantines", "quarantines_version", "quarantines_history"
FIRST_ROWS = {_ROW: NO_QUARANTINES.to_json(), _VERSION: "0", _HISTORY: ""}
"""The rows of a new store: no quarantines. Each change gives them another version; the history has those before."""
MOST_VERSIONS = 500
"""Versions that the history keeps."""


class QuarantineReader:
    """The quarantines of a store, read anew only if they have changed: a login has no time to read them all."""

    def __init__(self, store: Store) -> None:
        """Take the store; nothing is read yet."""
        self._store = store
        self._version = (-1, "")
        self._past: tuple[str, ...] = ()
        self.last = NO_QUARANTINES
        """The quarantines that `read` has returned last."""

    def read(self) -> Quarantines:
        """Return the quarantines as they are now; raises StoreError.

        A store whose history lacks the version that was read last was made anew, or restored from a copy. That
        releases nobody: the quarantines that the reader knows are written into it, and count even if that fails.
        """
        # A change between the rows gives the new quarantines for the old version: they are read once more, no less.
        version = (self._store.version, self._store.first_row(_VERSION))
        if version == self._version:
            return self.last
        found, past = read_quarantines(self._store), (*_history(self._store), version[1])
        if list(self.last) and self._version[1] not in past:
            found = self.last = _union(found, self.last)
            _write(self._store, lambda there: _union(there, self.last), self._past)
        self.last, self._version, self._past = found, version, past
        return self.last


def _union(some: Quarantines, others: Quarantines) -> Quarantines:
    return Quarantines(dict.fromkeys((*some, *others)))


def read_quarantines(store: Store) -> Quarantines:
    """Return the quarantines; raises StoreError."""
    try:
        return Quarantines.from_json(store.first_row(_ROW))
    except ValueError as error:
        raise store.damage(_ROW, error) from error


def change_quarantines(store: Store, change: Callable[[Quarantines], Iterable[Quarantine]]) -> None:
    """Write what `change` makes of the quarantines, if that is anything else; no other change comes in between."""
    _write(store, change, ())


def _write(store: Store, change: Callable[[Quarantines], Iterable[Quarantine]], past: Iterable[str]) -> None:
    """Do as `change_quarantines`, and take these versions into the history."""
    store.look()
    with store.transaction():
        before = read_quarantines(store)
        after = Quarantines(change(before))
        history = (*_history(store), store.first_row(_VERSION))
        if (text := after.to_json()) != before.to_json() or not set(history) >= set(past):
            versions = list(dict.fromkeys((*past, *history)))
            store.write(_ROW, text)
            store.write(_HISTORY, " ".join(versions[-MOST_VERSIONS:]))
            store.write(_VERSION, os.urandom(6).hex())
    store.check_in_place()


def forget_expired(store: Store, now: float) -> None:
    """Delete the quarantines whose time is over."""
    if not all(quarantine.holds(now) for quarantine in read_quarantines(store)):
        change_quarantines(store, lambda quarantines: (each for each in quarantines if each.holds(now)))


def _history(store: Store) -> tuple[str, ...]:
    return tuple(store.first_row(_HISTORY).split())
