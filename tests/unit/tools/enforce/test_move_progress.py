"""A CoA without success: sent again, by the next method, and given up in the end."""

from dataclasses import replace

import pytest

from radtune.records.moves_and_states import Move
from radtune_tools.enforce.move_progress import EffectiveState, Progress, answered, next_method, sent
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.radclient.output import Reply
from unit.defaults import MOVES
from unit.moving import ACK, NAK, RELOGIN, RETRY, SILENT, Network, see_through, send, session, set_compliance
from unit.samples import NOW

METHODS = ["reauthenticate", "disconnect", "bounce"]
SETTINGS = MOVES


def tried(reply: Reply, *, times: int = 20) -> list[tuple[str, float]]:
    """Return by which method a move is sent, and how long after the answer before, while this is the answer."""
    move, now, found = Move("nas/mac", "vlan 750", "vlan 1", "why", "pending", NOW), NOW, []
    for _ in range(times):
        method = next_method(move, METHODS, SETTINGS.attempts)
        found.append((method, now - NOW))
        doubt = "in doubt" if reply.session_missing else ""
        move = answered(sent(move, method, now, SETTINGS), reply, lambda: METHODS, now, SETTINGS, doubt)
        if move.state == "not_enforced":
            assert (move.answer.removesuffix(", but in doubt"), move.next_at) == (reply.answer, now + SETTINGS.again)
            break
        now = move.next_at
    return found


@pytest.mark.parametrize("reply", [SILENT, NAK, Reply("refused", "busy", 506)])
def test_each_method_is_tried_twice_later_and_later(reply: Reply) -> None:
    assert tried(reply) == [
        *(("reauthenticate", 0), ("reauthenticate", 10)),
        *(("disconnect", 30), ("disconnect", 40)),
        *(("bounce", 60), ("bounce", 70)),
    ]


@pytest.mark.parametrize("cause", [401, 402, 403, 404, 405, 406, 407, 501, 503, 504, 508])
def test_what_a_nas_will_never_do_is_not_asked_twice(cause: int) -> None:
    assert tried(Reply("refused", "no", cause)) == [(method, 0) for method in METHODS]


def test_an_acknowledged_move_waits_for_the_device() -> None:
    move = sent(Move("nas/mac", "vlan 750", "vlan 1", "why", "pending", NOW), "disconnect", NOW, SETTINGS)
    assert answered(move, ACK, lambda: METHODS, NOW + 1, SETTINGS).next_at == NOW + RELOGIN


def test_a_method_that_is_gone_from_the_profile_begins_anew() -> None:
    move = sent(Move("nas/mac", "vlan 750", "vlan 1", "why", "pending", NOW), "coa", NOW, SETTINGS)
    assert next_method(move, METHODS, 2) == "reauthenticate"
    assert next_method(move, [], 2) == ""


