"""The changes of a sync to the device store: set aside while a list is walked, then written in one transaction.

What is set aside is in temporary tables of the store's own connection, whose file has no name; SQLite makes it in the
directory of TMPDIR, or else in /var/tmp. So memory doesn't grow with a list, nothing stays behind a killed sync, and a
store takes devices over without their coming back into Python.
"""

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from radtune.errors import StoreError
from radtune.records.device_and_client import Device
from radtune.records.moves_and_states import SyncState
from radtune.stores.database import sealed
from radtune.stores.device_index import WRITE, RecordRow
from radtune.stores.device_records import DeviceRecords
from radtune.stores.device_rows import (
    BUCKETS,
    OTHERS,
    RECORDS,
    SUM,
    checked_in,
    key_hashes,
    record_key,
    record_text,
    same_keys,
    sum_of,
)
from radtune.stores.store import ROWS_AT_ONCE

_NEW = (
    "INSERT INTO Cache(rowid, key, raw, size, mode, value) "
    "SELECT row, key, 1, 0, 1, value FROM temp.staged WHERE row >= ? AND value IS NOT NULL"
)
_CHANGED = (
    "UPDATE Cache SET value = s.value FROM temp.staged s "
    "WHERE Cache.rowid = s.row AND s.row < ? AND s.value IS NOT NULL"
)
_GONE = "DELETE FROM Cache WHERE rowid IN (SELECT row FROM temp.staged WHERE value IS NULL)"
_CACHE = 32_000
"""KiB of the database that are kept in memory while it is compared with a list."""


