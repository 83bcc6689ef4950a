"""Events told as sentences."""

from typing import Any

import pytest

from radtune.records.device_and_client import ALL_STATES
from radtune_tools.timeline.story import STATES, story

LOGIN = {
    "event": "login_allowed",
    "device": "LAPTOP-1",
    "nas": "sw1",
    "site": "berlin",
    "compliance": "compliant",
    "rule": "Corp",
    "outcome": "vlan 750",
    "reason": "the MAC is 0016cbaabb01: LAPTOP-1 is compliant",
}
DENIED = {**LOGIN, "event": "login_denied", "outcome": "deny", "denied_by": "radtune", "rule": "default"}
BY_SERVER = {**DENIED, "denied_by": "server", "rule": "", "compliance": "", "reason": "wrong password", "site": ""}
MOVE = {
    "event": "move_requested",
    "device": "LAPTOP-1",
    "nas": "sw1",
    "outcome": "vlan 1",
    "before": "vlan 750",
    "state": "acknowledged",
    "method": "disconnect",
    "answer": "Disconnect-ACK",
}
QUARANTINED = "quarantined by ann since 2027-01-15T08:00:00Z, until it is released: lost"


def told(*events: dict[str, Any]) -> list[str]:
    return [chapter.said for chapter in story({"time": f"{at}", **event} for at, event in enumerate(events))]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (LOGIN, "logged in at sw1 (berlin) and got vlan 750 (rule Corp): Intune calls it compliant"),
        (
            {**LOGIN, "compliance": "noncompliant", "reason": f"{QUARANTINED}; the MAC is 1"},
            f"logged in at sw1 (berlin) and got vlan 750 (rule Corp): it is {QUARANTINED}",
        ),
        (DENIED, f"was denied at sw1 (berlin) (rule default): {LOGIN['reason']}"),
        (BY_SERVER, "was denied at sw1 before its compliance was looked at: wrong password"),
        (MOVE, "sw1 was to move it from vlan 750 to vlan 1 by disconnect, it obeys (Disconnect-ACK)"),
        (
            {**MOVE, "state": "refused", "answer": ""},
            "sw1 was to move it from vlan 750 to vlan 1 by disconnect, it refuses",
        ),
        (
            {**MOVE, "state": "pending", "method": "", "answer": "no entry"},
            "sw1 was to move it from vlan 750 to vlan 1, but nothing could be sent (no entry)",
        ),
        (
            {**MOVE, "outcome": "vlan 750", "state": "unanswered", "answer": ""},
            "sw1 was to let it log in again by disconnect, it doesn't answer",
        ),
        ({**MOVE, "event": "moved"}, "the move is done: it has vlan 1"),
        ({**MOVE, "event": "moved", "outcome": "deny"}, "the move is done: its access was ended"),
        (
            {**MOVE, "event": "moved", "since_change": 4},
            "the move is done: it has vlan 1, 4 seconds after the sync that saw the change",
        ),
        ({**MOVE, "event": "move_ended"}, "the move to vlan 1 has ended: its session is over"),
        ({**MOVE, "event": "not_enforced", "answer": "silent"}, "the move to vlan 1 was given up: silent"),
        ({"event": "quarantined", "reason": QUARANTINED}, QUARANTINED),
        ({"event": "identity_conflict", "nas": "sw1", "reason": "two"}, "showed two devices at sw1: two"),
        ({"event": "store_replaced"}, "store replaced"),
        ({}, ""),
    ],
)
def test_an_event_is_a_sentence(event: dict[str, Any], said: str) -> None:
    assert told(event) == [said]


def test_each_state_has_its_words() -> None:
    assert {*STATES} == ALL_STATES


def test_logins_with_the_same_outcome_are_told_once() -> None:
    places = [{**LOGIN, "nas": f"sw{number % 5}"} for number in range(14)]
    (chapter,) = story({"time": f"{number:02}", **event} for number, event in enumerate(places))
    assert (chapter.first, chapter.last, chapter.times, len(chapter.places)) == ("00", "13", 14, 5)
    assert chapter.said == (
        "logged in 14 times at sw0 (berlin), sw1 (berlin), sw2 (berlin) and 2 more "
        "and got vlan 750 each time (rule Corp): Intune calls it compliant"
    )


def test_what_is_new_is_told_where_it_happened() -> None:
    quarantine = {**LOGIN, "outcome": "vlan 1", "rule": "Quarantine", "compliance": "noncompliant"}
    moved = {**MOVE, "event": "moved"}
    said = told(LOGIN, LOGIN, MOVE, quarantine, moved, quarantine, quarantine, LOGIN)
    assert [sentence.split(" and got ")[0] for sentence in said] == [
        "logged in 2 times at sw1 (berlin)",
        "sw1 was to move it from vlan 750 to vlan 1 by disconnect, it obeys (Disconnect-ACK)",
        "logged in 3 times at sw1 (berlin)",
        "the move is done: it has vlan 1",
        "logged in at sw1 (berlin)",
    ]


@pytest.mark.parametrize("changed", [{"rule": "Other"}, {"compliance": "in_grace_period"}, {"outcome": "vlan 1"}])
def test_logins_that_differ_are_told_apart(changed: dict[str, str]) -> None:
    assert len(told(LOGIN, {**LOGIN, **changed}, LOGIN)) == 2


def test_denials_for_different_reasons_are_told_apart() -> None:
    assert len(told(BY_SERVER, {**BY_SERVER, "reason": "no such user"}, BY_SERVER)) == 2
