"""Which device a client is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from radtune.errors import StoreError
from radtune.facts import is_random_mac
from radtune.hardware import newest, same_hardware, takes_away
from radtune.identity import (
    NO_MACS,
    alternative_ids,
    certificate_ids,
    certificate_names,
    certificate_serials,
    certificate_users,
    has_several_names,
    host_names,
)
from radtune.records import Certificate, Device, Facts, IndexKind
from radtune.serials import real_serial

MANY = 16
"""Records that one name or number may have before they can't be told apart; no more are read, whatever their number."""
ALL_MEANS = ("device_id", "entra_id", "serial", "name", "mac", "user")
"""The means by which a device is found, the most trusted first."""
MEANS = frozenset(ALL_MEANS[:-1])
"""Those that count unless the policy says otherwise: a user's certificate says whose a device is, not which."""


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

    `by` names the identifier that found the device, one of ALL_MEANS. `how` says it as a sentence, and `conflict` is
    one where the client names two devices, or ''. `synced_at` is when the device's tenant was last synced, or the
    tenant that waits longest where no device was found; seconds since the epoch, 0 for never. `recalled` is one of an
    earlier login, of which nobody can say now whether the client names two devices.
    """

    state: str
    how: str
    device: Device | None = None
    by: str = ""
    candidates: tuple[Device, ...] = ()
    synced_at: float = 0.0
    conflict: str = ""
    recalled: bool = False


def find_device(facts: Facts, store: Lookup, means: frozenset[str] = MEANS, *, conflicts: bool = False) -> Match:
    """Find the client's device: Intune id, Entra id, serial number and name in the certificate, then the MAC.

    `means` are those that may find it. A certificate that names an id binds: if no record has that id, neither its
    names nor the MAC may stand in for it, for the device may have left Intune while its certificate lives on. A MAC
    counts only if it isn't locally administered. With `conflicts` the MAC is looked up even where the certificate has
    found the device, to see whether it belongs to another. Raises nothing for a store that can't be read: that is the
    state `unavailable`.
    """
    try:
        synced = store.synced_at()
        match = _find(facts, store, means)
        if conflicts and not match.conflict and match.device is not None:
            match = replace(match, conflict=_conflict(facts, match.device, match.by, store))
    except StoreError as error:
        return Match("unavailable", str(error))
    tenants = {device.tenant for device in match.candidates} or set(synced)
    return replace(match, synced_at=min((synced.get(tenant, 0.0) for tenant in tenants), default=0.0))


def _find(facts: Facts, store: Lookup, means: frozenset[str]) -> Match:
    certificate = facts.certificate
    if certificate is not None and certificate.unclear:
        # An id may be among them, and would bind.
        said = "the names in the certificate's SAN can't be told apart, or the server leaves some of them out"
        return Match("ambiguous", said)
    ids = certificate_ids(certificate) if certificate is not None else []
    if certificate is not None and has_several_names(certificate) and (not ids or ids != alternative_ids(certificate)):
        return Match("ambiguous", "the certificate's subject has several CNs, or one that the server shows otherwise")
    if ids:
        return _by_ids(ids, store, means)
    if certificate is not None and not certificate.subject_serial and "serialNumber=" in certificate.subject:
        # Its names must not stand in for the serial number that it has.
        return Match("ambiguous", "the serial number in the certificate's subject can't be told apart from its CN")
    tries: tuple[tuple[bool, Callable[[], Match | None]], ...] = (
        (certificate is not None, lambda: _by_names(certificate, store, means)),
        ("name" in means, lambda: _by_host_name(facts, store)),
        ("mac" in means and is_hardware(facts.mac), lambda: _by_mac(facts, store)),
        ("user" in means and certificate is not None, lambda: _by_user(certificate, store)),
    )
    for usable, find in tries:
        if usable and (match := find()) is not None:
            return match
    return Match("not_enrolled", _nothing(facts, means))


def _by_ids(ids: list[str], store: Lookup, means: frozenset[str]) -> Match:
    """Return the one device that every id in the certificate names, as its Intune id or as its Entra id."""
    found: list[Device] = []
    by = "device_id"
    for device_id in ids:
        device = store.get(device_id) if "device_id" in means else None
        named = (device,) if device else store.find("entra_id", device_id) if "entra_id" in means else ()
        if not named:
            return Match("not_enrolled", f"the certificate names the device id {device_id}, which Intune doesn't know")
        by = by if device else "entra_id"
        found += named
    kind = "Intune" if by == "device_id" else "Entra"
    how = f"the certificate names the {kind} device id {' and '.join(ids)}"
    match = _pick(by, how, found) or Match("not_enrolled", "the certificate names no device")
    if match.device is not None:
        return _with_other_records(match, match.device, store)
    return replace(match, conflict="the certificate has the ids of two devices") if len(ids) > 1 else match


def _with_other_records(match: Match, named: Device, store: Lookup) -> Match:
    """Return the match with the other enrolments of its hardware, of which the newest check-in counts."""
    same = store.find("entra_id", named.entra_id) if named.entra_id else ()
    match = _pick(match.by, match.how, (*match.candidates, *same)) or match
    if match.device is None:
        return match
    serial = real_serial(match.device.serial)
    alike = store.find("serial", serial) if serial else ()
    if len(alike) >= MANY:
        return replace(match, state="ambiguous", how=f"{match.how}; {MANY} records have its serial number", device=None)
    other = takes_away(match.device, alike)
    if other is None:
        return match
    how = f"{match.how}; a newer check-in of {other.name} ({other.id}) with its serial number counts"
    return replace(match, how=how, device=other, candidates=(*match.candidates, other))


def _by_names(certificate: Certificate | None, store: Lookup, means: frozenset[str]) -> Match | None:
    if certificate is None:
        return None
    serials = certificate_serials(certificate) if "serial" in means else []
    names = certificate_names(certificate) if "name" in means else []
    by_serial = [device for serial in serials for device in store.find("serial", serial)]
    by_name = [device for name in names for device in store.find("name", name)]
    # A serial number and a name look alike: where one text is the serial of one device and the name of another, nobody
    # can tell which was meant.
    if by_serial and by_name:
        both = dict.fromkeys((*serials, *names))
        return _pick("serial", f"the certificate names {' and '.join(both)}", [*by_serial, *by_name])
    return _pick("serial", f"the certificate names the serial number {' or '.join(serials)}", by_serial) or _pick(
        "name", f"the certificate names the device {' or '.join(names)}", by_name
    )


def _by_host_name(facts: Facts, store: Lookup) -> Match | None:
    found = [device for name in host_names(facts) for device in store.find("name", name)]
    return _pick("name", f"the computer logged in as {facts.user_name}", found)


def _by_mac(facts: Facts, store: Lookup) -> Match | None:
    return _pick("mac", f"the MAC is {facts.mac}", store.find("mac", facts.mac))


def _by_user(certificate: Certificate | None, store: Lookup) -> Match | None:
    users = certificate_users(certificate) if certificate is not None else []
    found = [device for user in users for device in store.find("user", user)]
    return _pick("user", f"the certificate is that of {' or '.join(users)}", found)


def is_hardware(mac: str) -> bool:
    """Tell whether the MAC can be that of a device's hardware, as Intune has it."""
    return mac not in NO_MACS and not is_random_mac(mac)


