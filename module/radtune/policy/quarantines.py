"""Devices that a person has quarantined, whatever Intune says of them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Self

from radtune.dataclass import dataclass
from radtune.identity.identifiers import shown_identifiers
from radtune.identity.matching import Match
from radtune.records.device_and_client import Device, Facts
from radtune.records.json_record import Record, encode
from radtune.text import utc


@dataclass(frozen=True, slots=True)
class Quarantine(Record):
    """A device that a person has quarantined.

    devices: all records of that hardware at that time, the newest first; at least one
    by: the person
    at, until: seconds since the epoch; `until` is 0 if it lasts until it is released
    """

    devices: tuple[Device, ...]
    by: str
    at: int
    until: int = 0
    reason: str = ""

    @property
    def device(self) -> Device:
        """The newest record of the device."""
        return self.devices[0]

    def holds(self, now: float) -> bool:
        """Tell whether it is in force."""
        return self.until == 0 or now < self.until

    def __str__(self) -> str:
        until = f"until {utc(self.until)}" if self.until else "until it is released"
        return f"quarantined by {self.by} since {utc(self.at)}, {until}" + (f": {self.reason}" if self.reason else "")


class Quarantines:
    """The quarantines of one moment, found by what names their devices."""

    def __init__(self, quarantines: Iterable[Quarantine] = ()) -> None:
        self._all = tuple(quarantines)
        self._by_name: defaultdict[tuple[str, str], list[Quarantine]] = defaultdict(list)
        for quarantine in self._all:
            for name in (name for device in quarantine.devices for name in _names(device)):
                self._by_name[name].append(quarantine)

    def __iter__(self) -> Iterator[Quarantine]:
        return iter(self._all)

    def of_device(self, device: Device) -> list[Quarantine]:
        """Return the quarantines of this record or of its hardware: a new enrolment ends none."""
        return self._named((("device_id", device.id), ("serial", device.serial.lower()), ("entra_id", device.entra_id)))

    def of_client(self, facts: Facts, match: Match, identify_by: frozenset[str], now: float) -> Quarantine | None:
        """Return the quarantine that holds for a client, of any record that it may be.

        If no single device was found, a quarantined device counts if the client names it by one of these identifier
        kinds, as the device was when it was quarantined. In matching an id in the certificate overrules its other
        names. Here it doesn't: that keeps others out, and must let nobody out of a quarantine.
        """
        if not self._all:
            return None
        records = match.candidates or ((match.device,) if match.device else ())
        found = [quarantine for record in records for quarantine in self.of_device(record)]
        if match.device is None:
            found += self._named(_named_by(facts, identify_by))
        return next((quarantine for quarantine in found if quarantine.holds(now)), None)

    def _named(self, names: Iterable[tuple[str, str]]) -> list[Quarantine]:
        """Return the quarantines of the devices that these name, each once."""
        named = (quarantine for name in names if name[1] for quarantine in self._by_name.get(name, ()))
        return list({id(quarantine): quarantine for quarantine in named}.values())

    def to_json(self) -> str:
        """Return them as one line of JSON."""
        return encode(self._all)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain = json.loads(text)
        if type(plain) is not list:
            raise ValueError(f"not quarantines: {text}")
        quarantines = [Quarantine.from_plain(each) for each in plain]
        if not all(quarantine.devices for quarantine in quarantines):
            raise ValueError(f"a quarantine without a device: {text}")
        return cls(quarantines)


NO_QUARANTINES = Quarantines()


def _names(device: Device) -> list[tuple[str, str]]:
    """Return the names of the device: kind, and value in lower case."""
    names = [
        *(("device_id", device.id), ("entra_id", device.entra_id), ("serial", device.serial), ("user", device.user)),
        *(("name", device.name), ("name", device.netbios_name)),
        *(("mac", mac) for mac in dict.fromkeys((*device.macs, device.ethernet_mac))),
    ]
    return [(kind, value.lower()) for kind, value in names if value]


def _named_by(facts: Facts, identify_by: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the names of devices that a client shows by these identifier kinds, as `_names` has them."""
    for kind, values in shown_identifiers(facts).items():
        if kind in identify_by:
            yield from ((kind, value) for value in values)
