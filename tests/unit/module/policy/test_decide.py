"""The judge."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.identity.matching import Match
from radtune.policy.decide import Decision, OnFailure, Rule, decide
from radtune.policy.grants import DENY, Authorization, Authorized, PerSiteValue
from radtune.policy.labels import AnyOf, Not, Term
from radtune.policy.trace import Step, trace
from radtune.records.device_and_client import ALL_STATES, INTUNE_STATES, Device, Facts
from unit.defaults import policy_of
from unit.label_cases import ANY_FACTS, ANY_LABEL
from unit.samples import NOW, device, found, label, policy, vlan

COMPLIANT = label("mdm_compliance", "compliant", "compliant")
BAD = label("mdm_compliance", ["noncompliant", "error"], "bad")
WINDOWS = label("os", "Windows", "windows")
CORP, QUARANTINE = vlan("750"), vlan("1")
SITES = Authorization(allow=True, vlan=PerSiteValue(by={"berlin": "20"}))
"""A VLAN at one site alone."""


def judge(match: Match, *rules: Rule, default: Authorization = DENY, now: float = NOW) -> Decision:
    return decide(Facts(), match, policy_of(rules=rules, default=default), now)


def steps(match: Match, *rules: Rule) -> tuple[Step, ...]:
    return trace(Facts(), match, policy_of(rules=rules), NOW)


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        Rule("no", (BAD,), DENY),
        Rule("one", (COMPLIANT,), CORP),
        Rule("two", (COMPLIANT,), QUARANTINE),
    )
    decision = judge(found(), *rules)
    assert (decision.rule, decision.outcome, decision.compliance) == ("one", "vlan 750", "compliant")
    assert [(step.rule, step.matched) for step in steps(found(), *rules)] == [("no", False), ("one", True)]


def test_every_term_has_to_hold() -> None:
    rule = Rule("both", (COMPLIANT, BAD), CORP)
    assert judge(found(), rule).rule == "default"


def test_values_inside_a_label_are_alternatives() -> None:
    rule = Rule("bad", (BAD,), QUARANTINE)
    assert judge(found("noncompliant"), rule).rule == "bad"
    assert judge(found("error"), rule).rule == "bad"
    assert judge(found("compliant"), rule).rule == "default"


def test_a_negated_label_holds_if_the_label_does_not() -> None:
    rule = Rule("not bad", (Not(BAD),), CORP)
    assert judge(found("compliant"), rule).rule == "not bad"
    decision = judge(found("error"), rule)
    assert decision.rule == "default"
    assert steps(found("error"), rule)[0].why == "not bad doesn't hold: the device is error"


def test_without_a_rule_the_default_decides() -> None:
    assert judge(found()).outcome == "deny"
    assert judge(found(), default=QUARANTINE).outcome == "vlan 1"
    assert steps(found())[-1].rule == "default"


@pytest.mark.parametrize(
    ("grant", "outcome"),
    [(DENY, "deny"), (Authorization(allow=True), "allow"), (CORP, "vlan 750"), (vlan("Corp"), "vlan Corp")],
)
def test_outcome_words(grant: Authorization, outcome: str) -> None:
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
    rule = Rule("corp", (COMPLIANT,), CORP)
    decision = judge(match, rule)
    assert (decision.compliance, decision.rule) == (state, "default")
    assert says in decision.reason


def test_each_of_them_can_be_a_label() -> None:
    matches = {
        "not_enrolled": Match("not_enrolled", "", synced_at=NOW),
        "ambiguous": Match("ambiguous", "", synced_at=NOW),
        "stale": found(synced_at=0),
        "unavailable": Match("unavailable", "", synced_at=NOW),
    }
    for state, match in matches.items():
        rule = Rule("own", (label("mdm_compliance", state),), QUARANTINE)
        assert judge(match, rule).rule == "own"


def test_the_store_is_trusted_up_to_the_limit_and_no_second_more() -> None:
    assert judge(found(synced_at=NOW - 86400)).compliance == "compliant"
    assert judge(found(synced_at=NOW - 86400.1)).compliance == "stale"


def test_a_sync_in_the_future_is_stale_beyond_what_clocks_differ() -> None:
    assert judge(found(synced_at=NOW + CLOCK_TOLERANCE)).compliance == "compliant"
    assert judge(found(synced_at=NOW + CLOCK_TOLERANCE + 1)).compliance == "stale"


def test_the_policy_of_the_readme(tmp_path: Path) -> None:
    rules = policy(tmp_path)
    outcomes = {state: decide(Facts(), found(state), rules, NOW).outcome for state in INTUNE_STATES}
    assert outcomes.pop("compliant") == "vlan 750"
    assert outcomes.pop("noncompliant") == "vlan 1"
    assert set(outcomes.values()) == {"deny"}


GRANTS = st.one_of(
    st.just(DENY), st.just(Authorization(allow=True)), st.sampled_from(["1", "750", "Corp"]).map(vlan), st.just(SITES)
)
TERMS: st.SearchStrategy[Term] = st.recursive(
    ANY_LABEL, lambda terms: st.one_of(terms.map(Not), st.lists(terms, min_size=1, max_size=3).map(tuple).map(AnyOf))
)
RULES = st.builds(Rule, st.text(max_size=3), st.lists(TERMS, max_size=3).map(tuple), GRANTS)
FAILURES = st.dictionaries(
    st.sampled_from(["stale", "unavailable"]),
    st.builds(OnFailure, st.one_of(st.none(), GRANTS), st.sampled_from([0.0, 1e5])),
)
DEVICES: st.SearchStrategy[Device] = st.one_of(
    st.sampled_from(INTUNE_STATES), st.text(max_size=5).filter(lambda word: word not in ALL_STATES)
).map(lambda word: device(1, compliance=word))
TIMES = st.one_of(st.just(0.0), st.floats(0, 4e9))
MATCHES = st.builds(
    Match,
    st.sampled_from(["found", "not_enrolled", "ambiguous", "unavailable"]),
    st.text(max_size=5),
    st.one_of(st.none(), DEVICES),
    synced_at=TIMES,
)


@given(ANY_FACTS, MATCHES, st.lists(RULES, max_size=4), GRANTS, FAILURES, TIMES)
def test_decide_is_total_and_pure(
    facts: Facts, match: Match, rules: list[Rule], default: Authorization, failures: dict[str, OnFailure], now: float
) -> None:
    grants = policy_of(tuple(rules), default, on_failure=failures)
    decision = decide(facts, match, grants, now, match)
    assert decision == decide(facts, match, grants, now, match)
    assert decision.compliance in ALL_STATES
    assert decision.reason or not match.how
    tried = trace(facts, match, grants, now, match)
    assert tried[-1].matched
    assert not any(step.matched for step in tried[:-1])
    assert tried[-1].rule == decision.rule
    assert all(step.why for step in tried if step.rule in ("default", "on_failure"))


@given(MATCHES, TIMES)
def test_only_a_fresh_compliant_device_gets_the_rule_for_compliant_ones(match: Match, now: float) -> None:
    decision = judge(match, Rule("corp", (COMPLIANT,), CORP), now=now)
    fresh = -CLOCK_TOLERANCE <= now - match.synced_at <= 86400
    compliant = match.state == "found" and match.device is not None and match.device.compliance == "compliant"
    assert (decision.grant == Authorized(allow=True, vlan="750")) == (fresh and compliant)


def test_a_record_without_device_is_no_device() -> None:
    assert judge(replace(found(), device=None)).compliance != "compliant"


def test_any_holds_if_one_of_its_terms_does() -> None:
    rule = Rule("either", (AnyOf((COMPLIANT, Not(WINDOWS))),), CORP)
    assert judge(found("compliant"), rule).rule == "either"
    assert judge(found("error"), rule).rule == "either"
    assert judge(replace(found("error"), device=device(1, compliance="error", os="Windows")), rule).rule == "default"
    assert str(rule.match[0]) == "any of (compliant, not windows)"


@pytest.mark.parametrize(
    "match", [found(synced_at=0), Match("ambiguous", "two", synced_at=NOW), Match("unavailable", "")]
)
@pytest.mark.parametrize(
    "term", [WINDOWS, Not(WINDOWS), Not(Not(WINDOWS)), AnyOf((WINDOWS, BAD)), AnyOf((Not(WINDOWS),))]
)
def test_if_the_device_is_unknown_neither_a_label_nor_its_not_holds(match: Match, term: Term) -> None:
    rule = Rule("device", (term,), CORP)
    assert judge(match, rule).rule == "default"
    assert "is unknown" in steps(match, rule)[0].why


def test_any_with_one_term_that_holds_does_not_wait_for_the_others() -> None:
    stale = label("mdm_compliance", "stale")
    assert judge(found(synced_at=0), Rule("any", (AnyOf((WINDOWS, stale)),), CORP)).rule == "any"


def test_a_client_without_device_is_not_windows() -> None:
    nobody = Match("not_enrolled", "nobody", synced_at=NOW)
    assert judge(nobody, Rule("w", (WINDOWS,), CORP)).rule == "default"
    assert judge(nobody, Rule("w", (Not(WINDOWS),), CORP)).rule == "w"


def test_a_rule_that_asks_for_what_was_not_kept_is_named() -> None:
    asks = Rule("asks", (label("attribute", {"name": "Class", "equals": "x"}),), CORP)
    policy = policy_of((asks, Rule("corp", (COMPLIANT,), CORP)), extra_attributes=("Class",))
    assert decide(Facts(), found(), policy, NOW).missing_attribute_rule == "asks"
    kept = Facts(extra_attributes=("Class",))
    assert decide(kept, found(), policy, NOW).missing_attribute_rule == ""
    assert decide(replace(kept, attributes=("Class=x",)), found(), policy, NOW).rule == "asks"


def test_only_a_rule_that_lacks_an_attribute_is_named_and_the_first_of_them() -> None:
    stale = found(synced_at=0)
    asks = [Rule(name, (label("attribute", {"name": name, "equals": "x"}),), CORP) for name in ("Class", "Filter-Id")]
    assert judge(stale, Rule("windows", (WINDOWS,), CORP)).missing_attribute_rule == ""
    assert judge(stale, Rule("windows", (WINDOWS,), CORP), *asks).missing_attribute_rule == "Class"


def test_no_access_without_the_vlan_that_the_rule_promises() -> None:
    decision = judge(found(), Rule("corp", (COMPLIANT,), SITES))
    assert (decision.outcome, decision.rule) == ("deny", "corp")
    assert "no VLAN for a NAS of no known site" in decision.reason
