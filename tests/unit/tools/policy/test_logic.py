"""What labels exclude and imply: held against the judge itself."""

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radtune.config.label_file import CONDITIONS
from radtune.identity.matching import MEANS, Match
from radtune.policy.decide import ALL_STATES, Policy, Rule, decide, trace
from radtune.policy.grants import DENY, Authorization
from radtune.policy.labels import AnyOf, Label, Not, Term
from radtune.records.device_and_client import COMPLIANCE_STATES, Certificate, Facts
from radtune_tools.policy import logic as policy_logic
from radtune_tools.policy.logic import Logic
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
    name: Label(name, kind, CONDITIONS[kind](value)) for name, label in LABELS.items() for kind, value in label.items()
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
            "compliance": st.sampled_from(COMPLIANCE_STATES),
        }
    ),
)
found = st.builds(
    lambda one, by, conflict, synced: Match("found", "", one, by, (one,), synced, conflict),
    devices,
    st.sampled_from(sorted(MEANS)),
    st.sampled_from(["", "two devices"]),
    st.sampled_from([NOW, 1.0]),
)
lost = st.builds(
    lambda state, conflict: Match(state, "", synced_at=NOW, conflict=conflict if state == "ambiguous" else ""),
    st.sampled_from(["not_enrolled", "ambiguous", "unavailable"]),
    st.sampled_from(["", "two devices"]),
)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(rules=rules, facts=facts, match=found | lost)
def test_what_happens_is_possible(rules: tuple[Rule, ...], facts: Facts, match: Match) -> None:
    policy = Policy(rules)
    decision = decide(facts, match, policy, NOW)
    logic = Logic(LABELS, policy)
    assert decision.compliance in ALL_STATES
    before = rules
    for index, rule in enumerate(rules):
        if rule.name == decision.rule:
            before = rules[:index]
            assert logic.possible(rule.match)
            assert logic.possible(rule.match, before)
            assert logic.possible(rule.match, before, decision.compliance)
    assert logic.possible((), before, decision.compliance)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(rules=rules, facts=facts, match=found | lost)
def test_a_denial_that_can_t_be_told_is_foreseen(rules: tuple[Rule, ...], facts: Facts, match: Match) -> None:
    """Every other rule denies; the first one that is passed over behind a denial has a denial to warn of."""
    mixed = tuple(replace(rule, grant=Authorization(allow=index % 2 == 1)) for index, rule in enumerate(rules))
    policy = Policy(mixed)
    state = decide(facts, match, policy, NOW).compliance
    steps = enumerate(trace(facts, match, policy, NOW))
    passed = next((index for index, step in steps if "may deny, which can't be told" in step.why), None)
    if passed is not None:
        logic, rule, before = Logic(LABELS, policy), mixed[passed], mixed[:passed]
        assert any(logic.untold(one, rule.match, before, state) for one in before if not one.grant.allow)


def test_a_policy_of_a_hundred_rules_is_soon_read(monkeypatch: Any) -> None:
    many = {f"site{number}": {"nas": f"sw-{number}-*"} for number in range(100)}
    labels = {**LABELS, **many}
    made = {name: Label(name, "nas", CONDITIONS["nas"](label["nas"])) for name, label in many.items()}
    rules = tuple(Rule(name, (TERMS["good"], TERMS["windows"], label), DENY) for name, label in made.items())
    logic = Logic(labels, Policy(rules))
    assert all(logic.possible(rule.match, rules[:index]) for index, rule in enumerate(rules))
    last = Rule("last", (TERMS["good"], *made.values()), DENY)
    assert logic.possible(last.match)
    monkeypatch.setattr(policy_logic, "STEPS", 1)
    assert logic.possible((TERMS["good"], Not(TERMS["good"]), TERMS["corp"]))
