"""What labels exclude and imply: held against the judge itself."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from radtune.config.policy_labels import CONDITIONS
from radtune.identity.matching import DEFAULT_IDENTIFIERS, Match
from radtune.policy.decide import Rule, decide, trace
from radtune.policy.grants import DENY, Authorization
from radtune.policy.labels import AnyOf, Label, Not, Term
from radtune.records.device_and_client import ALL_STATES, INTUNE_STATES, Certificate, Facts
from radtune_tools.policy import label_logic
from radtune_tools.policy.label_logic import Logic
from unit.defaults import policy_of
from unit.samples import NOW, device

LABELS: dict[str, dict[str, Any]] = {
    "good": {"mdm_compliance": "Compliant"},
    "bad": {"mdm_compliance": ["noncompliant", "unknown", "stale"]},
    "corp": {"ssid": "Corp"},
    "guest": {"ssid": ["Guest", "corp"]},
    "windows": {"os": "Windows"},
    "apple": {"os": ["iOS", "macOS"]},
    "encrypted": {"encrypted": True},
    "plain": {"encrypted": False},
    "by-name": {"matched_by": "name"},
    "by-mac": {"matched_by": ["mac", "user"]},
    "conflict": {"identity_conflict": True},
    "peace": {"identity_conflict": False},
    "own": {"ownership": ["company", "unknown"]},
    "id": {"certificate": {"san": "id-*"}},
    "tls": {"auth_type": ["eap-tls", "peap"]},
    "random": {"mac_randomised": True},
    "alone": {"user": "ann@*"},
}
TERMS: dict[str, Term] = {
    name: Label(name, kind, *CONDITIONS[kind](value)) for name, label in LABELS.items() for kind, value in label.items()
}
terms = st.recursive(
    st.sampled_from([*TERMS.values()]),
    lambda inner: st.builds(Not, inner) | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)
rules = st.lists(st.lists(terms, min_size=1, max_size=3).map(tuple), min_size=1, max_size=6).map(
    lambda matches: tuple(Rule(f"R{number}", match, DENY) for number, match in enumerate(matches))
)
certificates = st.none() | st.builds(Certificate, dns=st.sampled_from([(), ("id-1",), ("x",)]), unclear=st.booleans())
facts = st.builds(
    Facts,
    mac=st.sampled_from(["", "0016cbaabb01", "0216cbaabb01"]),
    ssid=st.sampled_from(["", "Corp", "corp", "Guest", "x"]),
    auth_type=st.sampled_from(["eap-tls", "mab"]),
    certificate=certificates,
)
devices = st.builds(
    lambda changes: replace(device(1), **changes),
    st.fixed_dictionaries(
        {
            "os": st.sampled_from(["", "windows", "iOS"]),
            "encrypted": st.sampled_from(["", "yes", "no"]),
            "ownership": st.sampled_from(["", "company", "personal"]),
            "user": st.sampled_from(["", "ann@corp.example"]),
            "compliance": st.sampled_from(INTUNE_STATES),
        }
    ),
)
found = st.builds(
    lambda one, by, conflict, synced: Match("found", "", one, by, (one,), synced, conflict),
    devices,
    st.sampled_from(sorted(DEFAULT_IDENTIFIERS)),
    st.sampled_from(["", "two devices"]),
    st.sampled_from([NOW, 1.0]),
)
lost = st.builds(
    lambda state, conflict: Match(state, "", synced_at=NOW, conflict=conflict if state == "ambiguous" else ""),
    st.sampled_from(["not_enrolled", "ambiguous", "unavailable"]),
    st.sampled_from(["", "two devices"]),
)


unknown_devices = found.map(lambda match: replace(match, synced_at=1.0)) | st.builds(
    lambda state, conflict: Match(state, "", synced_at=NOW, conflict=conflict if state == "ambiguous" else ""),
    st.sampled_from(["ambiguous", "unavailable"]),
    st.sampled_from(["", "two devices"]),
)
device_terms = st.lists(
    st.sampled_from([TERMS[name] for name in ("windows", "encrypted", "by-name", "conflict", "own", "alone", "id")]),
    min_size=1,
    max_size=2,
).map(tuple)
ALLOW = Authorization(allow=True)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(rules=rules, facts=facts, match=found | lost)
def test_a_client_that_the_judge_has_seen_is_possible(rules: tuple[Rule, ...], facts: Facts, match: Match) -> None:
    policy = policy_of(rules)
    decision = decide(facts, match, policy, NOW)
    logic = Logic(LABELS, policy)
    fitted = next((rule for rule in rules if rule.name == decision.rule), None)
    before = rules[: rules.index(fitted)] if fitted else rules
    hold = fitted.match if fitted else ()
    assert decision.compliance in ALL_STATES
    assert logic.possible(hold)
    for rule in before:
        assert logic.possible(hold, rule)
        assert logic.possible(hold, rule, decision.compliance)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(match_of_deny=device_terms, facts=facts, match=unknown_devices)
def test_a_rule_that_the_judge_skips_behind_an_unresolved_deny_is_foreseen(
    match_of_deny: tuple[Term, ...], facts: Facts, match: Match
) -> None:
    """The second rule fits every client whose device is unknown, so it is only left out because of the first."""
    deny, allow = Rule("deny", match_of_deny, DENY), Rule("allow", (Not(TERMS["good"]),), ALLOW)
    policy = policy_of((deny, allow))
    assume(not any(step.matched for step in trace(facts, match, policy, NOW)[:2]))
    state = decide(facts, match, policy, NOW).compliance
    assert Logic(LABELS, policy).unresolved(deny, allow.match, state)


def test_a_deny_that_asks_for_nothing_of_the_device_is_never_unresolved() -> None:
    logic = Logic(LABELS, policy_of(()))
    assert not logic.unresolved(Rule("deny", (TERMS["corp"],), DENY), (TERMS["tls"],), "stale")
    assert not logic.unresolved(Rule("deny", (TERMS["windows"],), DENY), (TERMS["tls"],), "compliant")


def test_more_combinations_than_are_tried_leave_everything_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    logic = Logic(LABELS, policy_of(()))
    nobody = (AnyOf((TERMS["good"],)), AnyOf((Not(TERMS["good"]),)), TERMS["corp"])
    assert not logic.possible(nobody)
    stale_deny = Rule("deny", (TERMS["windows"],), DENY)
    assert logic.unresolved(stale_deny, (), "stale")
    monkeypatch.setattr(label_logic, "MOST", 1)
    assert logic.possible(nobody)
    assert not logic.unresolved(stale_deny, (), "stale")


def test_a_policy_of_a_hundred_rules_is_soon_read() -> None:
    many = {f"site{number}": {"nas": f"sw-{number}-*"} for number in range(100)}
    labels = {**LABELS, **many}
    made = {name: Label(name, "nas", *CONDITIONS["nas"](label["nas"])) for name, label in many.items()}
    rules = tuple(Rule(name, (TERMS["good"], TERMS["windows"], label), DENY) for name, label in made.items())
    logic = Logic(labels, policy_of(rules))
    assert all(logic.possible(rule.match, each) for index, rule in enumerate(rules) for each in rules[:index])
    last = Rule("last", (TERMS["good"], *made.values()), DENY)
    assert logic.possible(last.match)
    assert not logic.possible(last.match, last)
    assert not logic.possible((Not(made["site1"]), *last.match))
