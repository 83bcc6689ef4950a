"""The devices that Intune manages, written by sync alone."""

import json
from collections.abc import Iterable, Iterator

from radtune.records import Device, IndexKind
from radtune.store import Store, damaged


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

    def devices(self) -> Iterator[Device]:
        """Yield every device, in no order."""
        for key in self.keys("device/"):
            device = self.get(key.removeprefix("device/"))
            if device is not None:
                yield device

    def publish(
        self, tenant: str, changed: Iterable[tuple[Device | None, Device]], gone: Iterable[Device], synced_at: float
    ) -> None:
        """Write the changes (each with what was stored before) and when they were read, all or nothing."""
        index: dict[str, tuple[set[str], set[str]]] = {}

        def unlist(device: Device) -> None:
            for key in _index_keys(device):
                index.setdefault(key, (set(), set()))[0].add(device.id)

        with self.errors(), self.cache.transact():
            for before, after in changed:
                if before is not None:
                    unlist(before)
                for key in _index_keys(after):
                    index.setdefault(key, (set(), set()))[1].add(after.id)
                self.cache.set(f"device/{after.id}", after.to_json())
            for device in gone:
                unlist(device)
                self.cache.delete(f"device/{device.id}")
            for key, (old, new) in index.items():
                self._reindex(key, old, new)
            self.cache.set("synced_at", json.dumps({tenant: synced_at}))

    def _reindex(self, key: str, old: set[str], new: set[str]) -> None:
        listed = set((self.cache.get(key) or "").split())
        ids = sorted((listed - old) | new)
        if not ids:
            self.cache.delete(key)
        elif ids != sorted(listed):
            self.cache.set(key, " ".join(ids))


def _index_keys(device: Device) -> list[str]:
    keys = [f"mac/{mac}" for mac in device.macs]
    named = {"entra_id": device.entra_id, "serial": device.serial, "name": device.name, "user": device.user}
    for kind, value in named.items():
        if value:
            keys.append(f"{kind}/{value.lower()}")
    return keys
