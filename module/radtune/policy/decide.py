"""The policy and its judge."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from radtune.identity.compliance import compliance_of
from radtune.identity.matching import MEANS, Match
from radtune.policy.client_context import ClientContext
from radtune.policy.grants import DENY, Authorization, Authorized, give
from radtune.policy.labels import Term, why
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.quarantines import NO_QUARANTINES, Quarantines
from radtune.records.device_and_client import COMPLIANCE_STATES, OWN_STATES, Facts

ALL_STATES = frozenset(COMPLIANCE_STATES + OWN_STATES)


@dataclass(frozen=True, slots=True)
class Rule:
    """One auth policy rule: `grant` is given where every term holds."""

    name: str
    match: tuple[Term, ...]
    grant: Authorization


@dataclass(frozen=True, slots=True)
class OnFailure:
    """What a client gets in a state of failure where no rule fits (None: the default).

    `last_known` is how old, in seconds, Intune's last word about a device may be to be believed all the same.
    """

    grant: Authorization | None = None
    last_known: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in order, what happens where none fits, and for how long the store is believed (seconds).

    `on_failure` is by state, `stale` or `unavailable`. `identify_by` are the means by which a device may be found,
    `extra_attributes` the request's attributes that labels ask for, `files` what was read for it, each file
    with its signature. `fingerprint` is the
    same for policies that judge alike.
    """

    rules: tuple[Rule, ...]
    default: Authorization = DENY
    stale_after: float = 86400.0
    on_failure: Mapping[str, OnFailure] = field(default_factory=dict)
    identify_by: frozenset[str] = MEANS
    nas_directory: NasDirectory = field(default_factory=NasDirectory)
    extra_attributes: tuple[str, ...] = ()
    uses_identity_conflict: bool = False
    files: tuple[tuple[str, tuple[int, ...]], ...] = ()
    fingerprint: str = ""

    def last_known(self, state: str) -> float:
        """Return how many seconds old Intune's word may be to be believed in this state of failure; 0: not at all."""
        return self.on_failure[state].last_known if state in self.on_failure else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was tried, and why it fitted or didn't."""

    rule: str
    matched: bool
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the client gets, and why.

    rule: the rule that fitted, or `default`, or `on_failure`
    compliance: one of `ALL_STATES`
    missing_attribute_rule: a rule before it that asks for an attribute that wasn't kept of the client's login, or ''
    quarantined: a person's quarantine decided the compliance state
    """

    grant: Authorized
    rule: str
    compliance: str
    reason: str
    match: Match
    missing_attribute_rule: str = ""
    quarantined: bool = False

    @property
    def outcome(self) -> str:
        """What the NAS is told, as a text to compare (`Authorized.outcome`)."""
        return self.grant.outcome


def decide(
    facts: Facts,
    match: Match,
    policy: Policy,
    now: float,
    known: Match | None = None,
    quarantines: Quarantines = NO_QUARANTINES,
) -> Decision:
    """Judge a client: the only place where it is decided what anyone gets. Pure and total.

    `match` is what `find_device` said of these facts; `now` is in seconds since the epoch. `known` is what it
    last said of this client; that is used where the device store can't be read and the policy lets it. `quarantines` is
    what people have said of devices: one that is quarantined counts as noncompliant, whatever Intune says or nobody
    can, unless it would be denied as it is.
    """
    return judge(*_subject(facts, match, policy, now, known, quarantines), policy)


def judge(subject: ClientContext, reason: str, policy: Policy) -> Decision:
    """Try the rules on a subject whose compliance state is settled; `reason` says where that comes from.

    A rule that can't be told doesn't fit. Behind one that may deny, only those let in that name the client's state, and
    `on_failure`, which does, but not the default: so that no denial is lost because nobody can say whether it applies.
    """
    undecided = ""
    bar: Rule | None = None
    for rule, answer, bar in _tried(policy, subject):
        if answer and not _is_barred(rule, bar, subject):
            return _decision(subject, rule.name, rule.grant, reason, undecided)
        if answer is None and not undecided and _lacks_attribute(rule, subject):
            undecided = rule.name
    failure = policy.on_failure.get(subject.compliance)
    if failure is not None and failure.grant is not None:
        return _decision(subject, "on_failure", failure.grant, reason, undecided)
    if bar is not None and policy.default.allow:
        return _decision(subject, "default", DENY, f"{reason}; {_may_deny(bar)}", undecided)
    return _decision(subject, "default", policy.default, reason, undecided)


def _tried(policy: Policy, subject: ClientContext) -> Iterator[tuple[Rule, bool | None, Rule | None]]:
    """Yield each rule, whether it fits, and the first one up to it, itself included, that may deny: nobody can tell."""
    bar: Rule | None = None
    for rule in policy.rules:
        answer = _fits(rule, subject)
        if bar is None and answer is None and not rule.grant.allow:
            bar = rule
        yield rule, answer, bar


def _is_barred(rule: Rule, bar: Rule | None, subject: ClientContext) -> bool:
    """Tell whether the rule may not let in, because one before it may deny."""
    return bar is not None and rule.grant.allow and not _names_state(rule, subject)


def _may_deny(bar: Rule) -> str:
    return f"{bar.name} may deny, which can't be told"


def _fits(rule: Rule, subject: ClientContext) -> bool | None:
    """Tell whether every term of the rule holds; None where none fails and one can't be told."""
    answer: bool | None = True
    for term in rule.match:
        one = term.holds(subject)
        if one is False:
            return False
        if one is None:
            answer = None
    return answer


