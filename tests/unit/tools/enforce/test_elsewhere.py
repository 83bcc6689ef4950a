"""A session whose client has gone elsewhere, and a NAS that says it has no such session: what that proves."""

from dataclasses import replace

import pytest

from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move
from radtune_tools.enforce.move_progress import answered, effective_state, is_at_other_nas, sent
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.radclient.output import Reply
from unit.defaults import MOVES
from unit.moving import (
    ACK,
    GONE,
    NAK,
    RELOGIN,
    SILENT,
    Network,
    known_to_obey,
    see_through,
    send,
    session,
    set_compliance,
    wait,
)
from unit.samples import NOW

OTHER_NAS = session(1, "192.0.2.2")
OTHER_PORT = replace(session(1), port="8")


def at(made: Session, granted_at: float, granted: str = "vlan 750") -> Session:
    return replace(made, granted_at=granted_at, granted=granted)


def test_an_acknowledged_session_whose_client_has_logged_in_at_another_nas_has_ended(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.store.put(at(OTHER_NAS, NOW - 50, "vlan 1"))
    assert see_through(one_to_move, reconcile) == []
    assert (one_to_move.sent, one_to_move.closed) == ([("sw1", [session().key])], ["ended"])
    assert [each.key for each in one_to_move.store.sessions()] == [OTHER_NAS.key]
    wait(one_to_move, 4 * RELOGIN)
    assert (see_through(one_to_move, reconcile), len(one_to_move.sent)) == ([], 1), "nothing is sent for it any more"


def test_a_device_that_goes_to_another_nas_because_of_the_coa_is_through(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.sleeping = lambda: one_to_move.store.put(at(OTHER_NAS, one_to_move.now, "vlan 1"))
    assert see_through(one_to_move, reconcile) == []
    assert (len(one_to_move.sent), one_to_move.closed) == (1, ["ended"])


def test_an_earlier_login_elsewhere_ends_nothing(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.store.put(at(OTHER_NAS, NOW - 200, "vlan 1"))
    assert [left.state for left in see_through(one_to_move, reconcile, 10 * RELOGIN)] == ["not_enforced"]


@pytest.mark.parametrize("reply", [SILENT, NAK])
def test_without_an_acknowledgement_a_login_at_another_nas_ends_nothing(
    one_to_move: Network, reconcile: Reconcile, reply: Reply
) -> None:
    one_to_move.replies["sw1"] = reply
    one_to_move.store.put(at(OTHER_NAS, NOW - 50, "vlan 1"))
    (left,) = see_through(one_to_move, reconcile, 10 * RELOGIN)
    assert (left.state, one_to_move.closed) == ("not_enforced", [])


def test_a_session_that_is_accounted_for_after_its_acknowledgement_has_not_ended(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.store.put(at(OTHER_NAS, NOW - 50, "vlan 1"))
    one_to_move.meanwhile = lambda: one_to_move.store.put(replace(session(), seen_at=one_to_move.now + 1))
    assert [left.state for left in see_through(one_to_move, reconcile, 10 * RELOGIN)] == ["not_enforced"]


def test_on_another_port_of_the_nas_the_device_has_its_time_to_log_in(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.store.put(at(OTHER_PORT, NOW - 50, "vlan 1"))
    (left,) = see_through(one_to_move, reconcile, RELOGIN - 1)
    assert left.state == "acknowledged"
    wait(one_to_move, 2)
    assert (reconcile.settle(one_to_move.show), one_to_move.closed) == ([], ["ended"])
    assert (see_through(one_to_move, reconcile), len(one_to_move.sent)) == ([], 1)


def test_both_ports_are_moved_and_each_is_enforced_by_its_own_login(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.store.put(at(OTHER_PORT, NOW - 50))
    plan = reconcile.plan()
    assert (plan.live, sorted(move.session.key for move in plan.moves)) == (2, [session().key, OTHER_PORT.key])

    def log_in_again() -> None:
        for each in (OTHER_PORT, session()):
            one_to_move.login(each, "vlan 1")

    one_to_move.sleeping = log_in_again
    one_to_move.by_hand = True
    assert (see_through(one_to_move, reconcile), one_to_move.closed) == ([], ["enforced", "enforced"])


@pytest.mark.parametrize(
    ("interval", "states"),
    [(300.0, []), (0.0, ["not_enforced"]), (30.0, ["not_enforced"]), (10_000.0, ["not_enforced"])],
)
def test_a_session_that_has_missed_its_updates_has_ended_with_its_acknowledgement(
    one_to_move: Network, reconcile: Reconcile, interval: float, states: list[str]
) -> None:
    one_to_move.store.put(replace(session(), granted_at=NOW - 5000, seen_at=NOW - 1000, interval=interval))
    assert [left.state for left in see_through(one_to_move, reconcile, 10 * RELOGIN)] == states


def test_that_a_nas_has_no_such_session_proves_nothing(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = GONE
    (left,) = see_through(one_to_move, reconcile)
    assert (left.state, left.stuck, left.move.cause) == ("not_enforced", True, 503)
    assert "it was not seen yet to obey profile rfc5176" in str(left)
    assert [each.key for each in one_to_move.store.sessions()] == [session().key]


def test_a_nas_that_was_seen_to_obey_is_believed(two_to_move: Network, reconcile: Reconcile) -> None:
    two_to_move.sleeping = lambda: two_to_move.login(session(), "vlan 1")
    two_to_move.replies["sw2"] = GONE
    left = see_through(two_to_move, reconcile)
    assert ([each.state for each in left], two_to_move.closed) == (["not_enforced"], ["enforced"])
    assert (two_to_move.store.obeyed("192.0.2.1"), two_to_move.store.obeyed("192.0.2.2")) == ("rfc5176", "")
    two_to_move.sleeping = lambda: None
    two_to_move.store.put(replace(session(3), device_name="LAPTOP-3"))
    set_compliance(two_to_move, 1, 2, 3)
    two_to_move.replies["sw1"] = GONE
    assert [each.move.key for each in see_through(two_to_move, reconcile)] == [session(2, "192.0.2.2").key]


def test_a_nas_that_was_seen_to_obey_another_profile_is_not_believed(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.store.put_obeyed("192.0.2.1", "cisco")
    one_to_move.replies["sw1"] = GONE
    assert [left.state for left in see_through(one_to_move, reconcile)] == ["not_enforced"]


def test_an_enforcement_without_an_acknowledgement_says_nothing_of_the_nas(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = SILENT
    one_to_move.sleeping = lambda: one_to_move.login(session(), "vlan 1")
    see_through(one_to_move, reconcile, 2 * RELOGIN)
    assert (one_to_move.closed, one_to_move.store.obeyed("192.0.2.1")) == (["enforced"], "")


def test_a_nas_without_the_session_of_a_client_that_is_elsewhere_is_believed(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.store.put(at(OTHER_NAS, NOW - 50, "vlan 1"))
    one_to_move.replies["sw1"] = GONE
    assert (see_through(one_to_move, reconcile), one_to_move.closed) == ([], ["ended"])
    assert one_to_move.kinds() == [("move_requested", "refused"), ("move_ended", "ended")], "it was never given up"


def test_a_nas_without_the_session_of_a_client_that_is_on_another_port_is_not_believed(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.store.put(at(OTHER_PORT, NOW - 50, "vlan 1"))
    one_to_move.replies["sw1"] = GONE
    assert [left.state for left in see_through(one_to_move, reconcile, 10 * RELOGIN)] == ["not_enforced"]
    wait(one_to_move, RELOGIN)
    assert [left.stuck for left in reconcile.settle(one_to_move.show)] == [True]


@pytest.mark.parametrize("reply", [ACK, GONE])
def test_another_device_of_the_user_at_another_nas_proves_nothing(
    one_to_move: Network, reconcile: Reconcile, reply: Reply
) -> None:
    nameless = [replace(each, facts=replace(each.facts, mac="", user_name="bob")) for each in (session(), OTHER_NAS)]
    move = sent(Move(nameless[0].key, "vlan 750", "vlan 1", "r", "pending", NOW), "disconnect", NOW, MOVES)
    move = answered(move, reply, list, NOW, MOVES)
    assert effective_state(move, nameless[0], NOW + 5, RELOGIN, [at(nameless[1], NOW - 50)]) == reply.state
    assert not is_at_other_nas(nameless[0], [at(nameless[1], NOW - 50)])


@pytest.mark.parametrize("reply", [ACK, GONE])
def test_a_move_that_was_given_up_ends_when_its_client_logs_in_elsewhere(
    one_to_move: Network, reconcile: Reconcile, reply: Reply
) -> None:
    one_to_move.replies["sw1"] = reply
    see_through(one_to_move, reconcile, 10 * RELOGIN)
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["not_enforced"]
    one_to_move.store.put(at(OTHER_NAS, one_to_move.now + 5, "vlan 1"))
    wait(one_to_move, 10)
    assert (reconcile.settle(one_to_move.show), one_to_move.closed) == ([], ["ended"])


def test_the_question_without_ids_is_not_asked_if_it_could_mean_another_port(
    network: Network, reconcile: Reconcile
) -> None:
    old = session()
    network.store.put(replace(old, facts=replace(old.facts, acct_session_id="A1")))
    network.store.put(at(OTHER_PORT, NOW - 50, "vlan 1"))
    set_compliance(network, 1)
    network.replies["sw1"] = GONE
    network.meanwhile = lambda: network.replies.update(sw1=ACK) if len(network.sent) == 2 else None
    send(network, reconcile)
    assert (len(network.sent), network.states()) == (1, ["not_enforced"])


def test_the_hold_down_begins_with_the_acknowledgement(one_to_move: Network, reconcile: Reconcile) -> None:
    """A device is moved when it is thrown out, whether or not a run sees it log in."""
    send(one_to_move, reconcile)
    assert one_to_move.store.moved() == {"0016cbaabb01": NOW}


def test_a_run_that_ended_between_packet_and_answer_counts_as_one_without_an_answer(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    known_to_obey(one_to_move)
    one_to_move.meanwhile = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            send(one_to_move, reconcile)
        wait(one_to_move, RELOGIN)
    (left,) = reconcile.settle(one_to_move.show)
    assert (left.state, left.move.answer) == ("not_enforced", "the run that sent it has ended")
    assert left.move.next_at == left.move.given_up_at == one_to_move.now
