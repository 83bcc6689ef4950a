"""A policy evaluated for a client: no other file of the tools finds a device or calls decide(). Opens nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from radtune.dataclass import dataclass
from radtune.identity.matching import Lookup, Match, find_device
from radtune.policy.decide import Decision, Policy, decide
from radtune.policy.grants import reply_pairs
from radtune.policy.quarantines import NO_QUARANTINES, Quarantines
from radtune.policy.trace import Step, trace
from radtune.records.device_and_client import Device, Facts, IndexKind

Recall = Callable[[Facts, frozenset[str]], Match | None]
"""Returns what was last known of a client, for a policy that lets that count if the device store can't be read."""


def recall_nothing(_: Facts, _identifiers: frozenset[str]) -> Match | None:
    """Return None: nothing was known of any client."""
    return None


class MemoryStore:
    """A device store in memory."""

    def __init__(self, devices: Sequence[Device], synced_at: Mapping[str, float]) -> None:
        """Take the devices, and when each tenant was last synced (seconds since the epoch)."""
        self._devices = devices
        self._synced_at = synced_at

    def begin(self) -> Self:
        """Return what finds the devices of one judgement."""
        return self

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id."""
        return next((device for device in self._devices if device.id == device_id), None)

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this value names."""
        if kind == "mac":
            return tuple(device for device in self._devices if value in device.macs)
        return tuple(device for device in self._devices if value and getattr(device, kind).lower() == value)

    def synced_at(self) -> dict[str, float]:
        """Return when each tenant was last synced."""
        return dict(self._synced_at)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The decision of a policy about a client at `now` (seconds since the epoch), and what it comes from."""

    facts: Facts
    match: Match
    policy: Policy
    now: float
    known: Match | None
    quarantines: Quarantines
    decision: Decision

    def steps(self) -> tuple[Step, ...]:
        """Return the rules in the order in which they were tried, each with why it fitted or didn't."""
        return trace(self.facts, self.match, self.policy, self.now, self.known, self.quarantines)

    def reply(self) -> tuple[tuple[str, str], ...]:
        """Return the attributes that the server puts into its answer."""
        return reply_pairs(self.decision.grant, self.facts)


def find(facts: Facts, devices: Lookup, policy: Policy, *, conflicts: bool = False) -> Match:
    """Find the client's device by the kinds of identifiers that the policy takes.

    conflicts: look for another device that the client names, too, even if the policy doesn't ask for that
    """
    return find_device(facts, devices, policy.identify_by, conflicts=conflicts or policy.uses_identity_conflict)


def evaluate(
    facts: Facts,
    match: Match,
    policy: Policy,
    now: float,
    recall: Recall = recall_nothing,
    quarantines: Quarantines = NO_QUARANTINES,
) -> Evaluation:
    """Evaluate the policy for a client with this match, as the server would at `now` (seconds since the epoch)."""
    counts = match.state == "unavailable" and policy.last_known("unavailable") > 0
    known = recall(facts, policy.identify_by) if counts else None
    decision = decide(facts, match, policy, now, known, quarantines)
    return Evaluation(facts, match, policy, now, known, quarantines, decision)


def find_and_evaluate(
    facts: Facts,
    devices: Lookup,
    policy: Policy,
    now: float,
    recall: Recall = recall_nothing,
    quarantines: Quarantines = NO_QUARANTINES,
) -> Evaluation:
    """Find the client's device, and evaluate the policy for the client."""
    return evaluate(facts, find(facts, devices, policy), policy, now, recall, quarantines)
