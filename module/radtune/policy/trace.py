"""The rules that were tried for a client, and why each fitted or didn't: for a person to read."""

from radtune.dataclass import dataclass
from radtune.identity.matching import Match
from radtune.policy.decide import Policy, Rule, Tried, client_context, may_decide, may_deny, try_rules
from radtune.policy.labels import ClientContext, Truth, why
from radtune.policy.quarantines import NO_QUARANTINES, Quarantines
from radtune.records.device_and_client import Facts


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was tried, and why it fitted or didn't."""

    rule: str
    matched: bool
    why: str


def trace(
    facts: Facts,
    match: Match,
    policy: Policy,
    now: float,
    known: Match | None = None,
    quarantines: Quarantines = NO_QUARANTINES,
) -> tuple[Step, ...]:
    """Return the rules that `decide` tries, in order, each with why it fitted or didn't; the last one decides."""
    client, reason = client_context(facts, match, policy, now, known, quarantines)
    tried: list[Tried] = []
    decision = try_rules(client, reason, policy, tried)
    steps = [_step(*each, client) for each in tried]
    if steps and steps[-1].matched:
        return tuple(steps)
    unresolved_deny = tried[-1][2] if tried else None
    said = "no rule fitted"
    if decision.rule != "default":
        said += f", and the device is {decision.compliance}"
    elif unresolved_deny is not None and policy.default.allow:
        said += f", and {may_deny(unresolved_deny)}; so the default doesn't let in"
    return (*steps, Step(decision.rule, matched=True, why=said))


def _step(rule: Rule, matches: Truth, unresolved_deny: Rule | None, client: ClientContext) -> Step:
    if not matches:
        failed = next(term for term in rule.match if term.holds(client) is matches)
        said = "is unknown" if matches is None else "doesn't hold"
        return Step(rule.name, matched=False, why=f"{failed} {said}: {why(client, failed)}")
    if unresolved_deny is not None and not may_decide(rule, unresolved_deny, client):
        said = f"{may_deny(unresolved_deny)}; behind it only a rule for {client.compliance} lets in"
        return Step(rule.name, matched=False, why=said)
    return Step(rule.name, matched=True, why=why(client, *rule.match))
