"""What changes while moves are under way: the policy, the store, the device, settings, the clock."""

from dataclasses import replace

from radtune.config.settings import read_settings
from radtune_tools.enforce.reconcile import Reconcile
from unit.defaults import MOVES
from unit.moving import GONE, RELOGIN, RETRY, SILENT, World, known_to_obey, see_through, send, session, turn
from unit.samples import NOW, device, fill
from unit.samples import SETTINGS as SETTINGS_TEXT
from unit.serving import Server

SETTINGS = MOVES


def test_nothing_is_sent_again_once_the_server_judges_by_another_policy(
    flipped: World, reconcile: Reconcile, running: Server
) -> None:
    flipped.replies["sw1"] = SILENT
    flipped.sleeping = lambda: running.judge_by("another")
    (left,) = see_through(flipped, reconcile)
    assert (left.state, len(flipped.sent)) == ("unanswered", 1)


def test_nothing_is_sent_again_while_nobody_can_judge(flipped: World, reconcile: Reconcile) -> None:
    flipped.replies["sw1"] = SILENT
    flipped.sleeping = lambda: fill(flipped.office / "store/devices", [device(1)], synced_at=NOW - 10**6)
    (left,) = see_through(flipped, reconcile)
    assert (left.state, left.move.after, len(flipped.sent)) == ("unanswered", "vlan 1", 1)


def test_what_policy_wants_otherwise_meanwhile_is_not_sent_by_this_run(flipped: World, reconcile: Reconcile) -> None:
    flipped.replies["sw1"] = SILENT
    flipped.sleeping = lambda: turn(flipped, 1, compliance="error")
    (left,) = see_through(flipped, reconcile)
    assert (left.move.after, len(flipped.sent)) == ("vlan 1", 1)


def test_moves_are_kept_while_the_server_judges_by_another_policy_or_nobody_can(
    flipped: World, reconcile: Reconcile, running: Server
) -> None:
    flipped.replies["sw1"] = SILENT
    send(flipped, reconcile)
    turn(flipped, 1, compliance="compliant")
    fingerprint = running.state.policy.fingerprint
    running.judge_by("another")
    assert [left.state for left in reconcile.settle(flipped.show)] == ["unanswered"]
    running.judge_by(fingerprint)
    fill(flipped.office / "store/devices", [device(1)], synced_at=NOW - 10**6)
    assert [left.state for left in reconcile.settle(flipped.show)] == ["unanswered"]
    turn(flipped, 1, compliance="compliant")
    assert reconcile.settle(flipped.show) == []


def test_a_device_that_logs_in_after_it_was_given_up_is_moved_again(flipped: World, reconcile: Reconcile) -> None:
    (left,) = see_through(flipped, reconcile, 10 * RELOGIN)
    assert (left.state, len(flipped.sent)) == ("not_enforced", 2)
    flipped.login(session(), "vlan 750")
    send(flipped, reconcile)
    assert len(flipped.sent) == 2, "not more often than every hour"
    flipped.now += SETTINGS.again
    send(flipped, reconcile)
    assert (len(flipped.sent), flipped.states()) == (3, ["acknowledged"])


def test_no_move_is_given_up_while_its_nas_has_no_entry(flipped: World, reconcile: Reconcile) -> None:
    send(flipped, reconcile)
    flipped.now += RELOGIN
    (flipped.office / "settings.yaml").write_text(SETTINGS_TEXT)
    with Reconcile(read_settings(flipped.office / "settings.yaml")) as without:
        assert [left.state for left in without.settle(flipped.show)] == ["acknowledged"]
        send(flipped, without)
    assert flipped.states() == ["pending"]
    send(flipped, reconcile)
    assert (len(flipped.sent), flipped.states()) == (2, ["acknowledged"])


def test_a_clock_that_was_a_year_ahead_holds_nothing_back(flipped: World, reconcile: Reconcile) -> None:
    flipped.replies["sw1"] = SILENT
    send(flipped, reconcile)
    (move,) = flipped.store.moves()
    year = 365 * 86400
    flipped.store.put_move(replace(move, sent_at=move.sent_at + year, next_at=move.next_at + year))
    send(flipped, reconcile)
    assert len(flipped.sent) == 2


def test_a_lost_answer_counts_for_the_hold_down_once_the_device_is_there(flipped: World, reconcile: Reconcile) -> None:
    flipped.replies["sw1"] = SILENT
    send(flipped, reconcile)
    assert flipped.store.moved() == {}
    flipped.login(session(), "vlan 1")
    reconcile.settle(flipped.show)
    assert flipped.store.moved() == {"0016cbaabb01": NOW + 1}


def test_only_what_was_let_happen_is_sent_again(two: World, reconcile: Reconcile) -> None:
    two.replies["sw1"] = two.replies["sw2"] = SILENT
    send(two, reconcile)
    two.now += RETRY
    moves = [move for move in reconcile.plan().moves if move.session.key == session().key]
    reconcile.see_through(moves, RETRY * 3, two.show)
    assert [name for name, _ in two.sent] == ["sw1", "sw2", "sw1"]


def test_by_hand_the_same_method_is_not_sent_once_more(flipped: World, reconcile: Reconcile) -> None:
    send(flipped, reconcile)
    flipped.by_hand = True
    list(reconcile.sender.by_hand([reconcile.sender.dispatch.prepare(session())], "alice"))
    flipped.now += RELOGIN
    assert [left.state for left in reconcile.settle(flipped.show)] == ["not_enforced"]


def test_a_nas_that_denies_a_session_and_accounts_for_it_does_not_enforce(flipped: World, reconcile: Reconcile) -> None:
    known_to_obey(flipped)
    flipped.replies["sw1"] = GONE
    send(flipped, reconcile)
    assert (reconcile.settle(flipped.show), flipped.closed) == ([], ["ended"])
    assert reconcile.plan().moves == []
    flipped.now += 60
    over = flipped.store.get_including_ended(session().key)
    assert over is not None
    flipped.store.put(replace(over, seen_at=flipped.now))
    (left,) = see_through(flipped, reconcile)
    assert (left.state, len(flipped.sent)) == ("not_enforced", 2)
    assert "(503: the NAS has no such session), but accounts for it: how does it want to be told" in str(left)
