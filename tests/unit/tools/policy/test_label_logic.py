"""What labels exclude and imply: held against the judge itself."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from radtune.config.policy_labels import CONDITIONS
from radtune.identity.matching import Match
from radtune.policy.decide import Rule, decide
from radtune.policy.grants import DENY, Authorization
from radtune.policy.labels import UNRESOLVED_STATES, AnyOf, Label, Not, Term
from radtune.policy.trace import trace
from radtune.records.device_and_client import ALL_STATES, INTUNE_STATES, Certificate, ComplianceState, Facts
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
    st.sampled_from(("mac", "name")),
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


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
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
    assert logic.possible(hold, before)
    assert logic.possible(hold, before, decision.compliance or None)


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
    assert state != ""
    assert Logic(LABELS, policy).unresolved(deny, allow.match, (), state)


def test_a_deny_that_asks_for_nothing_of_the_device_is_never_unresolved() -> None:
    logic = Logic(LABELS, policy_of(()))
    assert not logic.unresolved(Rule("deny", (TERMS["corp"],), DENY), (TERMS["tls"],), (), "stale")
    assert not logic.unresolved(Rule("deny", (TERMS["windows"],), DENY), (TERMS["tls"],), (), "compliant")


def test_more_combinations_than_are_tried_leave_everything_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    logic = Logic(LABELS, policy_of(()))
    nobody = (AnyOf((TERMS["corp"], TERMS["guest"])), Not(TERMS["corp"]), Not(TERMS["guest"]))
    assert not logic.possible(nobody)
    deny, before = Rule("deny", (TERMS["windows"],), DENY), (Rule("before", (TERMS["tls"],), DENY),)
    assert logic.unresolved(deny, (), before, "stale")
    monkeypatch.setattr(label_logic, "MOST", 1)
    slow = Logic(LABELS, policy_of(()))
    assert slow.possible(nobody)
    assert not slow.unresolved(deny, (), before, "stale")


def test_a_policy_of_five_hundred_rules_and_labels_is_soon_checked() -> None:
    """Each rule has a label of its own, which the check has to leave open for the rules behind it."""
    many = {f"nas{number}": {"nas": f"sw-{number}-*"} for number in range(500)}
    made = {name: Label(name, "nas", *CONDITIONS["nas"](label["nas"])) for name, label in many.items()}
    rules = tuple(Rule(name, (TERMS["good"], TERMS["windows"], label), DENY) for name, label in made.items())
    logic = Logic({**LABELS, **many}, policy_of(rules))
    assert all(logic.possible(rule.match, rules[:index]) for index, rule in [*enumerate(rules)][::10])
    assert not any(logic.possible((*rule.match, TERMS["corp"]), rules) for rule in rules[::50])
    assert not logic.possible((Not(made["nas1"]), TERMS["good"], *made.values()))


ASKED = ("good", "bad", "corp", "guest", "windows", "encrypted", "by-mac", "conflict", "id", "tls")
"""Labels with so few answers together that all clients can be imagined one by one."""
STATES = sorted(ALL_STATES)
Answers = tuple[ComplianceState, str, str, bool, str, bool, bool | None, str]
CLIENTS: list[Answers] = [
    *product(
        *(STATES, ("Corp", "Guest", "x"), ("windows", "x"), (True, False), ("mac", "name")),
        *((True, False), (True, False, None), ("eap-tls", "x")),
    )
]


def answer(term: Term, client: Answers) -> bool | None:
    """Return the answer of a term about an imagined client; this and `Logic` know of each other nothing."""
    if isinstance(term, Not):
        inner = answer(term.term, client)
        return None if inner is None else not inner
    if isinstance(term, AnyOf):
        answers = {answer(each, client) for each in term.terms}
        return True if True in answers else None if None in answers else False
    state, ssid, system, encrypted, found_by, conflict, in_certificate, auth_type = client
    if term.name == "conflict":
        return None if state in ("stale", "unavailable") else conflict
    of_device = {"windows": system == "windows", "encrypted": encrypted, "by-mac": found_by in ("mac", "user")}
    if term.name in of_device:
        return None if state in UNRESOLVED_STATES else state != "not_enrolled" and of_device[term.name]
    of_client = {"good": state == "compliant", "bad": state in ("noncompliant", "unknown", "stale")}
    of_client |= {"corp": ssid == "Corp", "guest": ssid == "Guest", "tls": auth_type == "eap-tls"}
    return in_certificate if term.name == "id" else of_client[term.name]


def matches(terms: tuple[Term, ...], client: Answers) -> bool | None:
    answers = {answer(term, client) for term in terms}
    return False if False in answers else None if None in answers else True


few_terms = st.recursive(
    st.sampled_from([TERMS[name] for name in ASKED]),
    lambda inner: st.builds(Not, inner) | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)
few_matches = st.lists(few_terms, min_size=1, max_size=3).map(tuple)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hold=few_matches, others=st.lists(few_matches, min_size=1, max_size=5), state=st.sampled_from(STATES))
def test_what_is_possible_is_what_some_client_of_all_shows(
    hold: tuple[Term, ...], others: list[tuple[Term, ...]], state: ComplianceState
) -> None:
    rules = tuple(Rule(f"R{number}", match, DENY) for number, match in enumerate(others))
    logic = Logic({name: LABELS[name] for name in ASKED}, policy_of(rules))
    fitting = [client for client in CLIENTS if matches(hold, client)]
    left = [client for client in fitting if not any(matches(match, client) for match in others)]
    assert logic.possible(hold) == any(fitting)
    assert logic.possible(hold, rules) == any(left)
    assert logic.possible(hold, rules, state) == any(client[0] == state for client in left)
    before = [
        client for client in fitting if client[0] == state and not any(matches(each, client) for each in others[1:])
    ]
    assert logic.unresolved(rules[0], hold, rules[1:], state) == any(
        matches(others[0], each) is None for each in before
    )
