"""Who would get another outcome under another policy: live sessions one by one, devices by the count."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from radtune.identity.matching import ALL_MEANS, MEANS, find_device
from radtune.policy.decide import Decision, Policy
from radtune.records.device_and_client import Certificate, Device, Facts, Session
from radtune_tools.policy.memory_store import MemoryStore
from radtune_tools.policy.verdict import find_and_judge
from radtune_tools.stores import Stores

NAMES = 3
"""Devices of a group that are named."""
_FAR_OFF = 4102444800
"""When an imagined certificate ends, in seconds since the epoch: 2100, so that none is about to."""


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

    `undecided` sessions have logged in without what one of the policies asks for. `means` are those of ALL_MEANS by
    which a device's login can be imagined, for both policies take them; `only_one` are those that one policy takes.
    `judged` counts devices by the means of the login imagined; `unjudged` have nothing to be found by. `blind` ones
    are judged without Intune's word, for the store is stale.
    """

    means: tuple[str, ...]
    only_one: tuple[str, ...] = ()
    live: int = 0
    undecided: int = 0
    sessions: list[SessionChange] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0
    blind: int = 0
    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        """How many devices were judged."""
        return self.judged.total()

    @property
    def changed(self) -> int:
        """How many devices would get another outcome."""
        return sum(group.count for group in self.groups.values())


def compare(stores: Stores, before: Policy, after: Policy, now: float) -> Difference:
    """Judge all live sessions and all devices by both policies. Reads one device after the other, and writes nothing.

    A device is judged as in `device_login`, by the strongest means that both policies take and that it has.
    """
    means = [one for one in ALL_MEANS if one in MEANS & before.identify_by & after.identify_by]
    only_one = [one for one in ALL_MEANS if one in before.identify_by ^ after.identify_by]
    found = Difference(tuple(means), tuple(only_one))
    for session in sorted(stores.sessions.sessions(), key=lambda session: session.key):
        found.live += 1
        one, other = (
            find_and_judge(session.facts, stores.devices, policy, now, stores.known, stores.quarantines()).decision
            for policy in (before, after)
        )
        if one.missing_attribute_rule or other.missing_attribute_rule:
            found.undecided += 1
        elif one.outcome != other.outcome:
            found.sessions.append(SessionChange(session, one, other))
    for device, by, decisions in _devices(stores, (before, after), found.means, now):
        _count(found, device, by, decisions)
    return found


def _count(found: Difference, device: Device, by: str, decisions: Sequence[Decision]) -> None:
    if not by:
        found.unjudged += 1
        return
    one, other = decisions
    found.judged[by] += 1
    found.blind += one.compliance == "stale"
    if one.outcome != other.outcome:
        group = found.groups.setdefault((one.outcome, other.outcome, other.rule), Group())
        group.count += 1
        if len(group.names) < NAMES:
            group.names.append(device.name or device.id)


def _devices(
    stores: Stores, policies: Sequence[Policy], means: Sequence[str], now: float
) -> Iterator[tuple[Device, str, list[Decision]]]:
    """Yield each device, by what it is found, '' where it can't be, and what each policy says of its login."""
    quarantines = stores.quarantines()
    for device in stores.devices.devices():
        logins = ((by, device_login(device, by)) for by in means)
        by, login = next((pair for pair in logins if pair[1] is not None), ("", None))
        if login is None:
            yield device, "", []
            continue
        asking = [
            (replace(login, extra_attributes=policy.extra_attributes), stores.devices, policy) for policy in policies
        ]
        yield device, by, [find_and_judge(*each, now, quarantines=quarantines).decision for each in asking]


def device_login(device: Device, by: str) -> Facts | None:
    """Return the facts of a login, at no known place, that shows of this device what `by` of MEANS asks for.

    That is EAP-TLS with an id, serial number or name in the certificate, or MAC authentication; None where the device
    can't be found so: it has no Entra id, the MAC is randomised, the serial number is a placeholder.
    """
    certificates = {
        "device_id": Certificate(uris=(f"IntuneDeviceId://{device.id}",), expires_at=_FAR_OFF),
        "entra_id": Certificate(uris=(f"IntuneDeviceId://{device.entra_id}",), expires_at=_FAR_OFF),
        "serial": Certificate(subject_serial=device.serial, expires_at=_FAR_OFF),
        "name": Certificate(common_name=device.name, expires_at=_FAR_OFF),
    }
    if by in certificates:
        logins = [Facts(auth_type="eap-tls", certificate=certificates[by])]
    else:
        logins = [Facts(mac=mac, calling_station_id=mac, user_name=mac, auth_type="mab") for mac in device.macs]
    alone = MemoryStore((device,), {})
    return next((facts for facts in logins if find_device(facts, alone, frozenset((by,))).device is not None), None)
