"""What sync writes into the device store: devices, the index of what names them, and the register of both."""

import json
from collections.abc import Container, Iterable, Sequence
from typing import Protocol

from radtune.records.device_and_client import Device
from radtune.records.states import SyncState
from radtune.stores.disk import Store
from radtune.stores.register import REGISTERED, RegisterChanges

INDEX_ROWS_AT_ONCE = 10_000
"""Rows of the index that a publication keeps in memory before it writes them."""


class Published(Protocol):
    """What a publication asks of the device store."""

    def synced_at(self) -> dict[str, float]:
        """Return when each tenant was last synced."""

    def stored(self, device_id: str) -> Device | None:
        """Return what is stored under this id."""


class Publication:
    """One transaction on the device store."""

    def __init__(self, store: Store, published: Published) -> None:
        """Take the store, as rows and as devices."""
        self._store = store
        self._published = published
        self._register = RegisterChanges(store)
        self._index: dict[str, tuple[set[str], bool]] = {}

    def put(self, device: Device) -> None:
        """Write the device, in place of what was stored with its id."""
        key = f"device/{device.id}"
        before = self._published.stored(device.id)
        if before is None and self._register.lost(key):
            raise self._store.damage(key, "missing")
        self._reindex(device.id, index_keys(before) if before else (), index_keys(device))
        self._store.write(key, device.to_json())
        if before is None:
            self._register.add(key)

    def delete(self, device_id: str) -> None:
        """Forget the device."""
        before = self._published.stored(device_id)
        if before is not None:
            self._reindex(device_id, index_keys(before), ())
            self._store.delete(f"device/{device_id}")
            self._register.remove(f"device/{device_id}")

    def write(self, items: Iterable[Device | str]) -> None:
        """Write the devices, and forget those of which the id alone is given."""
        for item in items:
            if isinstance(item, Device):
                self.put(item)
            else:
                self.delete(item)

    def synced(self, state: SyncState, tenants: Iterable[str] = ()) -> None:
        """Note that the tenant's list was complete when it began.

        A store that was never filled is for all of these tenants: until each of them is synced, nobody can say of a
        client that Intune doesn't know it, and the store is stale.
        """
        before = self._published.synced_at() or dict.fromkeys(tenants, 0.0)
        times = {**before, state.tenant: float(state.full_at)}
        self._store.write("synced_at", json.dumps(times))

    def forget_tenants(self, known: Container[str]) -> None:
        """Forget what is noted about tenants that aren't among these."""
        times = {tenant: at for tenant, at in self._published.synced_at().items() if tenant in known}
        self._store.write("synced_at", json.dumps(times))
        for key in [*self._store.keys("sync/"), *self._store.keys("note/")]:
            if key.split("/")[1] not in known:
                self._store.delete(key)

    def state(self, state: SyncState) -> None:
        """Write how this tenant's syncs went."""
        self._store.write(f"sync/{state.tenant}", state.to_json())

    def index_anew(self, devices: Iterable[Device]) -> None:
        """Write index and register of these devices, which are all that the store has."""
        for prefix in REGISTERED[1:]:
            for key in list(self._store.keys(prefix)):
                self._store.delete(key)
        self._register.forget()
        for device in devices:
            self._reindex(device.id, (), index_keys(device))

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
                self._write_index()
            text = self._store.read(key)
            if text is None and self._register.lost(key):
                raise self._store.damage(key, "missing")
            self._index[key] = (set((text or "").split()), text is not None)
        return self._index[key][0]

    def finish(self) -> None:
        """Write the rows of index and register that have changed."""
        self._write_index()
        self._register.write()

    def _write_index(self) -> None:
        for key, (ids, was_there) in self._index.items():
            if ids:
                self._store.write(key, " ".join(sorted(ids)))
                if not was_there:
                    self._register.add(key)
            elif was_there:
                self._store.delete(key)
                self._register.remove(key)
        self._index.clear()


def index_keys(device: Device) -> list[str]:
    """Return the keys of the index that name this device."""
    keys = [f"mac/{mac}" for mac in dict.fromkeys((*device.macs, device.ethernet_mac)) if mac]
    named = {"entra_id": device.entra_id, "serial": device.serial, "name": device.name, "user": device.user}
    named["netbios_name"] = device.netbios_name
    for kind, value in named.items():
        if value:
            keys.append(f"{kind}/{value.lower()}")
    return keys