def _nothing(facts: Facts, means: frozenset[str]) -> str:
    """Return the sentence for a client that is no device that Intune knows."""
    said, mac = facts.calling_station_id, facts.mac
    if "mac" not in means:
        by_mac = "the policy takes no MAC as identity"
    elif not mac:
        by_mac = f"Calling-Station-Id {said!r} is no MAC" if said else "there is no MAC to go by"
    elif is_random_mac(mac):
        by_mac = f"the MAC {mac} is randomised and names no device"
    elif mac in NO_MACS:
        by_mac = f"the MAC {mac} is a placeholder and names no device"
    else:
        by_mac = f"Intune knows no device with the MAC {mac}"
    if facts.certificate is None:
        return by_mac
    serials, names = certificate_serials(facts.certificate), certificate_names(facts.certificate)
    named = " or ".join(dict.fromkeys((*serials, *names))) or "nothing"
    return f"the certificate names {named}, which is no device's name or serial; {by_mac}"


def still_shows(facts: Facts, match: Match) -> bool:
    """Tell whether these facts show what a device was found by earlier: the same MAC, or its name.

    Ids, serial numbers and users are in the certificate, which tells one client from another anyway.
    """
    device = match.device
    if device is None:
        return False
    if match.by == "mac":
        return facts.mac in (*device.macs, device.ethernet_mac)
    if match.by == "name":
        certificate = facts.certificate
        names = certificate_names(certificate) if certificate is not None else []
        return device.name.lower() in (*names, *host_names(facts))
    return True


def _conflict(facts: Facts, device: Device, by: str, store: Lookup) -> str:
    """Return the sentence where the client's certificate and its MAC belong to different hardware, or ''."""
    certificate = facts.certificate
    if by == "mac":
        users = certificate_users(certificate) if certificate is not None else []
        if users and device.user and device.user.lower() not in users:
            named = " and ".join(users)
            return f"the certificate is that of {named}, and the MAC belongs to {device.user}'s {device.name}"
        return ""
    owners = store.find("mac", facts.mac) if is_hardware(facts.mac) else ()
    if not owners or any(owner.id == device.id or same_hardware((owner, device)) for owner in owners):
        return ""
    names = ", ".join(f"{owner.name} ({owner.id})" for owner in owners[:3])
    return f"the client is {device.name} by its {by}, and its MAC {facts.mac} belongs to {names}"


def _pick(by: str, how: str, found: Iterable[Device | None]) -> Match | None:
    """Return the one piece of hardware among the records found, with its newest check-in; None where there is none."""
    candidates = tuple({device.id: device for device in found if device is not None}.values())
    if not candidates:
        return None
    if len(candidates) >= MANY or not same_hardware(candidates):
        names = ", ".join(f"{device.name} ({device.id})" for device in candidates[:3])
        more = "" if len(candidates) <= 3 else f" and at least {len(candidates) - 3} more"
        names += more
        return Match("ambiguous", f"{how}, and that fits different devices: {names}", None, by, candidates)
    counts = newest(candidates)
    if len(candidates) > 1:
        how += f"; the newest check-in of {len(candidates)} records of the same hardware counts: {counts.id}"
    return Match("found", how, counts, by, candidates)