class Staging:
    """The ids that a list holds, devices to write and devices to forget; a context manager.

    devices: how many there will be more in the store
    """

    def __init__(self, store: DeviceRecords) -> None:
        """Take a store that this process alone writes. All methods raise StoreError."""
        self.devices = 0
        self._store = store
        self._published = False
        self._rows: list[tuple[Any, ...]] = []
        self._entries: list[tuple[int, int, bool]] = []
        ((last,),) = store.query("SELECT max(rowid) FROM Cache WHERE rowid < ?", (BUCKETS,))
        self._first_row = self._next_row = max(RECORDS, 1 + (last or 0))

    def __enter__(self) -> "Staging":
        ((self._cache,),) = self._store.query("PRAGMA cache_size")
        self.__exit__()
        self._store.query(f"PRAGMA cache_size = -{_CACHE}")
        self._store.query("CREATE TEMPORARY TABLE listed(id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._store.query("CREATE TEMPORARY TABLE staged(row INTEGER PRIMARY KEY, key TEXT, value TEXT)")
        self._store.index.begin()
        return self

    def __exit__(self, *_: object) -> None:
        for table in ("listed", "staged", "entry"):
            self._store.query(f"DROP TABLE IF EXISTS temp.{table}")
        self._store.query(f"PRAGMA cache_size = {self._cache}")

    def list(self, ids: Sequence[str]) -> set[str]:
        """Note that the list holds these ids; return those that were noted before."""
        select = "SELECT id FROM temp.listed WHERE id IN (SELECT value FROM json_each(?))"
        before = {each for (each,) in self._store.query(select, (json.dumps(ids),))}
        with self._store.transaction("DEFERRED"):
            self._store.write_many("INSERT OR IGNORE INTO temp.listed VALUES (?)", ((each,) for each in ids))
        return before

    def has_listed(self, device_id: str) -> bool:
        """Tell whether the list holds this id."""
        return self._store.query_one("SELECT 1 FROM temp.listed WHERE id = ?", (device_id,)) is not None

    def put(self, device: Device, record: RecordRow | None, before: Device | None) -> None:
        """Set a device aside, in place of what is stored with its id, with its row, or of nothing."""
        key = record_key(device.id)
        if record is not None and before is not None and same_keys(before, device):
            row, key_sum = record[0], record[2][SUM]
        else:
            row = self._next_row if record is None else record[0]
            self._next_row += record is None
            self.devices += record is None
            key_sum = self._reindex(row, before, device)
        self._add(row, key, sealed(key, record_text(device, key_sum)))

    def check_in(self, record: RecordRow, source: str, at: int) -> None:
        """Set aside that of a stored device nothing but its last check-in, and so its source, is another one."""
        row, key, value = record
        self._add(row, key, sealed(key, checked_in(value, source, at)))

    def forget(self, record: RecordRow, before: Device) -> None:
        """Set aside that a device is to be forgotten."""
        self._reindex(record[0], before, None)
        self._add(record[0], record[1], None)
        self.devices -= 1

    def _reindex(self, row: int, before: Device | None, after: Device | None) -> str:
        """Note what changes in the index; return the sum of the hashes of the keys."""
        new = key_hashes(after) if after is not None else []
        if before is None:
            self._entries += [(each, row, True) for each in new]
        else:
            self._entries += [(each, row, each in new) for each in {*key_hashes(before)} ^ {*new}]
        return sum_of(new)

    def _add(self, *row: object) -> None:
        if self._published:
            self._store.query("DELETE FROM temp.staged")
            self._published = False
        self._rows.append(row)
        if len(self._rows) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory into the temporary tables."""
        try:
            with self._store.transaction("DEFERRED"):
                self._store.write_many("INSERT OR REPLACE INTO temp.staged VALUES (?, ?, ?)", self._rows)
                self._store.index.collect(self._entries)
        except StoreError as error:
            where = "what is set aside until then is in the directory of TMPDIR, or in /var/tmp"
            raise type(error)(f"{error}; {where}") from error
        self._rows.clear()
        self._entries.clear()

    def publish(self) -> None:
        """Write the devices into the store; their names are left to the index."""
        self.flush()
        self._store.query(_NEW, (self._first_row,))
        self._store.query(_CHANGED, (self._first_row,))
        self._store.query(_GONE)
        self._first_row, self._published = self._next_row, True


class Publication:
    """The changes of one sync to the device store."""

    def __init__(self, store: DeviceRecords, staging: Staging) -> None:
        """Take a store that a transaction is open on, and write what was set aside."""
        self._store = store
        self._staging = staging
        # So that no row gets a rowid of the buckets by itself.
        store.query("UPDATE Cache SET rowid = ? WHERE key = 'index' AND rowid < ?", (OTHERS, OTHERS))
        staging.publish()

    def put(self, device: Device) -> None:
        """Write the device, in place of what was stored with its id."""
        record = self._store.record(device.id)
        if record is None:
            self._store.named(record_key(device.id))  # raises for one that was lost
        self._staging.put(device, record, None if record is None else self._store.device(record))
        self._staging.publish()

    def synced(self, state: SyncState, tenants: Iterable[str] = ()) -> None:
        """Note the tenant's whole sync as of when it began.

        A store that was never filled is for all of these tenants. It stays stale until each of them is synced: until
        then it is unknown whether Intune knows a client that isn't found.
        """
        before = self._store.times() or dict.fromkeys(tenants, 0.0)
        self._store.write("synced_at", json.dumps({**before, state.tenant: float(state.whole_at)}))

    def forget_tenants(self, known: Container[str]) -> None:
        """Forget what is noted about tenants that aren't among these."""
        times = {tenant: at for tenant, at in self._store.times().items() if tenant in known}
        self._store.write("synced_at", json.dumps(times))
        for key in [*self._store.keys("sync/"), *self._store.keys("note/")]:
            if key.split("/")[1] not in known:
                self._store.delete(key)

    def make_index_anew(self) -> None:
        """Make the whole index anew from the records, whatever is in it."""
        self._store.index.make_anew(self._hashes())

    def _hashes(self) -> Iterator[tuple[int, int, bool]]:
        """Yield the entries of all records, and see to it that each record has their sum."""
        for record in self._store.records():
            row, key, value = record
            hashes = key_hashes(device := self._store.device(record))
            if value[SUM] != (key_sum := sum_of(hashes)):
                self._store.write_many(WRITE, [(row, key, sealed(key, record_text(device, key_sum)))])
            yield from ((each, row, True) for each in hashes)

    def write_index(self) -> None:
        """Write what has changed in the index."""
        self._store.index.write(self._staging.devices)
