"""Which sessions a run would move, and what needs a person's word."""

from dataclasses import replace

import pytest

from radtune.config.settings import Limits
from radtune.identity.matching import Match
from radtune.policy.decide import Decision
from radtune.policy.grants import Authorized
from radtune.records.device_and_client import ComplianceState, Session
from radtune.records.moves_and_states import Move, MoveState
from radtune_tools.enforce.move_progress import effective_state
from radtune_tools.enforce.session_plan import (
    SessionMove,
    SessionPlan,
    held_because,
    plan_sessions,
)
from unit.defaults import MOVES, limits_with, moves_with
from unit.samples import NOW, by_mac

RELOGIN = MOVES.relogin
LIMITS = limits_with(sessions_at_nas=1000)


def decision(vlan: str = "1", *, allow: bool = True, compliance: ComplianceState = "noncompliant") -> Decision:
    return Decision(Authorized(allow, vlan if allow else ""), "r", compliance, "because", Match("found", ""))


def session(**more: object) -> Session:
    return replace(Session(by_mac(), "vlan 750", NOW, device_name="LAPTOP-1"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "percent", "count", "refused"),
    [
        (0, 0.0, 0, False),
        (0, 0.0, 1, True),
        (0, 0.5, 1, True),
        (0, 1.0, 1, False),
        (0, 100.0, 100, False),
        (100, 0.0, 100, False),
    ],
)
def test_limits_of_nothing_and_of_everything(number: int, percent: float, count: int, refused: bool) -> None:
    limits = limits_with(
        sessions_moved=number, sessions_moved_percent=percent, sessions_at_nas=1000, sessions_restored=0
    )
    assert bool(refusals(SessionPlan(100, [SessionMove(session(), decision())] * count), limits)) == refused


def refusals(plan: SessionPlan, limits: Limits) -> list[str]:
    return [refusal.why for refusal in plan.admitted(limits, None)[1]]


def test_a_plan_without_moves_counts_the_sessions_that_are_right() -> None:
    held = [(SessionMove(session(), decision()), "a window")] * 2
    plan = SessionPlan(9, missing_attribute=[(session(), "R1")], held=held)
    assert plan.nothing() == "nothing to move: 6 sessions, each where policy wants it"


def test_a_session_moves_only_if_its_outcome_would_be_another() -> None:
    same = decision("750", compliance="error")
    plan = plan_sessions([(session(), same), (session(), decision("1")), (session(), decision(allow=False))])
    assert (plan.live, [move.after for move in plan.moves]) == (3, ["vlan 1", "deny"])
    assert str(plan.moves[0]) == "LAPTOP-1 (0016cbaabb01) at 192.0.2.1: vlan 750 -> vlan 1: because"


@pytest.mark.parametrize(
    ("count", "live", "refused"), [(0, 0, False), (5, 5, False), (6, 59, True), (6, 60, False), (11, 100, True)]
)
def test_sessions_may_move_up_to_the_number_or_the_share(count: int, live: int, refused: bool) -> None:
    plan = SessionPlan(live, [SessionMove(session(), decision())] * count)
    told = " ".join(refusals(plan, LIMITS))
    assert bool(told) == refused
    assert refused == (f"--accept-moves {count} lets all {count} happen" in told)
    assert len(plan.admitted(LIMITS, count)[0]) == count


@pytest.mark.parametrize("compliance", ["stale", "unavailable"])
def test_a_store_that_can_t_be_trusted_moves_nobody_without_a_word(compliance: ComplianceState) -> None:
    unjudged = SessionMove(session(), decision(allow=False, compliance=compliance))
    seen = SessionMove(session(facts=by_mac("0016cbaabb02")), decision())
    moves, (refusal,) = SessionPlan(1000, [seen, unjudged]).admitted(LIMITS, None)
    assert moves == [seen]
    assert refusal.why.startswith("1 session would move: radtune can't judge now")
    assert "--accept-moves 2 lets all 2 happen" in refusal.why


@pytest.mark.parametrize("compliance", ["not_enrolled", "ambiguous", "noncompliant"])
def test_what_is_known_moves(compliance: ComplianceState) -> None:
    moves = [SessionMove(session(), decision(allow=False, compliance=compliance))]
    assert SessionPlan(1, moves).admitted(LIMITS, None) == (moves, [])


def move(after: str = "vlan 1", state: MoveState = "acknowledged", sent_at: float = NOW) -> Move:
    return Move(session().key, "vlan 750", after, "because", state, NOW - 1, sent_at, attempts=1)


