"""Every live session where policy wants it, with an answering machine in the place of radclient."""

from dataclasses import replace
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.config.settings import read_settings
from radtune.errors import StoreBusyError, StoreError
from radtune.records.moves_and_states import Move
from radtune_tools.enforce.move_progress import EffectiveState, Progress
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.radclient.output import Reply
from unit.moving import (
    ACK,
    GONE,
    NAK,
    RELOGIN,
    RETRY,
    SILENT,
    Network,
    known_to_obey,
    send,
    session,
    set_compliance,
    wait,
)
from unit.samples import NOW


def test_sessions_that_are_where_policy_wants_them_stay(network: Network, reconcile: Reconcile) -> None:
    network.store.put(session())
    plan = reconcile.plan()
    assert (plan.live, plan.moves) == (1, [])


def test_from_the_flip_to_the_new_login(one_to_move: Network, reconcile: Reconcile) -> None:
    plan = reconcile.plan()
    assert [(move.session.key, move.after) for move in plan.moves] == [(session().key, "vlan 1")]
    reconcile.sender.send(plan.moves, one_to_move.show)
    assert one_to_move.sent == [("sw1", [session().key])]
    assert [progress.state for progress in reconcile.progress()] == ["acknowledged"]
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["acknowledged"]
    one_to_move.login(session(), "vlan 1")
    assert reconcile.settle(one_to_move.show) == []
    assert (one_to_move.closed, one_to_move.states(), reconcile.plan().moves) == (["enforced"], [], [])
    assert one_to_move.kinds() == [("move_requested", "acknowledged"), ("moved", "enforced")]


def test_each_nas_is_asked_once_for_all_its_sessions(network: Network, reconcile: Reconcile) -> None:
    for made in (session(1), session(2), session(3, "192.0.2.2")):
        network.store.put(made)
    set_compliance(network, 1, 2, 3)
    send(network, reconcile)
    assert sorted((name, len(keys)) for name, keys in network.sent) == [("sw1", 2), ("sw2", 1)]


def test_a_nas_whose_entry_is_wrong_keeps_no_other_waiting(two_to_move: Network, reconcile: Reconcile) -> None:
    (two_to_move.office / "coa-1").chmod(0o644)
    send(two_to_move, reconcile)
    assert [name for name, _ in two_to_move.sent] == ["sw2"]
    assert two_to_move.states() == ["acknowledged", "pending"]
    pending = next(move for move in two_to_move.store.moves() if move.state == "pending")
    assert (pending.sent_at, pending.attempts) == (0.0, 0)
    assert pending.answer.startswith("not sent: ") and "lets every user have the CoA secret of sw1" in pending.answer


@pytest.mark.parametrize("answer", ["radclient is not installed", "there is no such file"])
def test_what_could_not_be_sent_in_the_end_counts_as_no_try(
    two_to_move: Network, reconcile: Reconcile, answer: str
) -> None:
    two_to_move.replies["sw1"] = Reply("pending", f"not sent: {answer}")
    send(two_to_move, reconcile)
    assert [name for name, _ in two_to_move.sent] == ["sw1", "sw2"]
    assert two_to_move.states() == ["acknowledged", "pending"]
    pending = next(move for move in two_to_move.store.moves() if move.state == "pending")
    assert (pending.sent_at, pending.attempts, pending.answer) == (0.0, 0, f"not sent: {answer}")


def test_a_slow_nas_takes_no_time_from_the_next(two_to_move: Network, reconcile: Reconcile) -> None:
    two_to_move.meanwhile = lambda: wait(two_to_move, 2 * RELOGIN)
    send(two_to_move, reconcile)
    assert len(two_to_move.sent) == 2
    last = next(move for move in two_to_move.store.moves() if move.key == session(2, "192.0.2.2").key)
    assert last.sent_at == NOW + 2 * RELOGIN


def test_a_login_while_another_nas_is_asked_is_not_thrown_out(two_to_move: Network, reconcile: Reconcile) -> None:
    two_to_move.meanwhile = lambda: two_to_move.login(session(2, "192.0.2.2"), "vlan 1")
    send(two_to_move, reconcile)
    assert [name for name, _ in two_to_move.sent] == ["sw1"]


def test_an_event_log_that_can_t_be_written_stops_no_move(two_to_move: Network, reconcile: Reconcile) -> None:
    (two_to_move.office / "events.jsonl").mkdir()
    send(two_to_move, reconcile)
    assert [name for name, _ in two_to_move.sent] == ["sw1", "sw2"]
    assert two_to_move.states() == ["acknowledged"] * 2
    assert [problem.partition(": ")[0] for problem in reconcile.sender.problems] == ["an event is lost"] * 2


def test_a_session_on_no_known_nas_is_told_of(network: Network, reconcile: Reconcile) -> None:
    network.store.put(session(1, "192.0.2.77"))
    set_compliance(network, 1)
    send(network, reconcile)
    assert network.sent == []
    assert "192.0.2.77" in network.shown[0]
    assert network.states() == ["pending"]


