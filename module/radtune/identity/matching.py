"""Which device a client is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from radtune.errors import StoreError
from radtune.identity.hardware import newest, same_hardware, takes_away
from radtune.identity.names import (
    alternative_ids,
    certificate_ids,
    certificate_macs,
    certificate_names,
    certificate_serials,
    certificate_users,
    has_several_names,
    host_names,
    is_hardware,
)
from radtune.identity.serials import real_serial
from radtune.identity.unmatched import why_nothing
from radtune.records.device_and_client import NETBIOS_LENGTH, Certificate, Device, Facts, IndexKind

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
        said = "the names in the certificate can't be told apart, or the server leaves some of them out"
        return Match("ambiguous", said)
    ids = certificate_ids(certificate) if certificate is not None else []
    if certificate is not None and has_several_names(certificate) and (not ids or ids != alternative_ids(certificate)):
        return Match("ambiguous", "the certificate's subject has several CNs, or one that the server shows otherwise")
    if ids:
        return _by_ids(ids, certificate, store, means)
    if certificate is not None and not certificate.subject_serial and "serialNumber=" in certificate.subject:
        # Its names must not stand in for the serial number that it has.
        return Match("ambiguous", "the serial number in the certificate's subject can't be told apart from its CN")
    tries: tuple[tuple[bool, Callable[[], Match | None]], ...] = (
        (certificate is not None, lambda: _by_names(certificate, store, means)),
        ("name" in means, lambda: _by_host_name(facts, store)),
        (
            "mac" in means and is_hardware(facts.mac),
            lambda: _pick("mac", f"the MAC is {facts.mac}", store.find("mac", facts.mac)),
        ),
        ("user" in means and certificate is not None, lambda: _by_user(certificate, store)),
    )
    for usable, find in tries:
        if usable and (match := find()) is not None:
            return match
    return Match("not_enrolled", why_nothing(facts, means))


def _by_ids(ids: list[str], certificate: Certificate | None, store: Lookup, means: frozenset[str]) -> Match:
    """Return the one device that every id in the certificate names, as its Intune id or as its Entra id.

    Some serial numbers look like ids. One that Intune knows as no id may be a serial number.
    """
    found: list[Device] = []
    by = "device_id"
    serials = certificate_serials(certificate) if certificate is not None and "serial" in means else []
    for device_id in ids:
        device = store.get(device_id) if "device_id" in means else None
        named = (device,) if device else store.find("entra_id", device_id) if "entra_id" in means else ()
        by = by if device else "entra_id"
        if not named and device_id in serials:
            named, by = store.find("serial", device_id), "serial"
        if not named:
            return Match("not_enrolled", _unknown_id(device_id, store, means))
        found += named
    kind = {"device_id": "Intune device id", "entra_id": "Entra device id", "serial": "serial number"}[by]
    how = f"the certificate names the {kind} {' and '.join(ids)}"
    match = _pick(by, how, found) or Match("not_enrolled", how)
    if match.device is not None:
        return _with_other_records(match, match.device, store) if by != "serial" else match
    return replace(match, conflict="the certificate has the ids of two devices") if len(ids) > 1 else match


def _unknown_id(device_id: str, store: Lookup, means: frozenset[str]) -> str:
    said = f"the certificate names the device id {device_id}, which "
    if "device_id" not in means and store.get(device_id):
        return f"{said}is an Intune device id, and the policy's identify_by leaves out device_id"
    if "entra_id" not in means and store.find("entra_id", device_id):
        return f"{said}is an Entra device id, and the policy's identify_by leaves out entra_id"
    return f"{said}Intune doesn't know"


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
    macs = certificate_macs(certificate) if "mac" in means else []
    by_serial = [device for serial in serials for device in store.find("serial", serial)]
    by_name = _named(names, store)
    by_mac = [device for mac in macs for device in store.find("mac", mac)]
    # A serial number, a name and a MAC look alike: where one text is the serial number of one device and the name of
    # another, nobody can tell which was meant.
    kinds = [kind for kind, found in (("serial", by_serial), ("name", by_name), ("mac", by_mac)) if found]
    if len(kinds) > 1:
        how = f"the certificate names {' and '.join(dict.fromkeys((*serials, *names)))}"
        return _pick(kinds[0], how, [*by_serial, *by_name, *by_mac])
    return (
        _pick("serial", f"the certificate names the serial number {' or '.join(serials)}", by_serial)
        or _pick("name", f"the certificate names the device {' or '.join(names)}", by_name)
        or _pick("mac", f"the certificate names the MAC {' or '.join(macs)}", by_mac)
    )


def _named(names: Iterable[str], store: Lookup) -> list[Device]:
    """Return the devices of these names, and those whose names are cut to one of them."""
    kinds: tuple[IndexKind, IndexKind] = ("name", "netbios_name")
    asked = [(kind, name) for name in names for kind in kinds[: 1 + (len(name) == NETBIOS_LENGTH)]]
    return [device for kind, name in asked for device in store.find(kind, name)]


def _by_host_name(facts: Facts, store: Lookup) -> Match | None:
    return _pick("name", f"the computer logged in as {facts.user_name}", _named(host_names(facts), store))


def _by_user(certificate: Certificate | None, store: Lookup) -> Match | None:
    users = certificate_users(certificate) if certificate is not None else []
    found = [device for user in users for device in store.find("user", user)]
    return _pick("user", f"the certificate is that of {' or '.join(users)}", found)


def still_shows(facts: Facts, match: Match) -> bool:
    """Tell whether these facts show what a device was found by earlier: the same MAC, or its name.

    Ids, serial numbers and users are in the certificate, which tells one client from another anyway.
    """
    device = match.device
    if device is None:
        return False
    certificate = facts.certificate or Certificate()
    if match.by == "mac":
        shown = (facts.mac, *certificate_macs(certificate))
        return not {*device.macs, device.ethernet_mac}.isdisjoint(filter(None, shown))
    if match.by == "name":
        names = (*certificate_names(certificate), *host_names(facts))
        return device.name.lower() in names or device.netbios_name.lower() in names
    return True


def _conflict(facts: Facts, device: Device, by: str, store: Lookup) -> str:
    """Return the sentence where the client's certificate and its MAC belong to different hardware, or ''."""
    certificate = facts.certificate
    if by == "mac" and facts.mac in (*device.macs, device.ethernet_mac):
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
        return Match("ambiguous", f"{how}, and that fits different devices: {names}{more}", None, by, candidates)
    counts = newest(candidates)
    if len(candidates) > 1:
        how += f"; the newest check-in of {len(candidates)} records of the same hardware counts: {counts.id}"
    return Match("found", how, counts, by, candidates)
