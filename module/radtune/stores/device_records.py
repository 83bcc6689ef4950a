"""The records of a device store, found by everything that names a device."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from radtune.records.device_and_client import Device, IndexKind
from radtune.stores.database import sealed
from radtune.stores.device_index import FIRST_ROW, SYNCED, DeviceIndex, RecordRow
from radtune.stores.device_rows import is_named, read_record, record_key
from radtune.stores.store import Store


class DeviceRecords(Store):
    """The reading side of the device store."""

    remedy = "the next `radtune sync` makes it anew, and the server takes that up by itself"
    first_rows: Mapping[str, str] = {"synced_at": "{}", "index": FIRST_ROW}

    def __init__(self, directory: Path, *, create: bool, timeout: float) -> None:
        """Open the store as `Store` does."""
        super().__init__(directory, create=create, timeout=timeout)
        self.index = DeviceIndex(self)
        self._times: tuple[object, dict[str, float]] = ("", {})

    def begin(self) -> "DeviceLookup":
        """Return what finds the devices of one judgement; a store that was replaced is opened anew."""
        self.look()
        return DeviceLookup(self)

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id (lower-case GUID); one that was lost raises StoreDamagedError."""
        return next(iter(self.named(record_key(device_id))[0]), None)

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices of this Entra id, serial, name, user (all in lower case) or MAC; MANY of them at most."""
        return self.named(f"{kind}/{value}")[0]

    def named(self, key: str) -> tuple[tuple[Device, ...], dict[str, float]]:
        """Return the devices that a key of the index stands for, and the times of the syncs at that moment."""
        records, synced = self.index.rows(key)
        devices = tuple([self.device(record) for record in records])
        for device in devices:
            if not is_named(device, key):
                raise self.damage(key, "it names another device")
        return devices, self._times_of(synced)

    def device(self, record: RecordRow) -> Device:
        """Return the device of a record; raises StoreDamagedError if it isn't as it was written."""
        _, key, row = record
        self._checked((key, row, 1))
        try:
            return read_record(row)
        except ValueError as error:
            raise self.damage(key, error) from error

    def record(self, device_id: str) -> RecordRow | None:
        """Return the row of what is stored under this id."""
        key = record_key(device_id)
        found: RecordRow | None = self.query_one(
            "SELECT rowid, key, value FROM Cache WHERE key = ? AND raw = 1", (key,)
        )
        return found

    def records_of(self, ids: Iterable[str]) -> dict[str, RecordRow]:
        """Return the rows of what is stored under these ids, by id."""
        select = (
            "SELECT rowid, key, value FROM Cache WHERE key IN (SELECT 'device/' || value FROM json_each(?)) AND raw = 1"
        )
        found = self.query(select, (json.dumps([*ids]),))
        return {key.removeprefix("device/"): (row, key, value) for row, key, value in found}

    def synced_at(self) -> dict[str, float]:
        """Return, for each tenant, when its last whole sync was published (seconds since the epoch)."""
        self.look()
        return self.times()

    def times(self) -> dict[str, float]:
        """Return the same of the database that is open."""
        return self._times_of((self.query_one(SYNCED) or (None,))[0])

    def _times_of(self, row: object) -> dict[str, float]:
        before, times = self._times
        if row == before:
            return times
        if type(row) is not str or sealed("synced_at", row[8:]) != row:
            raise self.damage("synced_at", "missing or damaged")
        try:
            times = {str(tenant): float(at) for tenant, at in json.loads(row[8:]).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise self.damage("synced_at", error) from error
        self._times = (row, times)
        return times

    def ids(self, after: str = "") -> Iterator[str]:
        """Yield the id of every device behind `after`, in order."""
        return (key.removeprefix("device/") for key in self.keys("device/", after))

    def devices(self) -> Iterator[Device]:
        """Yield every device, in the order of their ids."""
        return map(self.device, self.records())

    def records(self) -> Iterator[RecordRow]:
        """Yield every record, in the order of the ids."""
        select = "SELECT key, rowid, value FROM Cache WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        return ((row, key, value) for key, row, value in self._pages(select, "device/"))


class DeviceLookup:
    """The devices of one judgement."""

    __slots__ = ("_store", "_synced_at")

    def __init__(self, store: DeviceRecords) -> None:
        """Take the store; nothing is read yet."""
        self._store = store
        self._synced_at: dict[str, float] | None = None

    def begin(self) -> "DeviceLookup":
        """Return this one."""
        return self

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id, as the store does."""
        return next(iter(self._named(record_key(device_id))), None)

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this value names, as the store does."""
        return self._named(f"{kind}/{value}")

    def _named(self, key: str) -> tuple[Device, ...]:
        devices, synced_at = self._store.named(key)
        # A sync that comes in between must not make what was found before it look fresh.
        if self._synced_at is None:
            self._synced_at = synced_at
        return devices

    def synced_at(self) -> dict[str, float]:
        """Return the times of the syncs when the first device was looked for."""
        return self._store.synced_at() if self._synced_at is None else self._synced_at