def test_while_the_device_logs_in_again_it_is_not_asked_again(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    one_to_move.now += RELOGIN - 1
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 1
    one_to_move.now += 1
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2
    (move,) = one_to_move.store.moves()
    assert (move.attempts, move.planned_at) == (2, NOW)


@pytest.mark.parametrize("reply", [NAK, SILENT])
def test_what_was_not_acknowledged_is_asked_again_later(
    one_to_move: Network, reconcile: Reconcile, reply: Reply
) -> None:
    one_to_move.replies["sw1"] = reply
    send(one_to_move, reconcile)
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 1, "the NAS is given time to recover"
    one_to_move.now += RETRY
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2


def test_another_outcome_is_asked_for_at_once(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    set_compliance(one_to_move, 1, compliance="error")
    send(one_to_move, reconcile)
    assert len(one_to_move.sent) == 2
    assert [move.after for move in one_to_move.store.moves()] == ["deny"]


def test_a_move_that_policy_no_longer_wants_is_forgotten(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = SILENT
    send(one_to_move, reconcile)
    set_compliance(one_to_move, 1, compliance="compliant")
    assert reconcile.settle(one_to_move.show) == []
    assert (one_to_move.closed, one_to_move.states()) == ([], [])


def test_a_login_between_plan_and_send_is_not_thrown_out(one_to_move: Network, reconcile: Reconcile) -> None:
    plan = reconcile.plan()
    one_to_move.login(session(), "vlan 1")
    reconcile.sender.send(plan.moves, one_to_move.show)
    assert one_to_move.sent == []


def test_a_session_that_ended_between_plan_and_send_is_left_alone(one_to_move: Network, reconcile: Reconcile) -> None:
    plan = reconcile.plan()
    one_to_move.store.end(session().key)
    reconcile.sender.send(plan.moves, one_to_move.show)
    assert (one_to_move.sent, one_to_move.states()) == ([], [])


def test_a_session_that_the_nas_does_not_know_is_dropped(one_to_move: Network, reconcile: Reconcile) -> None:
    known_to_obey(one_to_move)
    one_to_move.replies["sw1"] = GONE
    send(one_to_move, reconcile)
    assert list(one_to_move.store.sessions()) == []
    assert reconcile.settle(one_to_move.show) == []
    assert (one_to_move.closed, one_to_move.states()) == (["ended"], [])


def test_a_session_that_the_nas_denies_and_goes_on_accounting_for_is_moved_again(
    one_to_move: Network, reconcile: Reconcile
) -> None:
    known_to_obey(one_to_move)
    one_to_move.replies["sw1"] = GONE
    send(one_to_move, reconcile)
    reconcile.settle(one_to_move.show)
    assert not reconcile.plan().moves
    (kept,) = [one_to_move.store.get_including_ended(session().key)]
    assert kept is not None
    wait(one_to_move, 60)
    one_to_move.store.put(replace(kept, seen_at=one_to_move.now))
    assert [move.session.key for move in reconcile.plan().moves] == [session().key]


def test_a_login_while_the_nas_looked_for_the_old_session_is_kept(one_to_move: Network, reconcile: Reconcile) -> None:
    one_to_move.replies["sw1"] = GONE
    one_to_move.meanwhile = lambda: one_to_move.login(session(), "vlan 1")
    send(one_to_move, reconcile)
    assert [found.granted for found in one_to_move.store.sessions()] == ["vlan 1"]


def test_a_denied_device_is_through_when_its_login_was_refused(network: Network, reconcile: Reconcile) -> None:
    network.store.put(session())
    set_compliance(network, 1, compliance="error")
    send(network, reconcile)
    assert [left.state for left in reconcile.settle(network.show)] == ["acknowledged"]
    network.store.put(replace(session(), denied_at=network.now + 1))
    assert reconcile.settle(network.show) == []
    assert (network.closed, list(network.store.sessions()), network.states()) == (["enforced"], [], [])


def test_a_session_store_that_is_locked_in_the_middle_of_a_run_is_told_of(
    two_to_move: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtune_tools.stores.TOOL_TIMEOUT", 0.01)
    with Reconcile(read_settings(two_to_move.office / "settings.yaml")) as run:
        moves = run.plan().moves
        with two_to_move.store.transaction(), pytest.raises(StoreBusyError, match="locked by another process"):
            run.sender.send(moves, two_to_move.show)
    assert two_to_move.sent == []


def test_by_hand(network: Network, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtune_tools.enforce.nas_requests.send", lambda outgoing, _: [ACK] * len(outgoing))
    known, unknown = session(1), session(2, "192.0.2.77")
    prepared = [reconcile.sender.nas_requests.prepare(made) for made in (known, unknown)]
    results = {made.key: reply for made, reply in reconcile.sender.by_hand(prepared, "ann")}
    assert results[known.key] == ACK
    assert results[unknown.key].state == "pending"
    assert results[unknown.key].answer.startswith("not sent: ")
    assert sorted(network.kinds(), key=str) == [("move_requested", "acknowledged"), ("move_requested", "pending")]
    assert {event["reason"] for event in newest_events(network.office / "events.jsonl")} == {"by ann by hand"}
    assert network.states() == []


def test_without_a_device_store_nothing_is_judged(office: Path) -> None:
    (office / "store/devices/cache.db").unlink()
    with pytest.raises(StoreError, match="there is no store"):
        Reconcile(read_settings(office / "settings.yaml"))


@pytest.mark.parametrize("state", ["pending", "acknowledged", "enforced", "ended"])
def test_progress_in_words(state: EffectiveState) -> None:
    text = str(Progress(Move("nas/mac", "vlan 1", "deny", "because", "pending", NOW, answer="said"), state, None))
    assert text.startswith(f"nas/mac: vlan 1 -> deny: {state}")
    assert ("(said)" in text) == (state in ("pending", "acknowledged"))
    assert text.endswith("not logged in again yet") == (state == "acknowledged")
