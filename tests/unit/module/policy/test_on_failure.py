"""The outcome while the device store is stale or unavailable."""

from radtune.identity.matching import Match
from radtune.policy.decide import Decision, OnFailure, Rule, decide
from radtune.policy.grants import DENY
from radtune.policy.trace import Step, trace
from radtune.records.device_and_client import Facts
from unit.defaults import policy_of
from unit.samples import NOW, found, label, vlan

COMPLIANT = label("mdm_compliance", "compliant", "compliant")
CORP, QUARANTINE = vlan("750"), vlan("1")


def failing(match: Match, failure: OnFailure, *, known: Match | None = None, state: str = "stale") -> Decision:
    rules = (Rule("corp", (COMPLIANT,), CORP), Rule("own", (label("mdm_compliance", "noncompliant"),), QUARANTINE))
    return decide(Facts(), match, policy_of(rules, on_failure={state: failure}), NOW, known)


STALE = found(synced_at=NOW - 100_000)


def test_on_failure_decides_if_no_rule_fits() -> None:
    decision = failing(STALE, OnFailure(QUARANTINE))
    assert (decision.outcome, decision.rule, decision.compliance) == ("vlan 1", "on_failure", "stale")
    assert failing(STALE, OnFailure(QUARANTINE), state="unavailable").rule == "default"
    assert failing(found("error"), OnFailure(QUARANTINE)).rule == "default"
    assert failing(Match("unavailable", "gone"), OnFailure(QUARANTINE), state="unavailable").outcome == "vlan 1"
    assert failing(STALE, OnFailure(DENY)).rule == "on_failure"
    assert failing(STALE, OnFailure(None, 90_000.0)).rule == "default"


def test_the_trace_ends_with_the_state_of_failure() -> None:
    policy = policy_of((), on_failure={"stale": OnFailure(QUARANTINE)})
    (step,) = trace(Facts(), STALE, policy, NOW)
    assert step == Step("on_failure", matched=True, why="no rule fitted, and the device is stale")


def test_a_rule_for_the_state_comes_before_on_failure() -> None:
    rules = (Rule("own", (label("mdm_compliance", "stale"),), CORP),)
    assert decide(Facts(), STALE, policy_of(rules, on_failure={"stale": OnFailure(QUARANTINE)}), NOW).rule == "own"


def test_what_was_last_known_counts_for_the_stated_time_and_no_second_more() -> None:
    decision = failing(STALE, OnFailure(QUARANTINE, 100_000.0))
    assert (decision.outcome, decision.rule, decision.compliance) == ("vlan 750", "corp", "compliant")
    assert "stale" in decision.reason
    assert "27.8 hours ago" in decision.reason
    assert failing(STALE, OnFailure(QUARANTINE, 99_999.0)).rule == "on_failure"


def test_of_a_client_that_was_no_device_nothing_is_known() -> None:
    nobody = Match("not_enrolled", "nobody", synced_at=NOW - 100_000)
    assert failing(nobody, OnFailure(QUARANTINE, 1e6)).rule == "on_failure"
    assert failing(nobody, OnFailure(QUARANTINE, 1e6)).compliance == "stale"


def test_a_store_that_cannot_be_read_is_stood_in_for_by_what_was_known_of_the_client() -> None:
    away = Match("unavailable", "locked")
    decision = failing(away, OnFailure(QUARANTINE, 100_000.0), known=STALE, state="unavailable")
    assert (decision.outcome, decision.compliance, decision.match) == ("vlan 750", "compliant", STALE)
    assert "locked" in decision.reason
    assert failing(away, OnFailure(QUARANTINE, 99_999.0), known=STALE, state="unavailable").rule == "on_failure"
    assert failing(away, OnFailure(QUARANTINE, 1e6), state="unavailable").compliance == "unavailable"
    assert failing(away, OnFailure(QUARANTINE), known=STALE, state="unavailable").compliance == "unavailable"


def test_what_is_known_is_of_no_use_while_the_store_can_be_read() -> None:
    nobody = Match("not_enrolled", "nobody", synced_at=NOW)
    assert failing(nobody, OnFailure(QUARANTINE, 1e6), known=STALE, state="unavailable").compliance == "not_enrolled"
