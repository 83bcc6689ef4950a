"""The judge."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.matching import Match
from radtune.policy import ALL_STATES, CLOCK_TOLERANCE, Decision, Grant, Label, Policy, Rule, Term, decide
from radtune.records import COMPLIANCE_STATES, Device, Facts
from unit.samples import NOW, device, policy

COMPLIANT = Label("compliant", frozenset({"compliant"}))
BAD = Label("bad", frozenset({"noncompliant", "error"}))
CORP, QUARANTINE, DENY = Grant(allow=True, vlan="750"), Grant(allow=True, vlan="1"), Grant(allow=False)


def judge(match: Match, *rules: Rule, default: Grant = DENY, now: float = NOW) -> Decision:
    return decide(Facts(), match, Policy(rules=rules, default=default), now)


def found(compliance: str = "compliant", synced_at: float = NOW) -> Match:
    return Match("found", "it is this one", device(1, compliance=compliance), "mac", (), synced_at)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        Rule("no", (Term(BAD),), DENY),
        Rule("one", (Term(COMPLIANT),), CORP),
        Rule("two", (Term(COMPLIANT),), QUARANTINE),
    )
    decision = judge(found(), *rules)
    assert (decision.rule, decision.grant, decision.compliance) == ("one", CORP, "compliant")
    assert [(step.rule, step.matched) for step in decision.steps] == [("no", False), ("one", True)]


def test_every_term_has_to_hold() -> None:
    rule = Rule("both", (Term(COMPLIANT), Term(BAD)), CORP)
    assert judge(found(), rule).rule == "default"


def test_values_inside_a_label_are_alternatives() -> None:
    rule = Rule("bad", (Term(BAD),), QUARANTINE)
    assert judge(found("noncompliant"), rule).rule == "bad"
    assert judge(found("error"), rule).rule == "bad"
    assert judge(found("compliant"), rule).rule == "default"


def test_a_negated_label_holds_where_the_label_does_not() -> None:
    rule = Rule("not bad", (Term(BAD, negated=True),), CORP)
    assert judge(found("compliant"), rule).rule == "not bad"
    decision = judge(found("error"), rule)
    assert decision.rule == "default"
    assert decision.steps[0].why == "not bad: the device is error"


def test_without_a_rule_the_default_decides() -> None:
    assert judge(found()).outcome == "deny"
    assert judge(found(), default=QUARANTINE).outcome == "vlan 1"
    assert judge(found()).steps[-1].rule == "default"


@pytest.mark.parametrize(
    ("grant", "outcome"),
    [(DENY, "deny"), (Grant(allow=True), "allow"), (CORP, "vlan 750"), (Grant(allow=True, vlan="Corp"), "vlan Corp")],
)
def test_outcome_words(grant: Grant, outcome: str) -> None:
    assert judge(found(), default=grant).outcome == outcome


@pytest.mark.parametrize(
    ("match", "state", "says"),
    [
        (Match("not_enrolled", "nobody", synced_at=NOW), "not_enrolled", "nobody"),
        (Match("ambiguous", "two of them", synced_at=NOW), "ambiguous", "two of them"),
        (Match("unavailable", "locked"), "unavailable", "can't be read: locked"),
        (found(synced_at=NOW - 86401), "stale", "last synced 24.0 hours ago"),
        (found(synced_at=0), "stale", "never synced"),
        (Match("not_enrolled", "nobody", synced_at=NOW - 90000), "stale", "nobody"),
        (Match("ambiguous", "two of them", synced_at=NOW - 90000), "stale", "two of them"),
    ],
)
def test_what_is_not_known_has_a_name_of_its_own(match: Match, state: str, says: str) -> None:
    rule = Rule("corp", (Term(COMPLIANT),), CORP)
    decision = judge(match, rule)
    assert (decision.compliance, decision.rule) == (state, "default")
    assert says in decision.reason


def test_each_of_them_can_be_a_label() -> None:
    for state in ("not_enrolled", "ambiguous", "stale", "unavailable"):
        match = found(synced_at=0) if state == "stale" else Match(state, "", synced_at=NOW)
        rule = Rule("own", (Term(Label(state, frozenset({state}))),), QUARANTINE)
        assert judge(match, rule).rule == "own"


def test_the_store_is_trusted_up_to_the_limit_and_no_second_more() -> None:
    assert judge(found(synced_at=NOW - 86400)).compliance == "compliant"
    assert judge(found(synced_at=NOW - 86400.1)).compliance == "stale"


def test_a_sync_in_the_future_is_stale_beyond_what_clocks_differ() -> None:
    assert judge(found(synced_at=NOW + CLOCK_TOLERANCE)).compliance == "compliant"
    assert judge(found(synced_at=NOW + CLOCK_TOLERANCE + 1)).compliance == "stale"


def test_the_policy_of_the_readme(tmp_path: Path) -> None:
    rules = policy(tmp_path)
    outcomes = {state: decide(Facts(), found(state), rules, NOW).outcome for state in COMPLIANCE_STATES}
    assert outcomes.pop("compliant") == "vlan 750"
    assert outcomes.pop("noncompliant") == "vlan 1"
    assert set(outcomes.values()) == {"deny"}


LABELS = st.builds(Label, st.text(max_size=3), st.frozensets(st.sampled_from(sorted(ALL_STATES))))
GRANTS = st.builds(Grant, allow=st.booleans(), vlan=st.sampled_from(["", "1", "750", "Corp"]))
RULES = st.builds(
    Rule, st.text(max_size=3), st.lists(st.builds(Term, LABELS, st.booleans()), max_size=3).map(tuple), GRANTS
)
DEVICES: st.SearchStrategy[Device] = st.one_of(
    st.sampled_from(COMPLIANCE_STATES), st.text(max_size=5).filter(lambda word: word not in ALL_STATES)
).map(lambda word: device(1, compliance=word))
TIMES = st.one_of(st.just(0.0), st.floats(0, 4e9))
MATCHES = st.builds(
    Match,
    st.sampled_from(["found", "not_enrolled", "ambiguous", "unavailable"]),
    st.text(max_size=5),
    st.one_of(st.none(), DEVICES),
    synced_at=TIMES,
)


@given(MATCHES, st.lists(RULES, max_size=4), GRANTS, TIMES)
def test_decide_is_total_and_pure(match: Match, rules: list[Rule], default: Grant, now: float) -> None:
    grants = Policy(tuple(rules), default)
    decision = decide(Facts(), match, grants, now)
    assert decision == decide(Facts(), match, grants, now)
    assert decision.grant in (default, *(rule.grant for rule in rules))
    assert decision.steps[-1].matched
    assert not any(step.matched for step in decision.steps[:-1])
    assert decision.steps[-1].rule == decision.rule


@given(MATCHES, TIMES)
def test_only_a_fresh_compliant_device_gets_the_rule_for_compliant_ones(match: Match, now: float) -> None:
    decision = judge(match, Rule("corp", (Term(COMPLIANT),), CORP), now=now)
    fresh = -CLOCK_TOLERANCE <= now - match.synced_at <= 86400
    compliant = match.state == "found" and match.device is not None and match.device.compliance == "compliant"
    assert (decision.grant == CORP) == (fresh and compliant)


def test_a_record_without_device_is_no_device() -> None:
    assert judge(replace(found(), device=None)).compliance != "compliant"
