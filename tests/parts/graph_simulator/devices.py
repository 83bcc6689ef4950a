"""The managed devices the simulated tenant holds: changed and read by several threads, paged by key."""

import bisect
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from parts.graph_simulator.managed_device import InvalidDeviceError, checked
from parts.graph_simulator.messages import JsonObject

# A device's place in a listing: (deviceName, id), the key in Graph's own $skiptoken. Compared by code point.
Key = tuple[str, str]


class UnknownDeviceError(KeyError):
    """No device has this id."""


class Devices:
    """Devices by id and in listing order. Every method is safe to call from any thread.

    A stored device is never changed in place, so a reader may keep what it was given.
    """

    def __init__(self, devices: Iterable[Mapping[str, Any]] = ()) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, JsonObject] = {}
        for device in devices:
            new = checked(device)
            self._by_id[new["id"]] = new
        self._keys: list[Key] = sorted(map(_key, self._by_id.values()))

    def __len__(self) -> int:
        """Count the devices."""
        return len(self._by_id)

    def put(self, device: Mapping[str, Any]) -> JsonObject:
        """Add the device, or replace the one with its id, and give it as stored; InvalidDeviceError if malformed."""
        new = checked(device)
        with self._lock:
            if new["id"] in self._by_id:
                self._forget(new["id"])
            self._remember(new)
        return new

    def patch(self, device_id: str, changes: Mapping[str, Any]) -> JsonObject:
        """Set the given properties and give the device as stored; UnknownDeviceError, InvalidDeviceError."""
        with self._lock:
            old = self._find(device_id)
            new = checked({**old, **changes})
            if new["id"] != old["id"]:
                raise InvalidDeviceError("id: can't be changed; delete the device and put it anew")
            self._forget(old["id"])
            self._remember(new)
        return new

    def delete(self, device_id: str) -> None:
        """Take the device out; UnknownDeviceError."""
        with self._lock:
            self._forget(self._find(device_id)["id"])

    def get(self, device_id: str) -> JsonObject:
        """Give the device with this id, upper or lower case; UnknownDeviceError."""
        with self._lock:
            return self._find(device_id)

    def page(self, after: Key | None, size: int) -> tuple[list[JsonObject], bool]:
        """Give up to `size` devices that sort behind the key, and whether more follow.

        Nothing is held between two pages: a device renamed across the cursor is seen twice or not at all, as in Graph.
        """
        with self._lock:
            start = 0 if after is None else bisect.bisect_right(self._keys, after)
            keys = self._keys[start : start + size]
            return [self._by_id[device_id] for _, device_id in keys], start + size < len(self._keys)

    def operating_systems(self) -> Counter[str]:
        """Count the devices by operatingSystem."""
        with self._lock:
            return Counter(device.get("operatingSystem") or "" for device in self._by_id.values())

    def _find(self, device_id: str) -> JsonObject:
        try:
            return self._by_id[device_id.lower()]
        except KeyError:
            raise UnknownDeviceError(device_id) from None

    def _remember(self, device: JsonObject) -> None:
        self._by_id[device["id"]] = device
        bisect.insort(self._keys, _key(device))

    def _forget(self, device_id: str) -> None:
        key = _key(self._by_id.pop(device_id))
        del self._keys[bisect.bisect_left(self._keys, key)]


def _key(device: Mapping[str, Any]) -> Key:
    return device["deviceName"], device["id"]