AGAIN = session(granted="vlan 1", granted_at=NOW + 1)
LATER = NOW + RELOGIN


@pytest.mark.parametrize(
    ("move_", "session_", "now", "stands"),
    [
        (move(), AGAIN, NOW + 2, "enforced"),
        (move(state="unanswered"), AGAIN, NOW + 2, "enforced"),
        (move(state="sent"), AGAIN, NOW + 2, "enforced"),
        (move(), session(), NOW + 2, "acknowledged"),
        (move(), session(granted="vlan 2", granted_at=NOW + 1), NOW + 2, "acknowledged"),
        (move(), session(granted="vlan 1", granted_at=NOW), NOW + 2, "acknowledged"),
        (move(), session(granted="vlan 1", granted_at=NOW - 9), NOW + 2, "acknowledged"),
        (move(state="pending", sent_at=0), AGAIN, NOW + 2, "pending"),
        (move(), None, NOW + 2, "acknowledged"),
        (move(), None, LATER, "ended"),
        (move(state="refused"), None, NOW + 2, "ended"),
        (move(state="pending", sent_at=0), None, NOW + 2, "ended"),
        (move("deny"), None, NOW + 2, "enforced"),
        (move("deny"), session(), NOW + 2, "acknowledged"),
        (move("deny"), session(denied_at=NOW + 1), NOW + 2, "enforced"),
        (move("deny"), session(denied_at=NOW - 1), NOW + 2, "acknowledged"),
        (move("deny"), session(denied_at=NOW), NOW + 2, "acknowledged"),
        (move("deny"), session(denied_at=NOW - 1, granted_at=NOW - 9), NOW + 2, "acknowledged"),
        (move("deny"), session(denied_at=NOW + 1, granted_at=NOW + 2), NOW + 3, "acknowledged"),
        (move("deny", "unanswered"), session(denied_at=NOW + 1), NOW + 2, "unanswered"),
        (move("deny", "refused"), session(denied_at=NOW + 1), NOW + 2, "refused"),
        (move("deny", "pending", 0), session(denied_at=NOW + 1), NOW + 2, "pending"),
        (move("deny", "pending", 0), None, NOW + 2, "ended"),
    ],
)
def test_where_a_move_stands(move_: Move, session_: Session | None, now: float, stands: str) -> None:
    assert effective_state(move_, session_, now, RELOGIN) == stands


@pytest.mark.parametrize(
    ("before", "now", "allow", "restores"),
    [
        ("noncompliant", "compliant", True, True),
        ("compliant", "compliant", True, False),
        ("stale", "compliant", True, True),
        ("noncompliant", "in_grace_period", True, True),
        ("compliant", "in_grace_period", True, False),
        ("in_grace_period", "in_grace_period", True, False),
        ("noncompliant", "compliant", False, False),
        ("compliant", "noncompliant", True, False),
        ("compliant", "not_enrolled", True, False),
        ("compliant", "unknown", True, False),
    ],
)
def test_which_moves_give_back(before: str, now: ComplianceState, allow: bool, restores: bool) -> None:
    assert SessionMove(session(compliance=before), decision(allow=allow, compliance=now)).restores == restores


def many(count: int, compliance: ComplianceState, nas: str = "192.0.2.1") -> list[tuple[Session, Decision]]:
    facts = [replace(by_mac(f"0016cbaa{number:04x}"), nas_address=nas) for number in range(count)]
    return [(session(facts=each, compliance="error"), decision("1", compliance=compliance)) for each in facts]


def test_less_and_more_have_limits_of_their_own() -> None:
    plan = plan_sessions(many(6, "noncompliant") + many(5, "compliant", "192.0.2.2"))
    moves, (refusal,) = plan.admitted(limits_with(), None)
    assert {move.decision.compliance for move in moves} == {"compliant"}
    assert refusal.why.startswith("6 of 11 sessions would move (54.5%)")
    plan = plan_sessions(many(5, "noncompliant") + many(6, "compliant", "192.0.2.2"))
    moves, (refusal,) = plan.admitted(limits_with(), None)
    assert {move.decision.compliance for move in moves} == {"noncompliant"}
    assert refusal.why.startswith("6 of 11 sessions would move because their device has come back to health (54.5%)")


