"""A person's word about a device, above Intune's: quarantined, until it is released."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from radtune.identity.matching import Match
from radtune.identity.names import (
    certificate_ids,
    certificate_macs,
    certificate_names,
    certificate_serials,
    certificate_users,
    host_names,
    is_hardware,
)
from radtune.records.device_and_client import Certificate, Device, Facts
from radtune.records.record_json import plain_record, read_record
from radtune.text import utc


@dataclass(frozen=True, slots=True)
class Quarantine:
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
            raise ValueError(f"not an quarantine: {plain!r}")
        devices = tuple(read_record(Device, each) for each in named)
        quarantine: Self = read_record(cls, plain, devices=devices)
        return quarantine


class Quarantines:
    """The quarantines of one moment, found by what names their devices."""

    def __init__(self, quarantines: Iterable[Quarantine] = ()) -> None:
        self._all = tuple(quarantines)
        self._by_name: defaultdict[tuple[str, str], list[Quarantine]] = defaultdict(list)
        for quarantine in self._all:
            for device in quarantine.devices:
                for name in _names(device):
                    self._by_name[name].append(quarantine)

    def __iter__(self) -> Iterator[Quarantine]:
        return iter(self._all)

    def of_device(self, device: Device) -> list[Quarantine]:
        """Return the quarantines of this record or of its hardware: an enrolment anew is no way out."""
        return self._named((("id", device.id), ("serial", device.serial.lower()), ("entra_id", device.entra_id)))

    def of_client(self, facts: Facts, match: Match, means: frozenset[str], now: float) -> Quarantine | None:
        """Return the quarantine that holds for a client, of any record that it may be.

        Where the device store names no one device, because it can't be read, has none or several, that is also each
        device of an quarantine, as it was then, of which the client shows anything by `means`. That an id in a
        certificate binds keeps others from being let in by the rest of it; it lets nobody out of a quarantine.
        """
        if not self._all:
            return None
        records = match.candidates or ((match.device,) if match.device else ())
        named = [quarantine for record in records for quarantine in self.of_device(record)]
        if match.device is None:
            named += self._named(_shown(facts, means))
        return next((quarantine for quarantine in named if quarantine.holds(now)), None)

    def _named(self, names: Iterable[tuple[str, str]]) -> list[Quarantine]:
        """Return the quarantines of the devices that these name, each once."""
        named = (quarantine for name in names if name[1] for quarantine in self._by_name.get(name, ()))
        return list({id(quarantine): quarantine for quarantine in named}.values())

    def to_json(self) -> str:
        """Return them as one line of JSON."""
        return json.dumps([quarantine.to_plain() for quarantine in self._all], separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain = json.loads(text)
        if type(plain) is not list:
            raise ValueError(f"not quarantines: {text}")
        return cls(map(Quarantine.from_plain, plain))


NO_QUARANTINES = Quarantines()
"""Where nobody has said anything of any device."""


def _names(device: Device) -> Iterator[tuple[str, str]]:
    """Yield what the device is found by: the kind, and the value in lower case."""
    named = {"id": device.id, "entra_id": device.entra_id, "serial": device.serial, "name": device.name}
    for kind, value in {**named, "user": device.user}.items():
        if value:
            yield kind, value.lower()
    if device.netbios_name:
        yield "name", device.netbios_name.lower()
    for mac in dict.fromkeys((*device.macs, device.ethernet_mac)):
        if mac:
            yield "mac", mac


def _shown(facts: Facts, means: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield all that a client shows by these means of which device it is, as `_names` has it."""
    certificate = facts.certificate or Certificate()
    ids = certificate_ids(certificate)
    shown = (
        ("device_id", "id", ids),
        ("entra_id", "entra_id", ids),
        ("serial", "serial", certificate_serials(certificate)),
        ("name", "name", [*certificate_names(certificate), *host_names(facts)]),
        ("mac", "mac", [*certificate_macs(certificate), *([facts.mac] if is_hardware(facts.mac) else [])]),
        ("user", "user", certificate_users(certificate)),
    )
    for mean, kind, values in shown:
        if mean in means:
            yield from ((kind, value) for value in values)
