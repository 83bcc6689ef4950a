"""Labels about the device, and about how it was found.

If the device is unknown (`ClientContext.is_known`), neither these labels nor their `not` hold, except mdm_compliance.
If Intune has no such device, or doesn't say, a label doesn't hold.
"""

from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any

from radtune.policy.labels import (
    ClientContext,
    Condition,
    Kind,
    Test,
    Truth,
    about_client,
    alternatives,
    fitting,
    one_of,
)
from radtune.policy.patterns import compared, duration, version
from radtune.records.device_and_client import ComplianceState, Device

MIST_WORDS: Mapping[str, ComplianceState] = {"Compliant": "compliant", "Non Compliant": "noncompliant"}
"""The two states that Juniper Mist's labels know, as they write them."""


def compliance_states(value: Any) -> frozenset[ComplianceState]:
    """Return the states of an `mdm_compliance` label."""
    return frozenset(MIST_WORDS.get(state, state) for state in alternatives(value))


def _compliance(words: list[str]) -> Callable[[str], bool]:
    return compliance_states(words).__contains__


def _about_device(
    what: str, read: Callable[[Device, float], str], fits: Callable[[Device, float], bool], verb: str = "is"
) -> Condition:
    """Return the condition that `fits` answers for a known device at a time; `read` says what the device has there."""

    def holds(client: ClientContext) -> Truth:
        if not client.is_known:
            return None
        return client.device is not None and fits(client.device, client.now)

    def seen(client: ClientContext) -> str:
        if not client.is_known:
            return f"{what} is unknown: the device is {client.compliance}"
        if client.device is None:
            return f"{what}: there is no device"
        text = read(client.device, client.now)
        return f"{what} {verb} {text}" if text else f"{what} is not known"

    return holds, seen


def _text(what: str, read: Callable[[Device], str], test: Test = fitting) -> Kind:
    """Return a kind of label that tests a text of the device."""

    def compile_label(value: Any) -> Condition:
        fits = test(alternatives(value))
        return _about_device(what, lambda device, _: read(device), lambda device, _: fits(read(device)))

    return compile_label


def _word(words: list[str]) -> Callable[[str], bool]:
    """Return the test for one of these words; without a word of Intune's it is `unknown`."""
    known = frozenset(words)
    return lambda word: (word or "unknown") in known


def _truth(values: list[bool]) -> Callable[[str], bool]:
    return one_of(["yes" if value else "no" for value in values])


def _serial(serials: list[str]) -> Callable[[str], bool]:
    known = frozenset(serial.lower() for serial in serials)
    return lambda serial: serial.lower() in known


def _os_version(texts: list[str]) -> Callable[[str], bool]:
    fits = compared(texts, version)
    return lambda text: (found := version(text)) is not None and fits(found)


def _age(what: str, read: Callable[[Device], int], *, never: bool) -> Kind:
    """Return a kind of label that compares how long ago something was; `never`: what never was is older than all."""

    def compile_label(value: Any) -> Condition:
        in_range = compared(alternatives(value), duration)

        def fits(device: Device, now: float) -> bool:
            at = read(device)
            return (never or at != 0) and in_range(max(0.0, now - at) if at else float("inf"))

        def days(device: Device, now: float) -> str:
            at = read(device)
            return f"{max(0.0, now - at) / 86400:.1f} days ago" if at else ""

        return _about_device(what, days, fits, verb="was")

    return compile_label


def _matched_by(value: Any) -> Condition:
    kinds: Collection[str] = frozenset(alternatives(value))

    def seen(client: ClientContext) -> str:
        if not client.is_known:
            return f"how the device was found is unknown: it is {client.compliance}"
        return f"the device was found by its {client.match.by}" if client.match.by else "no device was found"

    return lambda client: client.match.by in kinds if client.is_known else None, seen


def _conflict(value: Any) -> Condition:
    def holds(client: ClientContext) -> Truth:
        if client.compliance in ("stale", "unavailable") or client.match.recalled:
            return None
        return bool(client.match.conflict) is value

    def seen(client: ClientContext) -> str:
        if holds(client) is None:
            return "it is unknown whether certificate and MAC name two devices"
        return client.match.conflict or "certificate and MAC don't name two devices"

    return holds, seen


KINDS: dict[str, Kind] = {
    "mdm_compliance": about_client("the device", attrgetter("compliance"), _compliance),
    "os": _text("the operating system", lambda device: device.os),
    "os_version": _text("the version", lambda device: device.os_version, _os_version),
    "ownership": _text("the ownership", lambda device: device.ownership, _word),
    "category": _text("the category", lambda device: device.category),
    "encrypted": _text("encryption", lambda device: device.encrypted, _truth),
    "account_enabled": _text("the account in Entra", lambda device: device.account_enabled, _truth),
    "jail_broken": _text("the jailbreak", lambda device: device.jail_broken, _truth),
    "threat_state": _text("the threat state", lambda device: device.threat_state, _word),
    "management_state": _text("the management state", lambda device: device.management_state, _word),
    "last_check_in": _age("the last check-in", lambda device: device.last_check_in, never=True),
    "enrolled": _age("the enrolment", lambda device: device.enrolled_at, never=False),
    "user": _text("the user", lambda device: device.user),
    "device_name": _text("the name", lambda device: device.name),
    "tenant": _text("the tenant", lambda device: device.tenant),
    "serial": _text("the serial number", lambda device: device.serial, _serial),
    "matched_by": _matched_by,
    "identity_conflict": _conflict,
}
"""The kinds of label about the device."""