def test_no_nas_loses_more_than_its_share() -> None:
    limits = replace(LIMITS, sessions_moved_percent=100, sessions_at_nas=2, sessions_at_nas_percent=50)
    plan = plan_sessions([*many(3, "noncompliant"), *many(2, "noncompliant", "192.0.2.2")])
    moves, (refusal,) = plan.admitted(limits, None)
    assert [move.session.facts.nas_address for move in moves] == ["192.0.2.2"] * 2
    assert refusal.why.startswith("3 of 3 sessions on 192.0.2.1 would move (100.0%), more than 2 and than 50%; ")
    assert "--accept-moves 5 lets all 5 happen" in refusal.why
    assert len(plan.admitted(limits, 5)[0]) == 5


def test_many_nases_over_their_limit_are_told_in_few_lines() -> None:
    judged = [each for nas in range(8) for each in many(3, "noncompliant", f"192.0.2.{nas}")]
    limits = replace(LIMITS, sessions_moved_percent=100, sessions_at_nas=2)
    moves, refusals_ = plan_sessions(judged).admitted(limits, None)
    assert (moves, len(refusals_)) == ([], 6)
    assert refusals_[-1].why.startswith("8 NASes are over that limit in all; ")


def test_what_is_under_way_goes_on_and_doesn_t_count() -> None:
    judged = many(7, "noncompliant")
    begun = {made.key: replace(move(), key=made.key) for made, _ in judged[:4]}
    plan = plan_sessions(judged, begun)
    moves, told = plan.admitted(limits_with(sessions_moved=3), None)
    assert (len(moves), told) == (7, [])
    moves, (refusal,) = plan.admitted(limits_with(sessions_moved=2), None)
    assert {each.session.key for each in moves} == set(begun)
    assert refusal.why.startswith("3 of 7 sessions would move (42.9%)")
    assert "--accept-moves 3 lets all 3 happen that would begin now" in refusal.why
    assert len(plan.admitted(limits_with(sessions_moved=2), 3)[0]) == 7
    other = {key: replace(each, after="deny") for key, each in begun.items()}
    assert plan_sessions(judged, other).admitted(limits_with(sessions_moved=6), None)[0] == []


def test_no_limit_and_no_window_counts_for_a_person() -> None:
    wanted = replace(decision(), quarantined=True)
    plan = plan_sessions([(session(), wanted)])
    assert plan.admitted(limits_with(sessions_moved=0, sessions_at_nas=0), None) == (plan.moves, [])
    window = {"name": "w", "time": {"days": "mon-sun", "timezone": "UTC"}, "moves": "none"}
    assert held_because(plan.moves[0], moves_with(windows=[window]), 0.0, NOW) == ""


SATURDAY = 1_800_122_400.0  # 2027-01-16 18:00 UTC


@pytest.mark.parametrize(
    ("moves", "nas", "compliance", "now", "held"),
    [
        ("none", ["192.0.2.0/24"], "noncompliant", SATURDAY, True),
        ("none", ["192.0.2.0/24"], "compliant", SATURDAY, True),
        ("none", None, "noncompliant", SATURDAY, True),
        ("none", ["192.0.3.0/24"], "noncompliant", SATURDAY, False),
        ("none", ["192.0.2.0/24"], "noncompliant", SATURDAY + 86400, False),
        ("quarantine", ["192.0.2.0/24"], "noncompliant", SATURDAY, False),
        ("quarantine", ["192.0.2.0/24"], "compliant", SATURDAY, True),
    ],
)
def test_windows(moves: str, nas: list[str] | None, compliance: ComplianceState, now: float, held: bool) -> None:
    window = {"name": "upgrades", "time": {"days": "sat", "timezone": "UTC"}, "moves": moves}
    settings = moves_with(windows=[window | ({"nas": nas} if nas else {})])
    wanted = SessionMove(session(), decision(compliance=compliance))
    assert held_because(wanted, settings, 0.0, now) == ("the window upgrades of moves.windows is open" if held else "")
    plan = plan_sessions(
        [(session(), wanted.decision)], held_because=lambda each: held_because(each, settings, 0.0, now)
    )
    assert (len(plan.moves), len(plan.held)) == ((0, 1) if held else (1, 0))


def test_hold_down_is_for_what_is_new_and_gives_back() -> None:
    settings = moves_with(hold_down="10m")
    back = SessionMove(session(), decision(compliance="compliant"))
    assert "it was moved 599 seconds ago" in held_because(back, settings, NOW - 599, NOW)
    assert held_because(back, settings, NOW - 600, NOW) == ""
    assert held_because(back, settings, NOW + 10**6, NOW) == "", "a clock that was wrong"
    assert held_because(SessionMove(session(), decision()), settings, NOW - 1, NOW) == ""
    assert held_because(replace(back, under_way=move()), settings, NOW - 1, NOW) == ""
