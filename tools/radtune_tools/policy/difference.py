"""Two policies compared: live sessions one by one, devices by the count."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from radtune.dataclass import dataclass, field
from radtune.identity.matching import DEFAULT_IDENTIFIERS, IDENTIFIERS, find_device
from radtune.policy.decide import Decision, Policy
from radtune.records.device_and_client import Certificate, Device, Facts, Session
from radtune_tools.policy.evaluation import MemoryStore, find_and_evaluate
from radtune_tools.stores import Stores

_NAMED = 3
"""Devices of a group that are named."""
_FAR_OFF = 4102444800
"""The end of an imagined certificate: 2100, in seconds since the epoch, so that none is about to end."""


@dataclass(slots=True)
class Difference:
    """The outcomes that another policy would change.

    identifiers: the kinds that both policies find a device by, the strongest first
    only_one: the kinds that only one of them finds a device by
    live: how many live sessions there are
    missing_attribute: how many of them logged in without an attribute that one of the policies asks for
    sessions: the live sessions that would get another outcome, as rows
    judged: how many devices were judged, by the kind of identifier that the imagined login shows
    unjudged: how many devices have no such identifier
    stale: how many devices were judged without Intune's word, since the store is stale
    changed: how many devices would get another outcome, by outcome before, outcome after, and the rule after
    names: a few of these devices, likewise
    """

    identifiers: tuple[str, ...]
    only_one: tuple[str, ...]
    live: int = 0
    missing_attribute: int = 0
    sessions: list[dict[str, Any]] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0
    stale: int = 0
    changed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    names: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of devices as rows, the largest first."""
        return [
            {"from": group[0], "to": group[1], "rule": group[2], "devices": count, "such_as": sorted(self.names[group])}
            for group, count in sorted(self.changed.items(), key=lambda item: (-item[1], item[0]))
        ]


def compare(stores: Stores, before: Policy, after: Policy, now: float) -> Difference:
    """Evaluate both policies for all live sessions and all devices. Read one device after the other; write nothing.

    A device is judged as in `imagined_device_login`, at no known place.
    """
    both, one = before.identify_by & after.identify_by & DEFAULT_IDENTIFIERS, before.identify_by ^ after.identify_by
    found = Difference(
        tuple(kind for kind in IDENTIFIERS if kind in both), tuple(kind for kind in IDENTIFIERS if kind in one)
    )
    quarantines = stores.quarantines()

    def evaluate(facts: Facts) -> list[Decision]:
        evaluations = (
            find_and_evaluate(facts, stores.devices, policy, now, stores.sessions.recall, quarantines)
            for policy in (before, after)
        )
        return [evaluation.decision for evaluation in evaluations]

    for session in sorted(stores.sessions.sessions(), key=lambda session: session.key):
        found.live += 1
        was, will = evaluate(session.facts)
        if was.missing_attribute_rule or will.missing_attribute_rule:
            found.missing_attribute += 1
        elif was.outcome != will.outcome:
            found.sessions.append(_session_row(session, was, will))
    attributes = tuple(dict.fromkeys((*before.extra_attributes, *after.extra_attributes)))
    for device in stores.devices.devices():
        kind, facts = imagined_device_login(device, found.identifiers, attributes)
        if facts is None:
            found.unjudged += 1
            continue
        found.judged[kind] += 1
        was, will = evaluate(facts)
        found.stale += was.compliance == "stale"
        if was.outcome != will.outcome:
            group = (was.outcome, will.outcome, will.rule)
            found.changed[group] += 1
            names = found.names.setdefault(group, [])
            names += [device.name or device.id] if len(names) < _NAMED else []
    return found


def _session_row(session: Session, before: Decision, after: Decision) -> dict[str, Any]:
    return {
        "session": session.key,
        "device": session.device_name,
        "user": session.facts.user_name,
        "mac": session.facts.mac,
        "nas": session.facts.nas_identifier or session.facts.nas_address,
        "from": before.outcome,
        "to": after.outcome,
        "rule_before": before.rule,
        "rule_after": after.rule,
        "granted": session.granted,
    }


def imagined_device_login(
    device: Device, identifiers: Sequence[str], attributes: tuple[str, ...]
) -> tuple[str, Facts | None]:
    """Return a login that shows the first of these kinds of identifiers that can find the device, and the kind.

    The login is EAP-TLS with an id, serial number or name in the certificate, or MAC authentication. It is None if the
    device has none of them: no Entra id, a serial number that is a placeholder, a randomised MAC.
    attributes: further attributes of the request that a policy may ask for; the login has none of them
    """
    alone = MemoryStore((device,), {})
    for kind in identifiers:
        for facts in _device_logins(device, kind, attributes):
            if find_device(facts, alone, frozenset((kind,))).device is not None:
                return kind, facts
    return "", None


def _device_logins(device: Device, kind: str, attributes: tuple[str, ...]) -> Iterator[Facts]:
    if kind == "mac":
        for mac in device.macs:
            yield Facts(mac=mac, calling_station_id=mac, user_name=mac, auth_type="mab", extra_attributes=attributes)
        return
    certificate = {
        "device_id": Certificate(uris=(f"IntuneDeviceId://{device.id}",), expires_at=_FAR_OFF),
        "entra_id": Certificate(uris=(f"IntuneDeviceId://{device.entra_id}",), expires_at=_FAR_OFF),
        "serial": Certificate(subject_serial=device.serial, expires_at=_FAR_OFF),
        "name": Certificate(common_name=device.name, expires_at=_FAR_OFF),
    }[kind]
    yield Facts(auth_type="eap-tls", certificate=certificate, extra_attributes=attributes)