def _names_state(rule: Rule, subject: ClientContext) -> bool:
    """Tell whether the rule says outright that it is for clients in this compliance state."""
    named = (label for term in rule.match for label, negated in term.labels() if not negated)
    return any(label.kind == "mdm_compliance" and label.holds(subject) for label in named)


def _lacks_attribute(rule: Rule, subject: ClientContext) -> bool:
    """Tell whether the rule asks for an attribute that wasn't kept of the client's login."""
    labels = (label for term in rule.match for label, _ in term.labels() if label.kind == "attribute")
    return any(label.holds(subject) is None for label in labels)


def _decision(subject: ClientContext, rule: str, grant: Authorization, reason: str, undecided: str) -> Decision:
    given = give(grant, subject)
    if given.missing:
        reason = f"{reason}; {given.missing}"
    return Decision(given, rule, subject.compliance, reason, subject.match, undecided, subject.quarantined)


def trace(
    facts: Facts,
    match: Match,
    policy: Policy,
    now: float,
    known: Match | None = None,
    quarantines: Quarantines = NO_QUARANTINES,
) -> tuple[Step, ...]:
    """Return the rules that `decide` tries, in order, each with why it fitted or didn't; the last one decides."""
    subject, reason = _subject(facts, match, policy, now, known, quarantines)
    steps: list[Step] = []
    bar: Rule | None = None
    for rule, answer, bar in _tried(policy, subject):
        if answer and bar is not None and _is_barred(rule, bar, subject):
            said = f"{_may_deny(bar)}; behind it only a rule for {subject.compliance} lets in"
            steps.append(Step(rule.name, matched=False, why=said))
        elif answer:
            return (*steps, Step(rule.name, matched=True, why=_each(rule.match, subject)))
        else:
            failed = next(term for term in rule.match if term.holds(subject) is answer)
            said = "can't be told" if answer is None else "doesn't hold"
            steps.append(Step(rule.name, matched=False, why=f"{failed} {said}: {why(failed, subject)}"))
    decision = judge(subject, reason, policy)
    said = "no rule fitted"
    if decision.rule != "default":
        said += f", and the device is {decision.compliance}"
    elif bar is not None and policy.default.allow:
        said += f", and {_may_deny(bar)}; so the default doesn't let in"
    return (*steps, Step(decision.rule, matched=True, why=said))


def _each(terms: tuple[Term, ...], subject: ClientContext) -> str:
    return "; ".join(dict.fromkeys(why(term, subject) for term in terms))


def _subject(
    facts: Facts, match: Match, policy: Policy, now: float, known: Match | None, quarantines: Quarantines
) -> tuple[ClientContext, str]:
    """Return the client with the compliance state that counts, and the sentence that says where that comes from."""
    compliance, reason, counting = compliance_of(match, known, now, policy.stale_after, policy.last_known)
    subject = ClientContext(facts, counting, compliance, now, policy.nas_directory)
    quarantine = quarantines.of_client(facts, counting, policy.identify_by, now)
    if quarantine is None:
        return subject, reason
    reason = f"{quarantine}; {reason}"
    # A quarantine is no way in: whoever is denied without it stays so.
    if not judge(subject, reason, policy).grant.allow:
        return subject, reason
    return ClientContext(facts, counting, "noncompliant", now, policy.nas_directory, quarantined=True), reason
