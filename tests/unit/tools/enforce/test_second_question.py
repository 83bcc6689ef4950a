"""A NAS that doesn't know a session is asked without its ids, but never for the next session of the same device."""

from dataclasses import replace

import pytest

from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import ACK, GONE, World, send, session, turn


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_login_meanwhile_is_not_thrown_out_by_the_question_without_ids(
    world: World, reconcile: Reconcile, by_hand: bool
) -> None:
    old = session()
    known = replace(old, facts=replace(old.facts, acct_session_id="OLD"))
    world.store.put(known)
    turn(world, 1)
    world.replies["sw1"] = GONE
    world.by_hand = by_hand
    world.meanwhile = lambda: world.login(old, "vlan 1")
    if by_hand:
        prepared = [reconcile.sender.dispatch.prepare(known)]
        assert [reply for _, reply in reconcile.sender.by_hand(prepared, "ann")] == [GONE]
    else:
        send(world, reconcile)
        assert [move.attempts for move in world.store.moves()] == [1]
    assert len(world.sent) == 1
    assert [found.granted for found in world.store.sessions()] == ["vlan 1"]


def test_a_session_that_is_the_same_is_asked_for_without_ids_and_counts_once(
    world: World, reconcile: Reconcile
) -> None:
    old = session()
    world.store.put(replace(old, facts=replace(old.facts, acct_session_id="OLD")))
    turn(world, 1)
    world.replies["sw1"] = GONE
    world.meanwhile = lambda: world.replies.update(sw1=ACK) if len(world.sent) == 2 else None
    send(world, reconcile)
    assert world.sent == [("sw1", [old.key])] * 2
    assert [(move.state, move.attempts) for move in world.store.moves()] == [("acknowledged", 1)]
