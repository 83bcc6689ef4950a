"""A NAS that doesn't know a session is asked without its ids, but never for the next session of the same device."""

from dataclasses import replace

import pytest

from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import ACK, GONE, Network, send, session, set_compliance


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_login_meanwhile_is_not_thrown_out_by_the_question_without_ids(
    network: Network, reconcile: Reconcile, by_hand: bool
) -> None:
    old = session()
    known = replace(old, facts=replace(old.facts, acct_session_id="OLD"))
    network.store.put(known)
    set_compliance(network, 1)
    network.replies["sw1"] = GONE
    network.by_hand = by_hand
    network.meanwhile = lambda: network.login(old, "vlan 1")
    if by_hand:
        prepared = [reconcile.sender.nas_requests.prepare(known)]
        assert [reply for _, reply in reconcile.sender.by_hand(prepared, "ann")] == [GONE]
    else:
        send(network, reconcile)
        assert [move.attempts for move in network.store.moves()] == [1]
    assert len(network.sent) == 1
    assert [found.granted for found in network.store.sessions()] == ["vlan 1"]


def test_a_session_that_is_the_same_is_asked_for_without_ids_and_counts_once(
    network: Network, reconcile: Reconcile
) -> None:
    old = session()
    network.store.put(replace(old, facts=replace(old.facts, acct_session_id="OLD")))
    set_compliance(network, 1)
    network.replies["sw1"] = GONE
    network.meanwhile = lambda: network.replies.update(sw1=ACK) if len(network.sent) == 2 else None
    send(network, reconcile)
    assert network.sent == [("sw1", [old.key])] * 2
    assert [(move.state, move.attempts) for move in network.store.moves()] == [("acknowledged", 1)]
