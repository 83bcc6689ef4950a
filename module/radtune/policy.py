"""The policy and its judge."""

import hashlib
from dataclasses import dataclass

from radtune.matching import Match
from radtune.records import COMPLIANCE_STATES, OWN_STATES, Facts

ALL_STATES = frozenset(COMPLIANCE_STATES + OWN_STATES)
CLOCK_TOLERANCE = 300.0
"""Seconds that a sync may lie in the future before the clock can't be believed and the store counts as stale."""


@dataclass(frozen=True, slots=True)
class Label:
    """A named condition: it holds for a client in any of these compliance states."""

    name: str
    states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Term:
    """A label in a rule's match; `negated` where it must not hold."""

    label: Label
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a rule gives: access or none, and the VLAN (1 to 4094 as digits, or a name; '' leaves it to the port)."""

    allow: bool
    vlan: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One auth policy rule: `grant` is given where every term holds."""

    name: str
    match: tuple[Term, ...]
    grant: Grant


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in order, what happens where none fits, and for how long the store is believed (seconds)."""

    rules: tuple[Rule, ...]
    default: Grant = Grant(allow=False)
    stale_after: float = 86400.0

    def fingerprint(self) -> str:
        """Return a word that is the same for policies that judge alike, and for others another."""
        rules = [
            (rule.name, [(sorted(term.label.states), term.negated) for term in rule.match], rule.grant)
            for rule in self.rules
        ]
        return hashlib.sha256(repr((rules, self.default, self.stale_after)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was tried, and why it fitted or didn't."""

    rule: str
    matched: bool
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the client gets, and why. `compliance` is one of `ALL_STATES`; `rule` is 'default' where no rule fitted."""

    grant: Grant
    rule: str
    compliance: str
    reason: str
    match: Match
    steps: tuple[Step, ...]

    @property
    def outcome(self) -> str:
        """Return what the NAS is told, as a word to compare: `deny`, `allow` or `vlan NAME`."""
        if not self.grant.allow:
            return "deny"
        return f"vlan {self.grant.vlan}" if self.grant.vlan else "allow"


def decide(facts: Facts, match: Match, policy: Policy, now: float) -> Decision:
    """Judge a client: the only place where it is decided what anyone gets. Pure and total.

    `match` is what `find_device` said of these facts; `now` is in seconds since the epoch.
    """
    compliance, reason = _compliance(match, policy, now)
    steps: list[Step] = []
    for rule in policy.rules:
        failed = next((term for term in rule.match if (compliance in term.label.states) == term.negated), None)
        if failed is None:
            steps.append(Step(rule.name, matched=True, why=f"the device is {compliance}"))
            return Decision(rule.grant, rule.name, compliance, reason, match, tuple(steps))
        word = "not " if failed.negated else ""
        steps.append(Step(rule.name, matched=False, why=f"{word}{failed.label.name}: the device is {compliance}"))
    steps.append(Step("default", matched=True, why="no rule fitted"))
    return Decision(policy.default, "default", compliance, reason, match, tuple(steps))


def _compliance(match: Match, policy: Policy, now: float) -> tuple[str, str]:
    """Return the compliance state that counts, and the sentence that says where it comes from."""
    if match.state == "unavailable":
        return "unavailable", f"the device store can't be read: {match.how}"
    age = now - match.synced_at
    if age > policy.stale_after or age < -CLOCK_TOLERANCE:
        said = f"last synced {age / 3600:.1f} hours ago" if match.synced_at else "never synced"
        return (
            "stale",
            f"{match.how}; but the store is stale: {said}, trusted for {policy.stale_after / 3600:.1f} hours",
        )
    if match.state != "found" or match.device is None:
        return match.state, match.how
    device = match.device
    return device.compliance, f"{match.how}: {device.name} is {device.compliance}"
