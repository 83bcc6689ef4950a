"""What one sync writes into the device store, in one transaction."""

import json
from collections.abc import Container, Iterable, Iterator

from radtune.records.device_and_client import Device
from radtune.records.moves_and_states import SyncState
from radtune.stores.database import sealed
from radtune.stores.device_index import WRITE
from radtune.stores.device_records import DeviceRecords
from radtune.stores.device_rows import (
    BUCKETS,
    OTHERS,
    RECORDS,
    SUM,
    key_hashes,
    record_key,
    record_text,
    same_keys,
    sum_of,
)


class Publication:
    """The changes of one sync to the device store."""

    def __init__(self, store: DeviceRecords) -> None:
        """Take a store that a transaction is open on."""
        self._store = store
        self._devices = 0
        self._deleted: set[str] = set()
        # So that no row gets a rowid of the buckets by itself.
        store.query("UPDATE Cache SET rowid = ? WHERE key = 'index' AND rowid < ?", (OTHERS, OTHERS))
        store.index.begin()

    def put(self, device: Device) -> None:
        """Write the device, in place of what was stored with its id."""
        key = record_key(device.id)
        record = self._store.record(device.id)
        before = None if record is None else self._store.device(record)
        if record is not None and before is not None and same_keys(before, device):
            row, key_sum = record[0], int(record[2][SUM], 16)
        else:
            if record is None and device.id not in self._deleted:
                self._store.named(key)  # raises for one that was lost
            row = self._next_row() if record is None else record[0]
            key_sum = self._reindex(row, before, device)
        self._store.write_many(WRITE, [(row, key, sealed(key, record_text(device, key_sum)))])
        self._devices += record is None

    def _next_row(self) -> int:
        last = self._store.query_one("SELECT max(rowid) FROM Cache WHERE rowid < ?", (BUCKETS,))
        return max(RECORDS, 1 + (last[0] if last and last[0] else 0))

    def _reindex(self, row: int, before: Device | None, after: Device | None) -> int:
        """Note what changes in the index; return the sum of the hashes of the keys."""
        old, new = (key_hashes(each) if each is not None else [] for each in (before, after))
        self._store.index.collect((each, row, each in new) for each in {*old} ^ {*new})
        return sum_of(new)

    def delete(self, device_id: str) -> None:
        """Forget the device."""
        record = self._store.record(device_id)
        if record is not None:
            self._reindex(record[0], self._store.device(record), None)
            self._store.delete(record_key(device_id))
            self._deleted.add(device_id)
            self._devices -= 1

    def write(self, items: Iterable[Device | str]) -> None:
        """Write the devices, and forget those that are given by their ids alone."""
        for item in items:
            if isinstance(item, Device):
                self.put(item)
            else:
                self.delete(item)

    def synced(self, state: SyncState, tenants: Iterable[str] = ()) -> None:
        """Note that the tenant's list was complete when it began.

        A store that was never filled is for all of these tenants. It stays stale until each of them is synced: until
        then it is unknown whether Intune knows a client that isn't found.
        """
        before = self._store.synced_at() or dict.fromkeys(tenants, 0.0)
        self._store.write("synced_at", json.dumps({**before, state.tenant: float(state.full_at)}))

    def forget_tenants(self, known: Container[str]) -> None:
        """Forget what is noted about tenants that aren't among these."""
        times = {tenant: at for tenant, at in self._store.synced_at().items() if tenant in known}
        self._store.write("synced_at", json.dumps(times))
        for key in [*self._store.keys("sync/"), *self._store.keys("note/")]:
            if key.split("/")[1] not in known:
                self._store.delete(key)

    def make_index_anew(self) -> None:
        """Make the whole index anew from the records, whatever is in it."""
        self._store.index.make_anew(self._hashes())

    def _hashes(self) -> Iterator[tuple[str, int, bool]]:
        """Yield the entries of all records, and see to it that each record has their sum."""
        for record in self._store.records():
            row, key, value = record
            hashes = key_hashes(device := self._store.device(record))
            if int(value[SUM], 16) != (key_sum := sum_of(hashes)):
                self._store.write_many(WRITE, [(row, key, sealed(key, record_text(device, key_sum)))])
            yield from ((each, row, True) for each in hashes)

    def write_index(self) -> None:
        """Write what has changed in the index."""
        self._store.index.write(self._devices)
