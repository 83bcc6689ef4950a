"""A person's word about a device, above Intune's: quarantined, until it is released."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from radtune.matching import Match, find_device
from radtune.record_json import plain_record, read_record
from radtune.records import Device, Facts, IndexKind
from radtune.text import utc


@dataclass(frozen=True, slots=True)
class Override:
    """A device that somebody has quarantined: `by` whom, `at` when, `until` when, 0 until it is released, and why.

    `devices` are all records of that hardware at that time, the newest first; there is one at least. Times are seconds
    since the epoch.
    """

    devices: tuple[Device, ...]
    by: str
    at: int
    until: int = 0
    reason: str = ""

    @property
    def device(self) -> Device:
        """The record that the device went by."""
        return self.devices[0]

    def holds(self, now: float) -> bool:
        """Tell whether it still counts."""
        return self.until == 0 or now < self.until

    def __str__(self) -> str:
        until = f"until {utc(self.until)}" if self.until else "until it is released"
        return f"quarantined by {self.by} since {utc(self.at)}, {until}" + (f": {self.reason}" if self.reason else "")

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**plain_record(self), "devices": [plain_record(device) for device in self.devices]}

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """Build it from what JSON gives back; raises ValueError for anything else."""
        named = plain.get("devices") if type(plain) is dict else None
        if type(named) is not list or not named:
            raise ValueError(f"not an override: {plain!r}")
        devices = tuple(read_record(Device, each) for each in named)
        override: Self = read_record(cls, plain, devices=devices)
        return override


class Overrides:
    """The overrides of one moment. Their devices are also what matching can ask, as of a device store."""

    def __init__(self, overrides: Iterable[Override] = ()) -> None:
        self._all = tuple(overrides)
        self._by_name: defaultdict[tuple[str, str], list[tuple[Override, Device]]] = defaultdict(list)
        for override in self._all:
            for device in override.devices:
                for name in _names(device):
                    self._by_name[name].append((override, device))

    def __iter__(self) -> Iterator[Override]:
        return iter(self._all)

    def of_device(self, device: Device) -> list[Override]:
        """Return the overrides of this record or of its hardware: an enrolment anew is no way out."""
        names = (("id", device.id), ("serial", device.serial.lower()), ("entra_id", device.entra_id))
        named = [override for name in names if name[1] for override, _ in self._by_name.get(name, ())]
        return list({id(override): override for override in named}.values())

    def of_client(self, facts: Facts, match: Match, means: frozenset[str], now: float) -> Override | None:
        """Return the override that holds for a client, of any record that it may be.

        Where the device store can't say which that is, because it can't be read or has no such device, the client is
        looked for by `means` among the devices of the overrides, as they were then.
        """
        if not self._all:
            return None
        records = match.candidates or ((match.device,) if match.device else ())
        records = records or find_device(facts, self, means).candidates
        named = (override for record in records for override in self.of_device(record))
        return next((override for override in named if override.holds(now)), None)

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id."""
        return next(iter(self._devices("id", device_id)), None)

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this value names."""
        return self._devices(kind, value)

    def synced_at(self) -> dict[str, float]:
        """Return nothing: how old a person's word is doesn't matter."""
        return {}

    def _devices(self, kind: str, value: str) -> tuple[Device, ...]:
        return tuple(device for _, device in self._by_name.get((kind, value), ()))

    def to_json(self) -> str:
        """Return them as one line of JSON."""
        return json.dumps([override.to_plain() for override in self._all], separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain = json.loads(text)
        if type(plain) is not list:
            raise ValueError(f"not overrides: {text}")
        return cls(map(Override.from_plain, plain))


NO_OVERRIDES = Overrides()
"""Where nobody has said anything of any device."""


def _names(device: Device) -> Iterator[tuple[str, str]]:
    """Yield what the device is found by: the kind, and the value in lower case."""
    named = {"id": device.id, "entra_id": device.entra_id, "serial": device.serial, "name": device.name}
    for kind, value in {**named, "user": device.user}.items():
        if value:
            yield kind, value.lower()
    for mac in dict.fromkeys((*device.macs, device.ethernet_mac)):
        if mac:
            yield "mac", mac
