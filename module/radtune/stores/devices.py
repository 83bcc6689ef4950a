"""The device store: Intune's devices, which sync alone writes, and the record of each tenant's syncs."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from radtune.records.device_and_client import Device, IndexKind
from radtune.records.moves_and_states import SyncState
from radtune.stores.device_index import FIRST_ROWS, DeviceIndex, index_keys
from radtune.stores.store import Store

MOST_CHANGES = 20_000
"""Keys of the index whose changes a publication keeps in memory; for more, it makes the index anew."""


class DeviceStore(Store):
    """The devices that Intune manages, by id, with an index of everything that names a device."""

    remedy = "the next `radtune sync` makes it anew, and the server takes that up by itself"
    first_rows: Mapping[str, str] = {"synced_at": "{}", **FIRST_ROWS}

    def __init__(self, directory: Path, *, create: bool, timeout: float) -> None:
        """Open the store as `Store` does."""
        super().__init__(directory, create=create, timeout=timeout)
        self.index = DeviceIndex(self)

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id (lower-case GUID); one that was lost raises StoreDamagedError."""
        key = f"device/{device_id}"
        for _ in range(2):
            device = self.stored(device_id)
            if device is not None or not self.index.ids(key):
                return device
            # A sync may have come in between.
        raise self.damage(key, "missing")

    def stored(self, device_id: str) -> Device | None:
        """Return what is stored under this id, without a look at what may have been lost."""
        return self.parsed(f"device/{device_id}", Device.from_json)

    def find(self, kind: IndexKind, value: str, most: int = 16) -> tuple[Device, ...]:
        """Return the devices of this Entra id, serial, name, user (all in lower case) or MAC; `most` of them."""
        for _ in range(2):
            ids = self.index.ids(f"{kind}/{value}")[:most]
            devices = [device for device_id in ids if (device := self.stored(device_id)) is not None]
            if len(devices) == len(ids):
                return tuple(devices)
            # A sync may have come in between.
        # The lost record could be a second device of that name.
        raise self.damage(f"{kind}/{value}", "it names a device without a record")

    def synced_at(self) -> dict[str, float]:
        """Return, for each tenant, when its last complete sync was published (seconds since the epoch).

        Every judgement begins here, and here a store that was replaced is noticed.
        """
        self.look()
        try:
            return {str(tenant): float(at) for tenant, at in json.loads(self.first_row("synced_at")).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise self.damage("synced_at", error) from error

    def ids(self, after: str = "") -> Iterator[str]:
        """Yield the id of every device behind `after`, in order."""
        for key in self.keys("device/", after):
            yield key.removeprefix("device/")

    def devices(self) -> Iterator[Device]:
        """Yield every device, in the order of their ids."""
        for device_id in self.ids():
            device = self.stored(device_id)
            if device is not None:
                yield device

    def sync_state(self, tenant: str) -> SyncState:
        """Return the record of this tenant's syncs; an empty one if it was never synced."""
        return self.parsed(f"sync/{tenant}", SyncState.from_json) or SyncState(tenant)

    def put_sync_state(self, state: SyncState) -> None:
        """Write the record of a tenant's syncs."""
        self.write(f"sync/{state.tenant}", state.to_json())

    def note(self, tenant: str, key: str) -> Any:
        """Return what sync has noted about a tenant under this key, or None."""
        return self.parsed(f"note/{tenant}/{key}", json.loads)

    def put_note(self, tenant: str, key: str, value: object) -> None:
        """Note a value that JSON can hold; None forgets what was noted."""
        if value is None:
            self.delete(f"note/{tenant}/{key}")
        else:
            self.write(f"note/{tenant}/{key}", json.dumps(value, separators=(",", ":")))

    def notes(self, tenant: str, prefix: str) -> Iterator[str]:
        """Yield the keys under which something is noted about a tenant, and which start so."""
        start = f"note/{tenant}/"
        for key in self.keys(start + prefix):
            yield key.removeprefix(start)

    @contextmanager
    def publishing(self) -> Iterator["Publication"]:
        """Give a Publication in one transaction: if it doesn't come to its end, the store stays as it was."""
        with self.transaction():
            self.check_in_place()
            publication = Publication(self)
            yield publication
            publication.write_index()
        self.check_in_place()
        # Nothing stays in the log of writes: a copy of the database that is put in its place stays as it is.
        self.query("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> None:
        """Raise StoreDamagedError for damage to the file, or to a row that can't be made anew from others."""
        if (found := self.query("PRAGMA integrity_check(1)")) != [("ok",)]:
            raise self.damage("integrity_check", found[0][0])
        self.synced_at()
        there, (_, wanted) = sum(1 for _ in self.devices()), self.index.size()
        if there != wanted:
            raise self.damage("devices", f"{there} of {wanted} are there")
        for key in self.keys("sync/"):
            self.sync_state(key.removeprefix("sync/"))
        for key in self.keys("note/"):
            self.note(*key.removeprefix("note/").split("/", 1))

    def mend_index(self, *, write: bool = True) -> bool:
        """Make the index anew if it doesn't fit the devices; tell whether it didn't."""
        if self.index.fits(self.devices()):
            return False
        if write:
            with self.publishing() as publication:
                publication.make_index_anew()
        return True


class Publication:
    """The changes of one sync to the device store, in one transaction."""

    def __init__(self, store: DeviceStore) -> None:
        """Take a store that a transaction is open on."""
        self._store = store
        self._devices = 0
        self._changes: dict[str, dict[str, bool]] = {}
        self._anew = False

    def put(self, device: Device) -> None:
        """Write the device, in place of what was stored with its id."""
        before = self._store.stored(device.id)
        key = f"device/{device.id}"
        if before is None and not self._anew and key not in self._changes and self._store.index.ids(key):
            raise self._store.damage(key, "missing")
        self._reindex(device.id, index_keys(before) if before else (), index_keys(device))
        self._store.write(key, device.to_json())
        self._devices += before is None

    def delete(self, device_id: str) -> None:
        """Forget the device."""
        before = self._store.stored(device_id)
        if before is not None:
            self._reindex(device_id, index_keys(before), ())
            self._store.delete(f"device/{device_id}")
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

    def _reindex(self, device_id: str, old: Iterable[str], new: Iterable[str]) -> None:
        """Note what changes in the index; a bucket that many devices share isn't to be written for each of them."""
        for key in () if self._anew else {*old} ^ {*new}:
            self._changes.setdefault(key, {})[device_id] = key in new
        if len(self._changes) > MOST_CHANGES:
            self.make_index_anew()

    def make_index_anew(self) -> None:
        """Let the whole index be made anew, whatever is in it."""
        self._anew = True
        self._changes.clear()

    def write_index(self) -> None:
        """Write what has changed in the index."""
        if self._anew or not self._store.index.change(self._changes, self._devices):
            self._store.index.make_anew(self._store.devices())
