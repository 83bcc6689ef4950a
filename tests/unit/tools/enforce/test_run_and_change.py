"""What changes while moves are under way: the policy, the store, the device, settings, the clock."""

from dataclasses import replace

from radtune.config.settings import read_settings
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.radclient.output import Reply
from unit.defaults import MOVES
from unit.moving import (
    ACK,
    GONE,
    RELOGIN,
    RETRY,
    SILENT,
    Network,
    known_to_obey,
    see_through,
    send,
    session,
    set_compliance,
)
from unit.samples import NOW, device, fill
from unit.samples import SETTINGS as SETTINGS_TEXT
from unit.serving import Server

SETTINGS = MOVES


def test_nothing_is_sent_again_once_the_server_judges_by_another_policy(
    one_to_move: Network, reconcile: Reconcile, running: Server
) -> None:
    one_to_move.replies["sw1"] = SILENT
    one_to_move.sleeping = lambda: running.judge_by("another")
    (left,) = see_through(one_to_move, reconcile)
    assert (left.state, len(one_to_move.sent)) == ("unanswered", 1)


def test_what_policy_wants_otherwise_meanwhile_is_not_sent_by_this_run(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = SILENT
    one_to_move.sleeping = lambda: set_compliance(one_to_move, 1, compliance="error")
    (left,) = see_through(one_to_move, reconcile)
    assert (left.move.after, len(one_to_move.sent)) == ("vlan 1", 1)


def test_moves_are_kept_while_the_server_judges_by_another_policy_or_nobody_can(
    one_to_move: Network, reconcile: Reconcile, running: Server
) -> None:
    one_to_move.replies["sw1"] = SILENT
    send(one_to_move, reconcile)
    set_compliance(one_to_move, 1, compliance="compliant")
    fingerprint = running.state.policy.fingerprint
    running.judge_by("another")
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["unanswered"]
    running.judge_by(fingerprint)
    fill(one_to_move.office / "store/devices", [device(1)], synced_at=NOW - 10**6)
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["unanswered"]
    set_compliance(one_to_move, 1, compliance="compliant")
    assert reconcile.settle(one_to_move.show) == []


def test_a_device_that_logs_in_after_it_was_given_up_is_moved_again(one_to_move: Network, reconcile: Reconcile) -> None:
    (left,) = see_through(one_to_move, reconcile, 10 * RELOGIN)
    assert (left.state, len(one_to_move.sent)) == ("not_enforced", 2)
    one_to_move.login(session(), "vlan 750")
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2, "not more often than every hour"
    one_to_move.now += SETTINGS.again
    send(one_to_move, reconcile)
    assert (len(one_to_move.sent), one_to_move.states()) == (3, ["acknowledged"])


def test_no_move_is_given_up_while_its_nas_has_no_entry(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    one_to_move.now += RELOGIN
    (one_to_move.office / "settings.yaml").write_text(SETTINGS_TEXT)
    with Reconcile(read_settings(one_to_move.office / "settings.yaml")) as without:
        assert [left.state for left in without.settle(one_to_move.show)] == ["acknowledged"]
        send(one_to_move, without)
    assert one_to_move.states() == ["pending"]
    send(one_to_move, reconcile)
    assert (len(one_to_move.sent), one_to_move.states()) == (2, ["acknowledged"])


def test_a_clock_that_was_a_year_ahead_holds_nothing_back(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = SILENT
    send(one_to_move, reconcile)
    (move,) = one_to_move.store.moves()
    year = 365 * 86400
    one_to_move.store.put_move(replace(move, sent_at=move.sent_at + year, next_at=move.next_at + year))
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2


def test_a_lost_answer_counts_for_the_hold_down_once_the_device_is_there(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = SILENT
    send(one_to_move, reconcile)
    assert one_to_move.store.moved() == {}
    one_to_move.login(session(), "vlan 1")
    reconcile.settle(one_to_move.show)
    assert one_to_move.store.moved() == {"0016cbaabb01": NOW + 1}


def test_only_what_was_let_happen_is_sent_again(two_to_move: Network, reconcile: Reconcile) -> None:
    two_to_move.replies["sw1"] = two_to_move.replies["sw2"] = SILENT
    send(two_to_move, reconcile)
    two_to_move.now += RETRY
    moves = [move for move in reconcile.plan().moves if move.session.key == session().key]
    reconcile.see_through(moves, RETRY * 3, two_to_move.show)
    assert [name for name, _ in two_to_move.sent] == ["sw1", "sw2", "sw1"]


def test_by_hand_the_same_method_is_not_sent_once_more(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    one_to_move.by_hand = True
    list(reconcile.sender.by_hand([reconcile.sender.nas_requests.prepare(session())], "alice"))
    one_to_move.now += RELOGIN
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["not_enforced"]


def test_by_hand_a_method_that_never_left_by_itself_is_not_sent_once_more(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = Reply("pending", "not sent: radclient is not installed")
    send(one_to_move, reconcile)
    one_to_move.replies["sw1"] = ACK
    one_to_move.by_hand = True
    list(reconcile.sender.by_hand([reconcile.sender.nas_requests.prepare(session())], "alice"))
    one_to_move.now += RELOGIN
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["not_enforced"]


def test_a_nas_that_denies_a_session_and_accounts_for_it_does_not_enforce(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    known_to_obey(one_to_move)
    one_to_move.replies["sw1"] = GONE
    send(one_to_move, reconcile)
    assert (reconcile.settle(one_to_move.show), one_to_move.closed) == ([], ["ended"])
    assert reconcile.plan().moves == []
    one_to_move.now += 60
    over = one_to_move.store.get_including_ended(session().key)
    assert over is not None
    one_to_move.store.put(replace(over, seen_at=one_to_move.now))
    (left,) = see_through(one_to_move, reconcile)
    assert (left.state, len(one_to_move.sent)) == ("not_enforced", 2)
    assert "(503: the NAS has no such session), but accounts for it: how does it want to be told" in str(left)


def test_a_session_without_a_packet_whose_device_logs_in_meanwhile_is_no_problem(
    network: Network, reconcile: Reconcile
) -> None:
    unreachable = session(2, "192.0.2.77")
    for each in (session(), unreachable):
        network.store.put(each)
    set_compliance(network, 1, 2)
    network.meanwhile = lambda: network.login(unreachable, "vlan 1")
    send(network, reconcile)
    assert [move.key for move in network.store.moves()] == [session().key]
