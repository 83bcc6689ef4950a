"""The device of a client, found by its certificate, its verified name or its MAC."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, Protocol

from radtune.dataclass import dataclass, replace
from radtune.errors import StoreError
from radtune.identity.identifiers import (
    certificate_ids,
    certificate_macs,
    certificate_names,
    certificate_serials,
    certificate_users,
    host_names,
    is_hardware,
    real_serial,
    why_nothing,
)
from radtune.identity.re_enrolments import by_check_in, newer_and_worse, same_hardware
from radtune.records.device_and_client import NETBIOS_LENGTH, Certificate, Device, Facts, IndexKind

MANY = 16
"""From so many records on, a name or number is ambiguous; no more are read."""
IDENTIFIERS = ("device_id", "entra_id", "serial", "name", "mac", "user")
"""The kinds of identifiers that find a device, the most trusted first."""
DEFAULT_IDENTIFIERS = frozenset(IDENTIFIERS[:-1])
"""Those that count unless the policy says otherwise: a user's certificate says whose a device is, not which."""
_NAMES: Mapping[IndexKind, tuple[str, Callable[[Certificate], list[str]]]] = {
    "serial": ("the serial number", certificate_serials),
    "name": ("the device", certificate_names),
    "mac": ("the MAC", certificate_macs),
}
"""The kinds of names in a certificate, in words, and what reads them."""
_ID_KINDS = {"device_id": "Intune device id", "entra_id": "Entra device id", "serial": "serial number"}

MatchState = Literal["found", "not_enrolled", "ambiguous", "unavailable"]


class Lookup(Protocol):
    """The device store, as far as matching needs it."""

    def begin(self) -> "Lookup":
        """Return what finds the devices of one judgement."""

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id."""

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this value names."""

    def synced_at(self) -> dict[str, float]:
        """Return when each tenant was last synced (seconds since the epoch), as of the first device looked for."""


@dataclass(slots=True)
class Match:
    """The device of a client, or why there is none.

    how: the sentence that says what was found, or why nothing
    by: the identifier that found the device, one of IDENTIFIERS
    synced_at: when the device's tenant was last synced, without a device the tenant that waits longest; 0 for never
    conflict: the sentence that says which two devices the client names, or ''
    recalled: from an earlier login; the identity conflict was not checked again
    """

    state: MatchState
    how: str
    device: Device | None = None
    by: str = ""
    candidates: tuple[Device, ...] = ()
    synced_at: float = 0.0
    conflict: str = ""
    recalled: bool = False


def find_device(
    facts: Facts, store: Lookup, identify_by: frozenset[str] = DEFAULT_IDENTIFIERS, *, conflicts: bool = False
) -> Match:
    """Find the client's device: Intune id, Entra id, serial number and name in the certificate, then the MAC.

    A certificate that names an id binds: if no record has that id, neither its names nor the MAC may stand in for it,
    for the device may have left Intune while its certificate lives on. A MAC counts only if it isn't locally
    administered. With `conflicts` the MAC is looked up even if the certificate has found the device, to see whether it
    belongs to another. A store that can't be read is the state `unavailable`.
    """
    try:
        store = store.begin()
        match = _find(facts, store, identify_by)
        if conflicts and match.device is not None:
            match.conflict = _conflict(facts, match.device, match.by, store)
        synced = store.synced_at()
    except StoreError as error:
        return Match("unavailable", str(error))
    tenants = {device.tenant for device in match.candidates} or set(synced)
    match.synced_at = min([synced.get(tenant, 0.0) for tenant in tenants], default=0.0)
    return match


def _find(facts: Facts, store: Lookup, identify_by: frozenset[str]) -> Match:
    certificate = facts.certificate
    match = _by_certificate(certificate, store, identify_by) if certificate is not None else None
    if match is None and "name" in identify_by:
        match = _pick("name", f"the computer logged in as {facts.user_name}", _named("name", host_names(facts), store))
    if match is None and "mac" in identify_by and is_hardware(facts.mac):
        match = _pick("mac", f"the MAC is {facts.mac}", store.find("mac", facts.mac))
    if match is None and "user" in identify_by and certificate is not None:
        users = certificate_users(certificate)
        match = _pick("user", f"the certificate is that of {' or '.join(users)}", _named("user", users, store))
    return match or Match("not_enrolled", why_nothing(facts, identify_by))


def _by_certificate(certificate: Certificate, store: Lookup, identify_by: frozenset[str]) -> Match | None:
    if certificate.unclear:  # an id may be among them, and would bind
        said = "the names in the certificate can't be told apart, or the server leaves some of them out"
        return Match("ambiguous", said)
    ids = certificate_ids(certificate)
    if "common_name" in certificate.unread and (
        not ids or ids != certificate_ids(replace(certificate, common_name="", subject=""))
    ):
        return Match("ambiguous", "the certificate's subject has several CNs, or one that the server shows otherwise")
    if ids:
        return _by_ids(ids, certificate, store, identify_by)
    if not certificate.subject_serial and "serialNumber=" in certificate.subject:  # no name may stand in for it
        return Match("ambiguous", "the serial number in the certificate's subject can't be told apart from its CN")
    return _by_names(certificate, store, identify_by)


def _by_ids(ids: list[str], certificate: Certificate, store: Lookup, identify_by: frozenset[str]) -> Match:
    """Return the one device that every id in the certificate names, by the most trusted of them."""
    found: list[Device] = []
    named: dict[str, str] = {}
    for device_id in ids:
        by, devices = _of_id(device_id, certificate, store, identify_by)
        if not devices:
            return Match("not_enrolled", _unknown_id(device_id, store, identify_by))
        named[device_id] = by
        found += devices
    by = min(named.values(), key=IDENTIFIERS.index)
    how = f"the certificate names {' and '.join(f'the {_ID_KINDS[kind]} {each}' for each, kind in named.items())}"
    match = _pick(by, how, found) or Match("not_enrolled", how)
    if match.device is not None:
        return _with_other_records(match, match.device, store) if by != "serial" else match
    return replace(match, conflict="the certificate has the ids of two devices") if len(ids) > 1 else match


