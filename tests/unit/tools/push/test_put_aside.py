"""Events that no destination gets: refused while later ones are taken, or too old; each is counted and told of."""

import time

import pytest

from radtune_tools.push.forwarder import IDLE
from unit.tools.push.pushing import Pushing, ids


def test_an_event_that_is_refused_is_put_aside_once_a_later_one_is_taken(pushing: Pushing) -> None:
    pushing.taker.refuses = {"e-1", "e-2"}
    pushing.write(1, 2, 3, 4)
    assert pushing.steps() == IDLE
    assert pushing.taker.requests == [ids(1, 2, 3, 4), ids(1), ids(2), ids(3), ids(4)]
    assert (pushing.saved["sent"], pushing.saved["refused"], pushing.saved["aside_at"] > 0) == (2, 2, True)
    assert pushing.told == [
        f"push soc: the event e-{number} is put aside, since a later one was taken: soc answered 400"
        for number in (1, 2)
    ]


def test_the_last_event_waits_for_a_later_one_before_it_is_put_aside(pushing: Pushing) -> None:
    pushing.taker.refuses = {"e-2"}
    pushing.write(1, 2)
    assert pushing.steps() >= IDLE
    assert (pushing.saved["sent"], pushing.saved["refused"], pushing.saved["problem"]) == (1, 0, "soc answered 400")
    pushing.taker.requests = []
    pushing.steps()
    assert pushing.taker.requests == [ids(2)], "once, while it is alone"
    pushing.write(3)
    pushing.steps()
    assert (pushing.saved["sent"], pushing.saved["refused"], pushing.saved["problem"]) == (2, 1, "")


def test_a_destination_that_refuses_everything_loses_nothing(pushing: Pushing) -> None:
    """A webhook that was deleted answers 404 to all: once it is there again, it gets them."""
    pushing.taker.refuses = set(ids(*range(30)))
    pushing.write(*range(30))
    for _ in range(3):
        pushing.steps()
    assert len(pushing.taker.requests) == 3 * 11, "a batch, and its events one by one"
    pushing.taker.refuses, pushing.taker.requests = set(), []
    pushing.steps()
    assert pushing.taker.asked == ids(*range(30))
    assert (pushing.saved["sent"], pushing.saved["refused"]) == (30, 0)


def test_one_event_a_request_looks_ahead_as_well(pushing: Pushing) -> None:
    pushing.taker.most, pushing.taker.refuses = 1, {"e-1"}
    pushing.write(1, 2)
    pushing.steps()
    assert (pushing.saved["sent"], pushing.saved["refused"]) == (1, 1)


def test_an_event_that_is_too_old_is_given_up_and_counted(pushing: Pushing) -> None:
    pushing.write(1, age=604_900)
    pushing.write(2, age=604_700)
    pushing.write(3, age=604_900)
    pushing.steps()
    assert pushing.taker.asked == ids(2)
    assert (pushing.saved["sent"], pushing.saved["given_up"]) == (1, 2)
    assert pushing.saved["aside_at"] > 0


def test_events_grow_too_old_while_their_destination_is_dead(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    pushing.taker.refuses = set(ids(1, 2))
    pushing.write(1, 2)
    pushing.steps()
    now = time.time()
    monkeypatch.setattr("radtune_tools.push.forwarder.time.time", lambda: now + 604_900)
    assert pushing.steps() == IDLE
    assert (pushing.saved["given_up"], pushing.saved["oldest"]) == (2, "")
    pushing.start()
    pushing.steps()
    assert len(pushing.taker.requests) == 3


def test_what_is_given_up_is_written_down_at_once(pushing: Pushing) -> None:
    pushing.write(1, age=604_900)
    assert pushing.steps() == IDLE
    assert (pushing.saved["given_up"], pushing.taker.requests) == (1, [])


def test_an_event_with_no_time_is_never_too_old(pushing: Pushing) -> None:
    pushing.write(1, time="then")
    pushing.write(2, time=None)
    pushing.steps()
    assert pushing.taker.asked == ids(1, 2)
