"""The devices that Intune manages, written by sync alone."""

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from radtune.records import Device, IndexKind
from radtune.store import Store, damaged
from radtune.sync_state import SyncState

INDEX_ROWS_AT_ONCE = 10_000
"""Rows of the index that a publication keeps in memory before it writes them."""


class DeviceStore(Store):
    """The devices that Intune manages, by id, with an index of each other thing that names a device."""

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id (lower-case GUID)."""
        text = self.read(f"device/{device_id}")
        try:
            return Device.from_json(text) if text is not None else None
        except ValueError as error:
            raise damaged(self.directory, f"device/{device_id}", error) from error

    def find(self, kind: IndexKind, value: str, most: int = 16) -> tuple[Device, ...]:
        """Return the devices of this Entra id, serial, name, user (all in lower case) or MAC; `most` of them."""
        devices: tuple[Device | None, ...] = ()
        # The index and the records are read one after the other: where a sync came in between, read both again.
        for _ in range(2):
            ids = self.read(f"{kind}/{value}")
            devices = tuple(self.get(device_id) for device_id in ids.split(" ", most)[:most]) if ids else ()
            if None not in devices:
                break
        else:
            # What the index names and nobody has could be a second device of that name.
            raise damaged(self.directory, f"{kind}/{value}", ValueError("it names a device without a record"))
        return tuple(device for device in devices if device is not None)

    def synced_at(self) -> dict[str, float]:
        """Return, for each tenant, when its last complete sync was published (seconds since the epoch).

        Every judgement begins here, and here a store that was deleted and made anew is noticed.
        """
        self.check_in_place()
        text = self.read("synced_at")
        try:
            return {str(tenant): float(at) for tenant, at in json.loads(text).items()} if text else {}
        except (ValueError, TypeError, AttributeError) as error:
            raise damaged(self.directory, "synced_at", error) from error

    def ids(self, after: str = "") -> Iterator[str]:
        """Yield the id of every device behind `after`, in order."""
        for key in self.keys("device/", after):
            yield key.removeprefix("device/")

    def devices(self) -> Iterator[Device]:
        """Yield every device, in the order of their ids."""
        for device_id in self.ids():
            device = self.get(device_id)
            if device is not None:
                yield device

    def sync_state(self, tenant: str) -> SyncState:
        """Return how this tenant's syncs went; an empty record for one that was never synced."""
        text = self.read(f"sync/{tenant}")
        try:
            return SyncState.from_json(text) if text is not None else SyncState(tenant)
        except ValueError as error:
            raise damaged(self.directory, f"sync/{tenant}", error) from error

    def put_sync_state(self, state: SyncState) -> None:
        """Write how this tenant's syncs went."""
        with self.errors():
            self.cache.set(f"sync/{state.tenant}", state.to_json())

    def note(self, tenant: str, key: str) -> Any:
        """Return what sync has noted about a tenant under this key, or None."""
        text = self.read(f"note/{tenant}/{key}")
        try:
            return None if text is None else json.loads(text)
        except ValueError as error:
            raise damaged(self.directory, f"note/{tenant}/{key}", error) from error

    def put_note(self, tenant: str, key: str, value: object) -> None:
        """Note a value that JSON can hold; None forgets what was noted."""
        with self.errors():
            if value is None:
                self.cache.delete(f"note/{tenant}/{key}")
            else:
                self.cache.set(f"note/{tenant}/{key}", json.dumps(value, separators=(",", ":")))

    def notes(self, tenant: str, prefix: str) -> Iterator[str]:
        """Yield the keys under which something is noted about a tenant, and which start so."""
        start = f"note/{tenant}/"
        for key in self.keys(start + prefix):
            yield key.removeprefix(start)

    @contextmanager
    def publishing(self) -> Iterator["Publication"]:
        """Give what writes devices, all or nothing: whatever ends it before its own end leaves the store as it was."""
        with self.errors(), self.cache.transact():
            publication = Publication(self)
            yield publication
            publication.write_index()


class Publication:
    """One transaction on the device store."""

    def __init__(self, store: DeviceStore) -> None:
        self._store = store
        self._index: dict[str, set[str]] = {}

    def put(self, device: Device) -> None:
        """Write the device, in place of what was stored with its id."""
        before = self._store.get(device.id)
        self._reindex(device.id, _index_keys(before) if before else (), _index_keys(device))
        self._store.cache.set(f"device/{device.id}", device.to_json())

    def delete(self, device_id: str) -> None:
        """Forget the device."""
        before = self._store.get(device_id)
        if before is not None:
            self._reindex(device_id, _index_keys(before), ())
            self._store.cache.delete(f"device/{device_id}")

    def write(self, items: Iterable[Device | str]) -> None:
        """Write the devices, and forget those of which the id alone is given."""
        for item in items:
            if isinstance(item, Device):
                self.put(item)
            else:
                self.delete(item)

    def synced(self, state: SyncState) -> None:
        """Note that the tenant's list was complete when it began."""
        times = {**self._store.synced_at(), state.tenant: float(state.full_at)}
        self._store.cache.set("synced_at", json.dumps(times))

    def forget_tenants(self, known: Container[str]) -> None:
        """Forget what is noted about tenants that aren't among these."""
        times = {tenant: at for tenant, at in self._store.synced_at().items() if tenant in known}
        self._store.cache.set("synced_at", json.dumps(times))
        for key in [*self._store.keys("sync/"), *self._store.keys("note/")]:
            if key.split("/")[1] not in known:
                self._store.cache.delete(key)

    def state(self, state: SyncState) -> None:
        """Write how this tenant's syncs went."""
        self._store.put_sync_state(state)

    def _reindex(self, device_id: str, old: Sequence[str], new: Sequence[str]) -> None:
        for key in old:
            if key not in new:
                self._ids(key).discard(device_id)
        for key in new:
            if key not in old:
                self._ids(key).add(device_id)

    def _ids(self, key: str) -> set[str]:
        """Return the ids in this row of the index; what is done to them is written later.

        Thousands of devices can have one name, iPhone, and the row of that isn't to be written anew for each.
        """
        if key not in self._index:
            if len(self._index) >= INDEX_ROWS_AT_ONCE:
                self.write_index()
            self._index[key] = set((self._store.cache.get(key) or "").split())
        return self._index[key]

    def write_index(self) -> None:
        """Write the rows of the index that have changed."""
        for key, ids in self._index.items():
            if ids:
                self._store.cache.set(key, " ".join(sorted(ids)))
            else:
                self._store.cache.delete(key)
        self._index.clear()


def _index_keys(device: Device) -> list[str]:
    keys = [f"mac/{mac}" for mac in dict.fromkeys((*device.macs, device.ethernet_mac)) if mac]
    named = {"entra_id": device.entra_id, "serial": device.serial, "name": device.name, "user": device.user}
    named["netbios_name"] = device.netbios_name
    for kind, value in named.items():
        if value:
            keys.append(f"{kind}/{value.lower()}")
    return keys
