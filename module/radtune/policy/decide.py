"""The policy and decide(), which alone says what a client gets."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Literal

from radtune.dataclass import dataclass, field
from radtune.identity.compliance import compliance_of
from radtune.identity.matching import Match
from radtune.policy.grants import DENY, Authorization, Authorized, authorize
from radtune.policy.labels import ClientContext, Term, Truth
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.quarantines import NO_QUARANTINES, Quarantines
from radtune.records.device_and_client import ComplianceState, Facts


@dataclass(frozen=True, slots=True)
class Rule:
    """One auth policy rule: `grant` is given if every term holds."""

    name: str
    match: tuple[Term, ...]
    grant: Authorization


@dataclass(frozen=True, slots=True)
class OnFailure:
    """The outcome in a state of failure if no rule fits.

    grant: None for the policy's default
    last_known: seconds for which Intune's last word about a device is believed all the same
    """

    grant: Authorization | None = None
    last_known: float = 0.0


Fitting = tuple[str, Authorization, str, str]
"""The rule that decides, or a default: name, grant, `Decision.missing_attribute_rule`, an addition to the reason."""
REMEMBERED = 10_000
"""Clients that differ in what the rules ask, for which a policy remembers what decides."""
INPUTS_OF = {
    "auth_type": "facts.auth_type",
    "inner_type": "facts.inner_type",
    "ssid": "facts.ssid",
    "port_type": "facts.nas_port_type",
    "site": "nas.site",
    "nas_group": "nas.groups",
    "vendor": "nas.vendor",
    "mdm_compliance": "compliance",
    "matched_by": "match.by",
}
"""For kinds of label that many clients have alike: what their answer depends on, beside the compliance state."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in order, and what happens if none fits.

    stale_after: seconds for which the device store is believed after a sync
    identify_by: the identifier kinds that may find a device
    on_failure: by state, `stale` or `unavailable`
    extra_attributes: the request's attributes that labels ask for
    uses_identity_conflict: a rule has a label of that kind
    files: the files that were read for it, each with its signature
    fingerprint: the same for policies that decide alike
    rule_inputs: returns all that the rules ask of a client; None if that is hardly the same for two clients
    remembered: what decides, by these inputs
    """

    rules: tuple[Rule, ...]
    default: Authorization
    stale_after: float
    identify_by: frozenset[str]
    on_failure: Mapping[str, OnFailure] = field(default_factory=dict)
    nas_directory: NasDirectory = field(default_factory=NasDirectory)
    extra_attributes: tuple[str, ...] = ()
    uses_identity_conflict: bool = False
    files: tuple[tuple[str, tuple[int, ...]], ...] = ()
    fingerprint: str = ""
    rule_inputs: Callable[[ClientContext], object] | None = field(init=False, compare=False, repr=False)
    remembered: dict[object, Fitting] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        kinds = {label.kind for rule in self.rules for term in rule.match for label, _ in term.labels()}
        names = sorted({"compliance", *(INPUTS_OF.get(kind, "") for kind in kinds)})
        object.__setattr__(self, "rule_inputs", attrgetter(*names) if "" not in names else None)

    def last_known(self, state: str) -> float:
        """Return for how many seconds Intune's last word is believed in this state of failure; 0: not at all."""
        return self.on_failure[state].last_known if state in self.on_failure else 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome, and the reason for it.

    rule: the rule that fitted, or `default`, or `on_failure`
    compliance: '' if the policy was not asked
    missing_attribute_rule: a rule before it that asks for an attribute that wasn't kept of the client's login, or ''
    quarantined: a person's quarantine decided the compliance state
    """

    grant: Authorized
    rule: str
    compliance: ComplianceState | Literal[""]
    reason: str
    match: Match
    missing_attribute_rule: str = ""
    quarantined: bool = False

    @property
    def outcome(self) -> str:
        """The access as a text to compare (`Authorized.outcome`)."""
        return self.grant.outcome


def decide(
    facts: Facts,
    match: Match,
    policy: Policy,
    now: float,
    known: Match | None = None,
    quarantines: Quarantines = NO_QUARANTINES,
) -> Decision:
    """Decide what a client gets; nothing else does. Pure and total.

    match: what `find_device` says of these facts
    now: seconds since the epoch
    known: what it last said of this client; used if the device store can't be read and the policy lets it
    quarantines: a quarantined device counts as noncompliant, unless the client would be denied without that
    """
    return try_rules(*client_context(facts, match, policy, now, known, quarantines), policy)


Tried = tuple[Rule, Truth, Rule | None]
"""A rule, whether it matches, and the first deny rule so far whose match is unknown."""


def try_rules(client: ClientContext, reason: str, policy: Policy, tried: list[Tried] | None = None) -> Decision:
    """Return what the first rule gives that fits, or else `on_failure` or the default; note in `tried` what was tried.

    What was decided for a client that is the same in all that the rules ask is remembered.
    """
    if tried is not None or policy.rule_inputs is None:
        name, grant, missing, note = _fitting(client, policy, tried)
    else:
        key = policy.rule_inputs(client)
        if key not in policy.remembered:
            if len(policy.remembered) >= REMEMBERED:
                policy.remembered.clear()
            policy.remembered[key] = _fitting(client, policy)
        name, grant, missing, note = policy.remembered[key]
    authorized = authorize(client, grant)
    reason = "; ".join(filter(None, (reason, note, authorized.missing)))
    return Decision(authorized, name, client.compliance, reason, client.match, missing, client.quarantined)


def _fitting(client: ClientContext, policy: Policy, tried: list[Tried] | None = None) -> Fitting:
    """Return what decides.

    A rule whose match is unknown doesn't fit. Behind a deny rule whose match is unknown, the client is let in only by
    what names its state: a rule that does, or `on_failure`, but not the default. So no denial gets lost.
    """
    missing = ""
    unresolved_deny: Rule | None = None
    for rule in policy.rules:
        matches = _matches(rule, client)
        if matches is None:
            if unresolved_deny is None and not rule.grant.allow:
                unresolved_deny = rule
            if not missing and _lacks_attribute(rule, client):
                missing = rule.name
        if tried is not None:
            tried.append((rule, matches, unresolved_deny))
        if matches and may_decide(rule, unresolved_deny, client):
            return rule.name, rule.grant, missing, ""
    failure = policy.on_failure.get(client.compliance)
    if failure is not None and failure.grant is not None:
        return "on_failure", failure.grant, missing, ""
    if unresolved_deny is not None and policy.default.allow:
        return "default", DENY, missing, may_deny(unresolved_deny)
    return "default", policy.default, missing, ""


def _matches(rule: Rule, client: ClientContext) -> Truth:
    """Tell whether every term holds; None if none fails and one is unknown."""
    matches: Truth = True
    for term in rule.match:
        if (holds := term.holds(client)) is not True:
            if holds is False:
                return False
            matches = None
    return matches


def may_decide(rule: Rule, unresolved_deny: Rule | None, client: ClientContext) -> bool:
    """Tell whether a matching rule decides. Behind an unresolved deny, an allow rule must name the client's state."""
    if unresolved_deny is None or not rule.grant.allow:
        return True
    named = (label for term in rule.match for label, negated in term.labels() if not negated)
    return any(label.kind == "mdm_compliance" and label.holds(client) for label in named)


def _lacks_attribute(rule: Rule, client: ClientContext) -> bool:
    labels = (label for term in rule.match for label, _ in term.labels() if label.kind == "attribute")
    return any(label.holds(client) is None for label in labels)


def may_deny(rule: Rule) -> str:
    """Return the sentence about a deny rule whose match is unknown."""
    return f"it is unknown whether {rule.name} denies"


def client_context(
    facts: Facts, match: Match, policy: Policy, now: float, known: Match | None, quarantines: Quarantines
) -> tuple[ClientContext, str]:
    """Return the client with the compliance state that counts, and the sentence that says what that rests on."""
    compliance, reason, counting = compliance_of(match, known, now, policy.stale_after, policy.last_known)
    client = ClientContext(facts, counting, compliance, now, policy.nas_directory)
    quarantine = quarantines.of_client(facts, counting, policy.identify_by, now)
    if quarantine is None:
        return client, reason
    reason = f"{quarantine}; {reason}"
    # A quarantine lets nobody in: a client that is denied without it stays denied.
    if not try_rules(client, reason, policy).grant.allow:
        return client, reason
    return ClientContext(facts, counting, "noncompliant", now, policy.nas_directory, quarantined=True), reason
