"""What a policy says of a client: the one room of the tools that finds the device and judges. Opens nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from radtune.identity.matching import Lookup, Match, find_device
from radtune.policy.decide import Decision, Policy, Step, decide, trace
from radtune.policy.grants import reply_pairs
from radtune.policy.quarantines import NO_QUARANTINES, Quarantines
from radtune.records.device_and_client import Facts

Known = Callable[[Facts, frozenset[str]], Match | None]
"""Tells what was last known of a client, for a policy that lets that count where the device store can't be read."""


def nothing_known(_: Facts, _means: frozenset[str]) -> Match | None:
    """Know nothing of any client."""
    return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of a client at one moment, and what that was said by."""

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
        """Return what the server puts into its answer."""
        return reply_pairs(self.decision.grant, self.facts)


def find(facts: Facts, devices: Lookup, policy: Policy, *, conflicts: bool = False) -> Match:
    """Find the client's device by the means that the policy takes.

    With `conflicts`, another device that the client names, too, is looked for even where the policy doesn't ask.
    """
    return find_device(facts, devices, policy.identify_by, conflicts=conflicts or policy.uses_identity_conflict)


def judge(
    facts: Facts,
    match: Match,
    policy: Policy,
    now: float,
    known: Known = nothing_known,
    quarantines: Quarantines = NO_QUARANTINES,
) -> Verdict:
    """Judge a client whose device was looked for, as the server would at `now` (seconds since the epoch)."""
    asked = match.state == "unavailable" and policy.last_known("unavailable") > 0
    last = known(facts, policy.identify_by) if asked else None
    decision = decide(facts, match, policy, now, last, quarantines)
    return Verdict(facts, match, policy, now, last, quarantines, decision)


def find_and_judge(
    facts: Facts,
    devices: Lookup,
    policy: Policy,
    now: float,
    known: Known = nothing_known,
    quarantines: Quarantines = NO_QUARANTINES,
) -> Verdict:
    """Find the client's device and judge."""
    return judge(facts, find(facts, devices, policy), policy, now, known, quarantines)
