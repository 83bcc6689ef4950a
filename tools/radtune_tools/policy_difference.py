"""Who would get another outcome under another policy: live sessions one by one, devices by the count."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from radtune.policy import Decision, Policy
from radtune.records import Certificate, Device, Facts, IndexKind, Session
from radtune_tools.stores import Stores
from radtune_tools.verdict import find_and_judge

NAMES = 3
"""Devices of a group that are named."""


@dataclass(frozen=True, slots=True)
class SessionChange:
    """A live session that would get another outcome."""

    session: Session
    before: Decision
    after: Decision


@dataclass(slots=True)
class Group:
    """Devices that would go the same way: how many, and the names of a few."""

    count: int = 0
    names: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """What another policy would change. `groups` are by outcome before, outcome after and the rule after.

    `undecided` sessions have logged in without what one of the policies asks for. `blind` devices are judged without
    Intune's word, for the store is stale.
    """

    live: int = 0
    undecided: int = 0
    sessions: list[SessionChange] = field(default_factory=list)
    devices: int = 0
    blind: int = 0
    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """How many devices would get another outcome."""
        return sum(group.count for group in self.groups.values())


class _OneDevice:
    """A device store of one device, which is at hand: nothing is read for it."""

    def __init__(self, device: Device, synced_at: dict[str, float]) -> None:
        self._device = device
        self._synced_at = synced_at

    def get(self, device_id: str) -> Device | None:
        return self._device if device_id == self._device.id else None

    def find(self, _kind: IndexKind, _value: str) -> tuple[Device, ...]:
        return ()

    def synced_at(self) -> dict[str, float]:
        return self._synced_at


def compare(stores: Stores, before: Policy, after: Policy, now: float) -> Difference:
    """Judge all live sessions and all devices by both policies. Reads one device after the other, and writes nothing.

    A device is judged as an EAP-TLS login with its Intune id in the certificate, and with nothing said of the place.
    """
    found = Difference()
    for session in sorted(stores.sessions.sessions(), key=lambda session: session.key):
        found.live += 1
        one, other = (
            find_and_judge(session.facts, stores.devices, policy, now, stores.known).decision
            for policy in (before, after)
        )
        if one.undecided or other.undecided:
            found.undecided += 1
        elif one.outcome != other.outcome:
            found.sessions.append(SessionChange(session, one, other))
    for device, one, other in _devices(stores, before, after, now):
        found.devices += 1
        found.blind += one.compliance == "stale"
        if one.outcome != other.outcome:
            group = found.groups.setdefault((one.outcome, other.outcome, other.rule), Group())
            group.count += 1
            if len(group.names) < NAMES:
                group.names.append(device.name or device.id)
    return found


def _devices(stores: Stores, before: Policy, after: Policy, now: float) -> Iterator[tuple[Device, Decision, Decision]]:
    synced_at = stores.devices.synced_at()
    for device in stores.devices.devices():
        store = _OneDevice(device, synced_at)
        facts = device_login(device)
        one, other = (
            find_and_judge(replace(facts, asked=policy.asked), store, policy, now).decision
            for policy in (before, after)
        )
        yield device, one, other


def device_login(device: Device) -> Facts:
    """Return the facts of an EAP-TLS login of this device with its Intune id in the certificate, at no known place."""
    return Facts(auth_type="eap-tls", certificate=Certificate(uris=(f"IntuneDeviceId://{device.id}",)))
