"""Labels about the device, and about how it was found.

Where nobody can tell which device the client is or what is true of it now (`ClientContext.told`), none of them but
mdm_compliance is answered: neither the label nor its `not` holds. Where the client is no device that Intune knows, or
Intune doesn't say, a label doesn't hold.
"""

from collections.abc import Callable, Collection
from typing import Any

from radtune.policy.client_context import ClientContext
from radtune.policy.labels import Answer, Condition
from radtune.policy.patterns import Patterns, comparisons, duration, version
from radtune.records.device_and_client import Device

MIST_WORDS = {"Compliant": "compliant", "Non Compliant": "noncompliant"}
"""How Juniper Mist's labels write the two states that they know."""


def alternatives(value: Any) -> list[Any]:
    """Return the alternatives of a label's value: a list as it is, anything else as the only one."""
    return value if isinstance(value, list) else [value]


def compliance_states(value: Any) -> frozenset[str]:
    """Return the states of an `mdm_compliance` label."""
    return frozenset(MIST_WORDS.get(state, state) for state in alternatives(value))


def _compliance(value: Any) -> Condition:
    states = compliance_states(value)
    return Condition(
        lambda subject: subject.compliance in states, lambda subject: f"the device is {subject.compliance}"
    )


def _about(what: str, read: Callable[[Device], str], fits: Callable[[Device], bool]) -> Condition:
    """Return the condition that `fits` answers for the device; `read` says what it has there."""

    def holds(subject: ClientContext) -> Answer:
        if not subject.told:
            return None
        return subject.device is not None and fits(subject.device)

    def seen(subject: ClientContext) -> str:
        if not subject.told:
            return f"{what} can't be told: the device is {subject.compliance}"
        if subject.device is None:
            return f"{what}: there is no device"
        return f"{what} is {read(subject.device) or 'not known'}"

    return Condition(holds, seen)


def _text(what: str, read: Callable[[Device], str]) -> Callable[[Any], Condition]:
    """Return the kind of label that holds a text of the device against patterns."""

    def compile_label(value: Any) -> Condition:
        patterns = Patterns(alternatives(value))
        return _about(what, read, lambda device: bool(read(device)) and patterns.fit(read(device)))

    return compile_label


def _word(what: str, read: Callable[[Device], str]) -> Callable[[Any], Condition]:
    """Return the kind of label that asks for one of some words; without a word of Intune's it is `unknown`."""

    def compile_label(value: Any) -> Condition:
        words = frozenset(alternatives(value))
        return _about(what, read, lambda device: (read(device) or "unknown") in words)

    return compile_label


def _truth(what: str, read: Callable[[Device], str]) -> Callable[[Any], Condition]:
    """Return the kind of label that is true or false; it holds where Intune says so."""

    def compile_label(value: Any) -> Condition:
        wanted = "yes" if value else "no"
        return _about(what, read, lambda device: read(device) == wanted)

    return compile_label


def _serial(value: Any) -> Condition:
    serials = frozenset(serial.lower() for serial in alternatives(value))
    return _about(
        "the serial number",
        lambda device: device.serial,
        lambda device: bool(device.serial) and device.serial.lower() in serials,
    )


def _os_version(value: Any) -> Condition:
    wanted = []
    for text in alternatives(value):
        demands = []
        for compare, bound in comparisons(text):
            number = version(bound)
            if number is None:
                raise ValueError(f"{bound!r}: expected a version such as 10.0.22631")
            demands.append((compare, number))
        wanted.append(demands)

    def fits(device: Device) -> bool:
        found = version(device.os_version)
        return found is not None and any(all(compare(found, bound) for compare, bound in demands) for demands in wanted)

    return _about("the version", lambda device: device.os_version, fits)


def _age(what: str, read: Callable[[Device], int], *, never: float | None) -> Callable[[Any], Condition]:
    """Return the kind of label that compares how long ago something was; `never` is the age of what never was,
    or None where nothing can be said of that."""

    def compile_label(value: Any) -> Condition:
        wanted = [[(compare, duration(bound)) for compare, bound in comparisons(text)] for text in alternatives(value)]

        def holds(subject: ClientContext) -> Answer:
            if not subject.told:
                return None
            if subject.device is None:
                return False
            at = read(subject.device)
            age = max(0.0, subject.now - at) if at else never
            return age is not None and any(all(compare(age, bound) for compare, bound in demands) for demands in wanted)

        def seen(subject: ClientContext) -> str:
            if not subject.told:
                return f"{what} can't be told: the device is {subject.compliance}"
            if subject.device is None:
                return f"{what}: there is no device"
            at = read(subject.device)
            return f"{what} was {max(0.0, subject.now - at) / 86400:.1f} days ago" if at else f"{what} is not known"

        return Condition(holds, seen)

    return compile_label


def _matched_by(value: Any) -> Condition:
    means: Collection[str] = frozenset(alternatives(value))

    def holds(subject: ClientContext) -> Answer:
        return subject.match.by in means if subject.told else None

    def seen(subject: ClientContext) -> str:
        if not subject.told:
            return f"how the device was found can't be told: it is {subject.compliance}"
        return f"the device was found by its {subject.match.by}" if subject.match.by else "no device was found"

    return Condition(holds, seen)


def _conflict(value: Any) -> Condition:
    def holds(subject: ClientContext) -> Answer:
        if subject.compliance in ("stale", "unavailable") or subject.match.recalled:
            return None
        return bool(subject.match.conflict) is value

    def seen(subject: ClientContext) -> str:
        if holds(subject) is None:
            return "whether certificate and MAC name two devices can't be told"
        return subject.match.conflict or "certificate and MAC name no two devices"

    return Condition(holds, seen)


KINDS: dict[str, Callable[[Any], Condition]] = {
    "mdm_compliance": _compliance,
    "os": _text("the operating system", lambda device: device.os),
    "os_version": _os_version,
    "ownership": _word("the ownership", lambda device: device.ownership),
    "category": _text("the category", lambda device: device.category),
    "encrypted": _truth("encryption", lambda device: device.encrypted),
    "account_enabled": _truth("the account in Entra", lambda device: device.account_enabled),
    "jail_broken": _truth("the jailbreak", lambda device: device.jail_broken),
    "threat_state": _word("the threat state", lambda device: device.threat_state),
    "management_state": _word("the management state", lambda device: device.management_state),
    "last_check_in": _age("the last check-in", lambda device: device.last_check_in, never=float("inf")),
    "enrolled": _age("the enrolment", lambda device: device.enrolled_at, never=None),
    "user": _text("the user", lambda device: device.user),
    "device_name": _text("the name", lambda device: device.name),
    "tenant": _text("the tenant", lambda device: device.tenant),
    "serial": _serial,
    "matched_by": _matched_by,
    "identity_conflict": _conflict,
}
"""Each kind of label about the device, and what makes its condition of a value that the schema lets through.

They raise ValueError for what the schema can't see.
"""
