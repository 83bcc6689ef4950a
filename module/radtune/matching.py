"""Which managed device a client is: the order of trust."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from radtune.errors import StoreError
from radtune.facts import is_random_mac
from radtune.records import Certificate, Device, Facts, IndexKind

_GUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
)
MANY = 16
"""Records that one name or number may have before they can't be told apart; no more are read, whatever their number."""
NO_GUID = "00000000-0000-0000-0000-000000000000"
"""What Intune and Entra put where there is no id; it names no device."""


class Lookup(Protocol):
    """What matching asks of the device store."""

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id."""

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this value names."""

    def synced_at(self) -> dict[str, float]:
        """Return when each tenant was last synced, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Match:
    """The answer: `state` is found, not_enrolled, ambiguous or unavailable.

    `by` names the identifier that found the device: device_id, entra_id, serial, name or mac. `how` says it as a
    sentence. `synced_at` is when the device's tenant was last synced, or the tenant that waits longest where no
    device was found; seconds since the epoch, 0 for never.
    """

    state: str
    how: str
    device: Device | None = None
    by: str = ""
    candidates: tuple[Device, ...] = ()
    synced_at: float = 0.0


def find_device(facts: Facts, store: Lookup) -> Match:
    """Find the client's device: Intune id, Entra id, serial number and name in the certificate, then the MAC.

    A certificate that names an id binds: if no record has that id, neither its names nor the MAC may stand in for it,
    for the device may have left Intune while its certificate lives on. A MAC counts only if it isn't locally
    administered. Raises nothing for a store that can't be read: that is the state `unavailable`.
    """
    try:
        synced = store.synced_at()
        match = _find(facts, store)
    except StoreError as error:
        return Match("unavailable", str(error))
    tenants = {device.tenant for device in match.candidates} or set(synced)
    oldest = min((synced.get(tenant, 0.0) for tenant in tenants), default=0.0)
    return Match(match.state, match.how, match.device, match.by, match.candidates, oldest)


def _find(facts: Facts, store: Lookup) -> Match:
    if facts.certificate is None:
        return _by_mac(facts, store)
    match = _by_certificate(facts.certificate, store)
    if match is not None:
        return match
    match = _by_mac(facts, store)
    if match.state == "not_enrolled":
        names = " or ".join(certificate_names(facts.certificate)) or "nothing"
        return Match(match.state, f"the certificate names {names}, which is no device's name or serial; {match.how}")
    return match


def _by_certificate(certificate: Certificate, store: Lookup) -> Match | None:
    if certificate.unclear:
        # An id may be among them, and would bind.
        return Match("not_enrolled", "the URIs in the certificate's SAN can't be told apart from its other names")
    ids = certificate_ids(certificate)
    if ids:
        return _by_ids(ids, store)
    names = certificate_names(certificate)
    by_serial = [device for name in names for device in store.find("serial", name)]
    by_name = [device for name in names for device in store.find("name", name)]
    # A serial number and a name look alike: where one text is the serial of one device and the name of another, nobody
    # can tell which was meant.
    if by_serial and by_name:
        return _pick("serial", f"the certificate names {' and '.join(names)}", [*by_serial, *by_name])
    return _pick("serial", f"the certificate names the serial number {' or '.join(names)}", by_serial) or _pick(
        "name", f"the certificate names the device {' or '.join(names)}", by_name
    )


def _by_ids(ids: list[str], store: Lookup) -> Match:
    """Return the one device that every id in the certificate names, as its Intune id or as its Entra id."""
    found: list[Device] = []
    by = "device_id"
    for device_id in ids:
        device = store.get(device_id)
        named = (device,) if device else store.find("entra_id", device_id)
        if not named:
            return Match("not_enrolled", f"the certificate names the device id {device_id}, which Intune doesn't know")
        by = by if device else "entra_id"
        found += named
    kind = "Intune" if by == "device_id" else "Entra"
    match = _pick(by, f"the certificate names the {kind} device id {' and '.join(ids)}", found)
    return match or Match("not_enrolled", "the certificate names no device")


def _by_mac(facts: Facts, store: Lookup) -> Match:
    if not facts.mac:
        said = facts.calling_station_id
        return Match("not_enrolled", f"Calling-Station-Id {said!r} is no MAC" if said else "there is no MAC to go by")
    if is_random_mac(facts.mac):
        return Match("not_enrolled", f"the MAC {facts.mac} is randomised and names no device")
    match = _pick("mac", f"the MAC is {facts.mac}", store.find("mac", facts.mac))
    return match or Match("not_enrolled", f"Intune knows no device with the MAC {facts.mac}")


def certificate_ids(certificate: Certificate) -> list[str]:
    """Return the device ids (lower-case GUIDs) that the certificate names in SAN URI, SAN DNS or CN, without repeats.

    A GUID counts wherever it stands in a name: what looks like an id binds. Microsoft's
    `tag:microsoft.com,2022-09-14:sid:` holds none, and is passed over.
    """
    names = (*certificate.uris, *certificate.dns, certificate.common_name)
    named = (name for name in names if not name.lower().startswith("tag:"))
    ids = (match[0].lower() for name in named for match in _GUID.finditer(name))
    return [device_id for device_id in dict.fromkeys(ids) if device_id != NO_GUID]


def certificate_names(certificate: Certificate) -> list[str]:
    """Return what may be a device's serial or name, in lower case: CN and SAN DNS, whole and up to the first dot."""
    names: dict[str, None] = {}
    for text in (certificate.common_name, *certificate.dns):
        for name in (text.lower(), text.lower().partition(".")[0]):
            if name:
                names[name] = None
    return list(names)


def _pick(by: str, how: str, found: Iterable[Device | None]) -> Match | None:
    """Return the one piece of hardware among the records found, with its newest check-in; None where there is none."""
    candidates = tuple({device.id: device for device in found if device is not None}.values())
    if not candidates:
        return None
    if len(candidates) >= MANY or not _same_hardware(candidates):
        names = ", ".join(f"{device.name} ({device.id})" for device in candidates[:3])
        more = "" if len(candidates) <= 3 else f" and at least {len(candidates) - 3} more"
        names += more
        return Match("ambiguous", f"{how}, and that fits different devices: {names}", None, by, candidates)
    newest = max(candidates, key=lambda device: (device.last_check_in, device.enrolled_at, device.id))
    if len(candidates) > 1:
        how += f"; newest check-in of {len(candidates)} records of the same hardware"
    return Match("found", how, newest, by, candidates)


def _same_hardware(devices: Sequence[Device]) -> bool:
    """Tell whether all the records are of one piece of hardware: the same serial number or Entra id."""
    if len(devices) == 1:
        return True
    serials = {device.serial.lower() for device in devices}
    entra_ids = {device.entra_id for device in devices}
    return (len(serials) == 1 and "" not in serials) or (len(entra_ids) == 1 and "" not in entra_ids)