def test_waiting_ends_with_the_login(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.meanwhile = lambda: None
    one_to_move.sleeping = lambda: one_to_move.login(session(), "vlan 1")
    assert see_through(one_to_move, reconcile) == []
    assert one_to_move.shown[-1].endswith("vlan 750 -> vlan 1: enforced")


def test_waiting_ends_with_the_time(one_to_move: Network, reconcile: Reconcile) -> None:
    (left,) = see_through(one_to_move, reconcile)
    assert left.state == "acknowledged"
    assert NOW + 30 <= one_to_move.now < NOW + 31


@pytest.mark.parametrize("reply", [NAK, SILENT])
def test_nothing_is_waited_for_that_comes_after_the_time(
    one_to_move: Network, reconcile: Reconcile, reply: Reply
) -> None:
    one_to_move.replies["sw1"] = reply
    assert [progress.state for progress in see_through(one_to_move, reconcile, RETRY - 1)] == [reply.state]
    assert one_to_move.now == NOW


def test_a_lost_coa_is_sent_again_by_the_same_run(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = SILENT

    def recovers() -> None:
        one_to_move.replies["sw1"] = ACK
        if len(one_to_move.sent) == 2:
            one_to_move.login(session(), "vlan 1")

    one_to_move.sleeping = recovers
    assert see_through(one_to_move, reconcile) == []
    assert (len(one_to_move.sent), one_to_move.closed) == (2, ["enforced"])


def test_a_denied_device_is_through_when_its_nas_has_ended_the_session(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    set_compliance(one_to_move, 1, compliance="error")
    send(one_to_move, reconcile)
    one_to_move.store.end(session().key)
    assert (reconcile.settle(one_to_move.show), one_to_move.closed) == ([], ["enforced"])
    assert one_to_move.kinds() == [("move_requested", "acknowledged"), ("moved", "enforced")]


def test_the_last_try_has_its_time_too(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    one_to_move.now += RELOGIN
    send(one_to_move, reconcile)
    for passed, state in ((0, "acknowledged"), (RELOGIN - 1, "acknowledged"), (1, "not_enforced")):
        one_to_move.now += passed
        assert [left.state for left in reconcile.settle(one_to_move.show)] == [state]
    assert len(one_to_move.sent) == 2


def test_what_has_failed_by_every_method_is_not_enforced_and_asked_anew_an_hour_later(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = SILENT
    (left,) = see_through(one_to_move, reconcile)
    assert (left.state, len(one_to_move.sent), left.move.method, left.move.attempts) == (
        "not_enforced",
        2,
        "disconnect",
        2,
    )
    assert "not enforced (-; sent 2 times, last by disconnect)" in str(left)
    assert ("not_enforced", "not_enforced") in one_to_move.kinds()
    one_to_move.now = left.move.next_at - 1
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2
    one_to_move.now += 1
    send(one_to_move, reconcile)
    assert (len(one_to_move.sent), one_to_move.states()) == (3, ["unanswered"])


def test_a_nas_that_obeys_in_vain_is_left_alone_until_a_person_says_so(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    (left,) = see_through(one_to_move, reconcile, 10 * RELOGIN)
    assert (left.state, left.move.next_at, len(one_to_move.sent)) == ("not_enforced", 0, 2)
    assert one_to_move.now < NOW + 3 * RELOGIN, "there is nothing to wait for any more"
    assert "Disconnect-ACK, but not logged in again within 60 seconds" in str(left)
    one_to_move.now += 2 * MOVES.again
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2
    reconcile.start_over()
    send(one_to_move, reconcile)
    assert (len(one_to_move.sent), one_to_move.states()) == (3, ["acknowledged"])


def test_what_was_given_up_is_enforced_by_the_device_itself(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = SILENT
    see_through(one_to_move, reconcile)
    one_to_move.login(session(), "vlan 1")
    assert (reconcile.settle(one_to_move.show), one_to_move.closed, one_to_move.states()) == ([], ["enforced"], [])


def test_a_run_that_was_killed_between_packet_and_answer_gives_the_device_its_time(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.meanwhile = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        send(one_to_move, reconcile)
    one_to_move.meanwhile = lambda: None
    send(one_to_move, reconcile)
    assert (len(one_to_move.sent), one_to_move.states()) == (1, ["sent"])
    one_to_move.now += RELOGIN
    send(one_to_move, reconcile)
    assert (len(one_to_move.sent), one_to_move.states()) == (2, ["acknowledged"])


def test_a_device_that_was_moved_lately_is_not_moved_back_yet(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    one_to_move.login(session(), "vlan 1")
    reconcile.settle(one_to_move.show)
    set_compliance(one_to_move, 1, compliance="compliant")
    plan = reconcile.plan()
    assert (plan.moves, [move.after for move, _ in plan.held]) == ([], ["vlan 750"])
    assert "moves.hold_down is 600 seconds" in plan.held[0][1]
    set_compliance(one_to_move, 1, compliance="error")
    assert [move.after for move in reconcile.plan().moves] == ["deny"], "less is given at once"
    set_compliance(one_to_move, 1, compliance="compliant")
    one_to_move.now = NOW + 601
    assert [move.after for move in reconcile.plan().moves] == ["vlan 750"]
    reconcile.tidy()
    assert one_to_move.store.moved() == {"0016cbaabb01": NOW + 1}
    one_to_move.now += 1
    reconcile.tidy()
    assert one_to_move.store.moved() == {}


def test_by_hand_a_move_that_was_given_up_goes_on(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = SILENT
    see_through(one_to_move, reconcile)
    one_to_move.replies["sw1"] = ACK
    one_to_move.by_hand = True
    (_,) = reconcile.sender.by_hand([reconcile.sender.nas_requests.prepare(session())], "ann")
    assert one_to_move.states() == ["acknowledged"]
    one_to_move.login(session(), "vlan 1")
    assert (reconcile.settle(one_to_move.show), one_to_move.closed) == ([], ["enforced"])


@pytest.mark.parametrize(
    ("state", "said"), [("unanswered", "not enforced yet: nas/mac: "), ("not_enforced", "nas/mac: "), ("enforced", "")]
)
def test_what_is_reported_of_a_session_that_is_out_of_policy(state: EffectiveState, said: str) -> None:
    progress = Progress(Move("nas/mac", "vlan 1", "deny", "because", "pending", NOW), state, session())
    assert progress.out_of_policy == (said != "")
    assert progress.problem().startswith(said)
    assert not replace(progress, session=None).out_of_policy
