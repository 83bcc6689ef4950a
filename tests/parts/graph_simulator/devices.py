"""The managed devices the simulated tenant holds: changed and read by several threads, paged by key."""

import bisect
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from parts.graph_simulator.filters import Filter
from parts.graph_simulator.fleet import Fleet
from parts.graph_simulator.managed_device import DEFAULTS, NO_ENTRA_DEVICE, InvalidDeviceError, checked, in_list
from parts.graph_simulator.messages import JsonObject, encoded
from parts.graph_simulator.order import Key

# A device of the made-up fleet, by index, as long as it is as it was made; any other as itself.
Entry = int | JsonObject
Follow = Callable[[JsonObject | None, JsonObject | None], None]


class UnknownDeviceError(KeyError):
    """No device has this id."""


class Devices:
    """A made-up fleet and what was added, changed and taken out since; in listing order.

    Every method is safe to call from any thread. A stored device is never changed in place, so a reader may keep what
    it was given. `follow` is told of each change, what was there before and what is there then; None for nothing.
    """

    def __init__(self, devices: Iterable[Mapping[str, Any]] = ()) -> None:
        self._lock = threading.RLock()
        self.fleet = devices if isinstance(devices, Fleet) else Fleet(0)
        self.follow: Follow = lambda _old, _new: None
        self.version = 0
        self._gone: set[int] = set()
        self._by_id: dict[str, JsonObject] = {}
        self._keys: list[Key] = []
        if not isinstance(devices, Fleet):
            self.add(devices)

    def __len__(self) -> int:
        """Count the devices."""
        return len(self.fleet) - len(self._gone) + len(self._by_id)

    def add(self, devices: Iterable[Mapping[str, Any]]) -> None:
        """Add many, or replace those with the same id; InvalidDeviceError if one is malformed, and none is added."""
        new = {device["id"]: device for device in map(checked, devices)}
        with self._lock:
            old = {device_id: self._seek(device_id) for device_id in new}
            for device_id in new:
                self._forget(device_id)
            self._by_id |= new
            self._keys = sorted([*self._keys, *map(_key, new.values())])
            self.version += 1
            for device_id, device in new.items():
                self.follow(old[device_id], device)

    def put(self, device: Mapping[str, Any]) -> JsonObject:
        """Add the device, or replace the one with its id, and give it as stored; InvalidDeviceError if malformed."""
        new = checked(device)
        with self._lock:
            self._exchange(self._seek(new["id"]), new)
        return new

    def patch(self, device_id: str, changes: Mapping[str, Any]) -> JsonObject:
        """Set the given properties and give the device as stored; UnknownDeviceError, InvalidDeviceError."""
        with self._lock:
            old = self.get(device_id)
            new = checked({**old, **changes})
            if new["id"] != old["id"]:
                raise InvalidDeviceError("id: can't be changed; delete the device and put it anew")
            self._exchange(old, new)
        return new

    def delete(self, device_id: str) -> None:
        """Take the device out; UnknownDeviceError."""
        with self._lock:
            self._exchange(self.get(device_id), None)

    def get(self, device_id: str) -> JsonObject:
        """Give the device with this id, upper or lower case; UnknownDeviceError."""
        with self._lock:
            device = self._seek(device_id.lower())
        if device is None:
            raise UnknownDeviceError(device_id)
        return device

    def page(self, after: Key | None, size: int, wanted: Filter | None = None) -> tuple[list[Entry], bool]:
        """Give up to `size` devices that sort behind the key, and whether more follow.

        Nothing is held between two pages: a device renamed across the cursor is seen twice or not at all, as in Graph.
        """
        with self._lock:
            walk = self._walk(after, wanted)
            found = list(islice(walk if wanted is None else self._matching(walk, wanted), size + 1))
        return found[:size], len(found) > size

    def key(self, entry: Entry) -> Key:
        """Give an entry's place in the listing."""
        return self.fleet.key(entry) if isinstance(entry, int) else _key(entry)

    def encode(self, entries: Iterable[Entry], names: tuple[str, ...]) -> str:
        """Give the JSON of entries as a list shows these properties, with the commas between them."""
        made = self.fleet.encode
        return ",".join(
            made(entry, names) if isinstance(entry, int) else encoded(in_list(entry, names)) for entry in entries
        )

    def not_of_the_fleet(self) -> list[JsonObject]:
        """Give the devices that were added or changed."""
        with self._lock:
            return list(self._by_id.values())

    def operating_systems(self) -> Counter[str]:
        """Count the devices by operatingSystem."""
        with self._lock:
            counts = self.fleet.operating_systems()
            counts.subtract(self.fleet.value(index, "operatingSystem") for index in self._gone)
            counts.update(device.get("operatingSystem") or "" for device in self._by_id.values())
        return +counts

    def _walk(self, after: Key | None, wanted: Filter | None) -> Iterator[Entry]:
        place = 0 if after is None else self.fleet.order.behind(after)
        at = 0 if after is None else bisect.bisect_right(self._keys, after)
        places = self._places(wanted)
        for number in range(at, len(self._keys)):
            key = self._keys[number]
            until = self.fleet.order.behind(key) if place < places.stop else place
            yield from self._unchanged(range(max(place, places.start), min(until, places.stop)))
            place = until
            yield self._by_id[key[1]]
        yield from self._unchanged(range(max(place, places.start), places.stop))

    def _places(self, wanted: Filter | None) -> range:
        """Give the fleet's places to look at: one where the filter names a single device, without a search."""
        entra_id = None if wanted is None else wanted.equal_to("azureADDeviceId")
        if entra_id in (None, "", NO_ENTRA_DEVICE):
            return range(len(self.fleet))
        index = self.fleet.find_entra(entra_id)
        if index is None:
            return range(0)
        behind = self.fleet.order.behind(self.fleet.key(index))
        return range(behind - 1, behind)

    def _unchanged(self, places: range) -> Iterator[int]:
        indexes = map(self.fleet.order.index, places)
        return (index for index in indexes if index not in self._gone) if self._gone else indexes

    def _matching(self, walk: Iterator[Entry], wanted: Filter) -> Iterator[Entry]:
        value = self.fleet.value
        for entry in walk:
            if isinstance(entry, int):
                values = (value(entry, each.name) for each in wanted.conditions)
            else:
                values = (entry.get(each.name, DEFAULTS[each.name]) for each in wanted.conditions)
            if all(each.holds(found) for each, found in zip(wanted.conditions, values, strict=True)):
                yield entry

    def _seek(self, device_id: str) -> JsonObject | None:
        if device_id in self._by_id:
            return self._by_id[device_id]
        index = self.fleet.find(device_id)
        return None if index is None or index in self._gone else self.fleet.device(index)

    def _exchange(self, old: JsonObject | None, new: JsonObject | None) -> None:
        if old is not None:
            self._forget(old["id"])
        if new is not None:
            self._by_id[new["id"]] = new
            bisect.insort(self._keys, _key(new))
        self.version += 1
        self.follow(old, new)

    def _forget(self, device_id: str) -> None:
        if device_id in self._by_id:
            key = _key(self._by_id.pop(device_id))
            del self._keys[bisect.bisect_left(self._keys, key)]
        elif (index := self.fleet.find(device_id)) is not None:
            self._gone.add(index)


def _key(device: Mapping[str, Any]) -> Key:
    return device["deviceName"], device["id"]
