"""The register of a device store's keys, by which a key that was lost is told from one that never was."""

from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from heapq import merge
from itertools import islice
from typing import get_args

from radtune.records.device_and_client import IndexKind
from radtune.stores.disk import Store

FIRST_ROWS = {"register": "0 0 0", "register/": ""}
"""The rows of an empty register: length of a bucket's name, number of keys, and of devices; the one bucket."""
REGISTERED = ("device/", *(f"{kind}/" for kind in get_args(IndexKind)))
"""How the keys begin that are in the register."""
BUCKET = 64
"""Keys that a bucket is meant for; where the mean is twice as many, there come 16 times as many buckets."""
AT_ONCE = 20_000
"""Keys that a publication may add and remove before the register is better made anew."""


def is_registered(store: Store, key: str) -> bool:
    """Tell whether the store should have a row of this key; raises StoreError. Costs two rows."""
    name = _name(key)
    while True:
        head = store.first_row("register")
        bucket = store.read(f"register/{name[: _head(store, head)[0]]}")
        if bucket is not None:
            return name in bucket
        # A publication may have come in between.
        if store.first_row("register") == head:
            raise store.damage("register", "a part of it is missing")


class RegisterChanges:
    """What one publication does to the register."""

    def __init__(self, store: Store) -> None:
        """Take a store that a transaction is open on."""
        self._store = store
        self._length, self._count, self._devices = _head(store, store.first_row("register"))
        self._changed: dict[str, bool] = {}
        self._anew = False

    def lost(self, key: str) -> bool:
        """Tell whether a row that is missing should be there."""
        known = self._changed.get(_name(key))
        if known is not None or self._anew or not self._count:
            return bool(known)
        return is_registered(self._store, key)

    def add(self, key: str) -> None:
        """Register a key."""
        self._change(key, there=True)

    def remove(self, key: str) -> None:
        """Take a key out."""
        self._change(key, there=False)

    def forget(self) -> None:
        """Let the whole register be made anew, whatever it says."""
        self._anew = True

    def _change(self, key: str, *, there: bool) -> None:
        if key.startswith(REGISTERED[0]):
            self._devices += 1 if there else -1
        if not self._anew:
            self._changed[_name(key)] = there
            self._anew = len(self._changed) > AT_ONCE

    def write(self) -> None:
        """Write the changes, or all of it anew where they are many or the buckets have become too full."""
        if self._anew:
            return self._write_anew()
        buckets: dict[str, set[str]] = {}
        for name, there in self._changed.items():
            bucket = name[: self._length]
            if bucket not in buckets:
                buckets[bucket] = set(self._bucket(bucket))
            if there != (name in buckets[bucket]):
                self._count += 1 if there else -1
                (buckets[bucket].add if there else buckets[bucket].discard)(name)
        if self._count > 2 * BUCKET * 16**self._length:
            return self._write_anew()
        for bucket, names in buckets.items():
            self._store.write(f"register/{bucket}", " ".join(sorted(names)))
        if buckets:
            self._store.write("register", f"{self._length} {self._count} {self._devices}")
        return None

    def _bucket(self, bucket: str) -> list[str]:
        text = self._store.read(f"register/{bucket}")
        if text is None:
            raise self._store.damage(f"register/{bucket}", "missing")
        return text.split()

    def _write_anew(self) -> None:
        """Write the register of the keys that are in the store."""
        names = iter(int(_name(key), 16) for key in _keys(self._store))
        # Sorted in parts, each of 8 bytes a name.
        parts = []
        while part := sorted(islice(names, AT_ONCE)):
            parts.append(array("Q", part))
        count, self._length = sum(map(len, parts)), 0
        while count > BUCKET * 16**self._length:
            self._length += 1
        for key in ["register/", *self._store.keys("register/")]:
            self._store.delete(key)
        self._write_buckets(merge(*parts))
        self._store.write("register", f"{self._length} {count} {self._devices}")

    def _write_buckets(self, names: Iterator[int]) -> None:
        """Write the buckets of these names, which are in order."""
        name = next(names, None)
        for number in range(16**self._length):
            bucket, end = [], (number + 1) << (64 - 4 * self._length)
            while name is not None and name < end:
                bucket.append(f"{name:016x}")
                name = next(names, None)
            key = f"register/{number:0{self._length}x}" if self._length else "register/"
            self._store.write(key, " ".join(bucket))


def register_sums(store: Store) -> tuple[int, int]:
    """Return a sum over the register, and the same over the keys that are in the store: if they fit, they are equal."""
    count = _head(store, store.first_row("register"))[1]
    return count + _sum(_entries(store)), sum(1 for _ in _keys(store)) + _sum(map(_name, _keys(store)))


def count_devices(store: Store) -> int:
    """Return how many devices should be in the store."""
    return _head(store, store.first_row("register"))[2]


def _entries(store: Store) -> Iterator[str]:
    for key in ("register/", *store.keys("register/")):
        yield from (store.read(key) or "").split()


def _sum(names: Iterable[str]) -> int:
    return sum(int(name, 16) for name in names)


def _keys(store: Store) -> Iterator[str]:
    for prefix in REGISTERED:
        yield from store.keys(prefix)


def _name(key: str) -> str:
    """Return what stands for a key: 16 hexadecimal digits; the first ones are the name of its bucket."""
    return blake2b(key.encode(), digest_size=8).hexdigest()


def _head(store: Store, text: str) -> tuple[int, int, int]:
    try:
        length, count, devices = map(int, text.split())
    except ValueError as error:
        raise store.damage("register", error) from error
    return length, count, devices
