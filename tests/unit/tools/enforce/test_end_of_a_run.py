"""The end of a run: what is deleted, what is reported, and what a person lets begin anew."""

from dataclasses import replace

import pytest

from radtune.records.moves_and_states import Move, MoveState
from radtune_tools.enforce.move_progress import Progress
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.enforce.session_plan import Blocked
from unit.moving import Network, session
from unit.samples import NOW


@pytest.mark.parametrize(("later", "kept"), [(-600, True), (0, True), (300, True), (301, False), (-601, False)])
def test_a_move_of_late_is_remembered_unless_a_wrong_clock_has_dated_it(
    network: Network, reconcile: Reconcile, later: float, kept: bool
) -> None:
    network.store.note_moves(moved={"0016cbaabb01": NOW + later})
    reconcile.tidy()
    assert (network.store.moved() != {}) is kept


def test_a_run_deletes_the_sessions_that_are_silent(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.now += 1_000_000
    reconcile.tidy()
    assert one_to_move.store.get_including_ended(session().key) is None


def test_each_problem_is_reported_once_until_it_clears(one_to_move: Network, reconcile: Reconcile) -> None:
    stuck = Progress(Move("nas/mac", "vlan 1", "deny", "why", "not_enforced", NOW), "not_enforced", session())
    again = replace(stuck, move=replace(stuck.move, state="sent"), state="sent")
    blocked = Blocked("moved", "too many", ())
    assert reconcile.news([blocked], [stuck]) == ([blocked], [stuck])
    assert reconcile.news([blocked], [stuck]) == ([], [])
    assert reconcile.news([], [again]) == ([], []), "tried once more: no news when it is stuck again"
    assert reconcile.news([blocked], [stuck]) == ([blocked], []), "the limit had cleared"
    assert reconcile.news([], []) == ([], [])
    assert reconcile.news([], [again]) == ([], [])
    assert reconcile.news([], [stuck]) == ([], [stuck]), "it had cleared"


@pytest.mark.parametrize(
    ("state", "keys", "again"),
    [
        *((state, None, True) for state in ("not_enforced", "unanswered", "refused")),
        *((state, None, False) for state in ("pending", "sent", "acknowledged")),
        *(("refused", keys, again) for keys, again in (([], False), (["nas/mac"], True), (["nas/other"], False))),
    ],
)
def test_only_moves_without_success_begin_anew(
    network: Network, reconcile: Reconcile, state: MoveState, keys: list[str] | None, again: bool
) -> None:
    before = Move("nas/mac", "vlan 1", "deny", "why", state, NOW, next_at=NOW + 900)
    network.store.put_move(before)
    reconcile.start_over(keys)
    assert network.store.get_move("nas/mac") == (
        replace(before, state="not_enforced", next_at=NOW) if again else before
    )