def _of_id(text: str, certificate: Certificate, store: Lookup, identify_by: frozenset[str]) -> tuple[str, list[Device]]:
    """Return the devices of an id, and the most trusted identifier that it is."""
    if "device_id" in identify_by and (device := store.get(text)):
        return "device_id", [device]
    if "entra_id" in identify_by and (found := store.find("entra_id", text)):
        return "entra_id", [*found]
    is_serial = "serial" in identify_by and text in certificate_serials(certificate)  # some look like ids
    return "serial", [*store.find("serial", text)] if is_serial else []


def _unknown_id(device_id: str, store: Lookup, identify_by: frozenset[str]) -> str:
    said = f"the certificate names the device id {device_id}, which "
    for kind, known in (("device_id", store.get(device_id)), ("entra_id", store.find("entra_id", device_id))):
        if kind not in identify_by and known:
            return f"{said}is an {_ID_KINDS[kind]}, and the policy's identify_by leaves out {kind}"
    return f"{said}Intune doesn't know"


def _with_other_records(match: Match, named: Device, store: Lookup) -> Match:
    """Return the match with the other enrolments of its hardware; the newest check-in counts."""
    same = store.find("entra_id", named.entra_id) if named.entra_id else ()
    match = _pick(match.by, match.how, (*match.candidates, *same)) or match
    if match.device is None:
        return match
    serial = real_serial(match.device.serial)
    same_serial = store.find("serial", serial) if serial else ()
    if len(same_serial) >= MANY:
        return replace(match, state="ambiguous", how=f"{match.how}; {MANY} records have its serial number", device=None)
    other = newer_and_worse(match.device, same_serial)
    if other is None:
        return match
    how = f"{match.how}; a newer check-in of {other.name} ({other.id}) with its serial number counts"
    return replace(match, how=how, device=other, candidates=(*match.candidates, other))


def _by_names(certificate: Certificate, store: Lookup, identify_by: frozenset[str]) -> Match | None:
    shown = {kind: read(certificate) for kind, (_, read) in _NAMES.items() if kind in identify_by}
    found = {kind: devices for kind, texts in shown.items() if (devices := _named(kind, texts, store))}
    if not found:
        return None
    by, *others = found
    how = f"{_NAMES[by][0]} {' or '.join(shown[by])}"
    if others:  # one text may be the serial number of one device and the name of another
        how = " and ".join(dict.fromkeys(text for kind in found for text in shown[kind]))
    return _pick(by, f"the certificate names {how}", [each for devices in found.values() for each in devices])


def _named(kind: IndexKind, values: Iterable[str], store: Lookup) -> list[Device]:
    """Return the devices that these values name, and those whose names are cut to one of them."""
    found: list[Device] = []
    for value in values:
        found += store.find(kind, value)
        found += store.find("netbios_name", value) if kind == "name" and len(value) == NETBIOS_LENGTH else ()
    return found


def still_shows(facts: Facts, match: Match) -> bool:
    """Tell whether these facts show what a device was found by earlier: the same MAC, or its name.

    Ids, serial numbers and users are in the certificate, which tells one client from another anyway.
    """
    device = match.device
    if device is None:
        return False
    certificate = facts.certificate or Certificate()
    if match.by == "mac":
        macs = (facts.mac, *certificate_macs(certificate))
        return not {*device.macs, device.ethernet_mac}.isdisjoint(filter(None, macs))
    if match.by == "name":
        names = (*certificate_names(certificate), *host_names(facts))
        return device.name.lower() in names or device.netbios_name.lower() in names
    return True


def _conflict(facts: Facts, device: Device, by: str, store: Lookup) -> str:
    """Return the sentence if the client's certificate and its MAC belong to different hardware, or ''."""
    if by == "mac" and facts.mac in (*device.macs, device.ethernet_mac):
        users = certificate_users(facts.certificate) if facts.certificate is not None else []
        if users and device.user and device.user.lower() not in users:
            named = " and ".join(users)
            return f"the certificate is that of {named}, and the MAC belongs to {device.user}'s {device.name}"
        return ""
    owners = store.find("mac", facts.mac) if is_hardware(facts.mac) else ()
    if not owners or any(owner.id == device.id or same_hardware((owner, device)) for owner in owners):
        return ""
    names = ", ".join(f"{owner.name} ({owner.id})" for owner in owners[:3])
    return f"the client is {device.name} by its {by}, and its MAC {facts.mac} belongs to {names}"


def _pick(by: str, how: str, found: Iterable[Device]) -> Match | None:
    """Return the one piece of hardware among the records found, with its newest check-in; None if there is none."""
    candidates = tuple({device.id: device for device in found}.values())
    if len(candidates) < 2:
        return Match("found", how, candidates[0], by, candidates) if candidates else None
    if len(candidates) >= MANY or not same_hardware(candidates):
        names = ", ".join(f"{device.name} ({device.id})" for device in candidates[:3])
        more = "" if len(candidates) <= 3 else f" and at least {len(candidates) - 3} more"
        return Match("ambiguous", f"{how}, and that fits different devices: {names}{more}", None, by, candidates)
    newest = by_check_in(candidates)[0]
    how += f"; the newest check-in of {len(candidates)} records of the same hardware counts: {newest.id}"
    return Match("found", how, newest, by, candidates)
