"""Which sessions a run would move, and what needs a person's word."""

from dataclasses import replace

import pytest

from radtune.grants import Given
from radtune.matching import Match
from radtune.policy import Decision
from radtune.records import Move, Session
from radtune.settings import Limits
from radtune_tools.plan import (
    RELOGIN_SECONDS,
    SessionMove,
    SessionPlan,
    is_waiting,
    plan_sessions,
    standing,
)
from unit.samples import NOW, by_mac

LIMITS = Limits(devices_gone=5, devices_gone_percent=10, sessions_moved=5, sessions_moved_percent=10)


def decision(vlan: str = "1", *, allow: bool = True, compliance: str = "noncompliant") -> Decision:
    return Decision(Given(allow, vlan if allow else ""), "r", compliance, "because", Match("found", ""))


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
    limits = Limits(sessions_moved=number, sessions_moved_percent=percent)
    moves = [SessionMove(session(), decision())] * count
    assert bool(SessionPlan(100, moves).refusal(limits)) == refused


def test_a_session_moves_only_if_its_outcome_would_be_another() -> None:
    same = decision("750", compliance="error")
    plan = plan_sessions([(session(), same), (session(), decision("1")), (session(), decision(allow=False))])
    assert (plan.live, [move.after for move in plan.moves]) == (3, ["vlan 1", "deny"])
    assert str(plan.moves[0]) == "LAPTOP-1 (0016cbaabb01) at 192.0.2.1: vlan 750 -> vlan 1: because"


@pytest.mark.parametrize(
    ("count", "live", "refused"), [(0, 0, False), (5, 5, False), (6, 59, True), (6, 60, False), (11, 100, True)]
)
def test_sessions_may_move_up_to_the_number_or_the_share(count: int, live: int, refused: bool) -> None:
    refusal = SessionPlan(live, [SessionMove(session(), decision())] * count).refusal(LIMITS)
    assert bool(refusal) == refused
    assert refused == (f"--accept-moves {count} lets it happen" in refusal)


@pytest.mark.parametrize("compliance", ["stale", "unavailable"])
def test_a_store_that_can_t_be_trusted_moves_nobody_without_a_word(compliance: str) -> None:
    blind = SessionMove(session(), decision(allow=False, compliance=compliance))
    refusal = SessionPlan(1000, [SessionMove(session(), decision()), blind]).refusal(Limits(1000, 100, 1000, 100))
    assert refusal.startswith("radtune can't judge now")
    assert "--accept-moves 2 lets it happen" in refusal


@pytest.mark.parametrize("compliance", ["not_enrolled", "ambiguous", "noncompliant"])
def test_what_is_known_moves(compliance: str) -> None:
    moves = [SessionMove(session(), decision(allow=False, compliance=compliance))]
    assert SessionPlan(1, moves).refusal(LIMITS) == ""


def move(after: str = "vlan 1", state: str = "acknowledged", sent_at: float = NOW) -> Move:
    return Move(session().key, "vlan 750", after, "because", state, NOW - 1, sent_at, attempts=1)


AGAIN = session(granted="vlan 1", granted_at=NOW + 1)
LATER = NOW + RELOGIN_SECONDS


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
        (move("deny"), session(refused_at=NOW + 1), NOW + 2, "enforced"),
        (move("deny"), session(refused_at=NOW - 1), NOW + 2, "acknowledged"),
        (move("deny"), session(refused_at=NOW), NOW + 2, "acknowledged"),
        (move("deny", "unanswered"), session(refused_at=NOW + 1), NOW + 2, "unanswered"),
        (move("deny", "refused"), session(refused_at=NOW + 1), NOW + 2, "refused"),
        (move("deny", "pending", 0), session(refused_at=NOW + 1), NOW + 2, "pending"),
        (move("deny", "pending", 0), None, NOW + 2, "ended"),
    ],
)
def test_where_a_move_stands(move_: Move, session_: Session | None, now: float, stands: str) -> None:
    assert standing(move_, session_, now) == stands


@pytest.mark.parametrize(
    ("state", "after", "waits"),
    [
        ("acknowledged", 0.0, True),
        ("acknowledged", RELOGIN_SECONDS - 0.1, True),
        ("acknowledged", RELOGIN_SECONDS, False),
        ("unanswered", 0.0, False),
        ("refused", 0.0, False),
        ("sent", 0.0, False),
        ("pending", 0.0, False),
    ],
)
def test_after_an_acknowledgement_the_device_has_time_to_log_in(state: str, after: float, waits: bool) -> None:
    assert is_waiting(move(state=state), NOW + after) == waits
