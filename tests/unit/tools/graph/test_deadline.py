"""How long a run may take: nothing goes on beyond its deadline, whatever the other side does."""

import signal
import socket
import threading
from contextlib import suppress

import pytest

from radtune.errors import TemporaryError
from radtune_tools.graph.deadline import LONGEST_TIMER, MAX_BACKOFF, Deadline, DeadlineError, backoff
from radtune_tools.graph.http import Http
from unit.clock import Clock
from unit.wire import Wire, answer

URL = "http://graph.example/v1.0/x"
GOOD = answer(200, {})


def ask(seconds: float = 100.0, times: int = 1) -> None:
    with Http(ca_file=None, proxy="none", deadline=Deadline(seconds)) as http:
        for _ in range(times):
            assert http.ask("GET", URL, {})[0] == 200


def time_over() -> None:
    """Let the timer strike."""
    signal.raise_signal(signal.SIGALRM)


@pytest.mark.parametrize("tries", range(1, 2000, 37))
def test_waits_grow_are_spread_out_and_have_an_end(tries: int) -> None:
    waits = [backoff(tries) for _ in range(20)]
    most = min(MAX_BACKOFF, 2.0 ** min(tries, 100))
    assert all(most / 2 <= wait <= most for wait in waits)
    assert len(set(waits)) > 1


def test_the_time_that_is_left(clock: Clock) -> None:
    deadline = Deadline(100)
    assert deadline.left() == 100
    clock.now += 99.5
    assert deadline.left() == 0.5
    clock.now += 99
    assert deadline.left() == 0


def test_what_would_wait_beyond_the_end_does_not_begin_to(clock: Clock) -> None:
    deadline = Deadline(100)
    deadline.wait(60, "busy")
    said = r"the deadline of 100 seconds \(sync.deadline\) leaves no time for another try: busy"
    with pytest.raises(DeadlineError, match=said):
        deadline.wait(60, "busy")
    assert clock.slept == [60]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ((answer(503, b"<html>"),), "answered 503 with what isn't its answer"),
        ((ConnectionRefusedError(111, "Connection refused"),), "Connection refused"),
        ((b"", TimeoutError("timed out")), "Read timed out"),
        ((answer(200, {}, length=500),), "the answer breaks off: IncompleteRead"),
        ((answer(200, b"<html>"),), "answered 200 with what isn't its answer"),
    ],
)
def test_no_try_begins_that_would_be_over_the_deadline(
    clock: Clock, wire: Wire, fault: tuple[bytes], says: str
) -> None:
    wire.will(*fault)
    with pytest.raises(TemporaryError) as caught:
        ask(1.0)
    assert says in str(caught.value)
    late = "the deadline of 1 seconds (sync.deadline) leaves no time for another try: "
    assert (late in str(caught.value)) == ("503" not in says)
    assert (wire.left, clock.slept) == (0, [])


@pytest.mark.parametrize(
    ("busy", "seconds"),
    [
        (answer(503, {"error": "busy"}), 1.0),
        (answer(503, {"error": "busy"}, Retry_After="2"), 1.0),
        (answer(429, {"error": "busy"}, Retry_After="250"), 100.0),
    ],
)
def test_the_last_answer_is_given_back_where_there_is_no_time_for_another(
    clock: Clock, wire: Wire, busy: bytes, seconds: float
) -> None:
    wire.will(busy)
    with Http(ca_file=None, proxy="none", deadline=Deadline(seconds)) as http:
        status, _, said = http.ask("GET", URL, {})
    assert (status in (429, 503), said) == (True, {"error": "busy"})
    assert (wire.left, clock.slept) == (0, [])


def test_good_answers_have_to_come_before_the_deadline_too(clock: Clock, wire: Wire) -> None:
    """A long list, page by page."""

    def slow() -> None:
        clock.now += 40

    for _ in range(5):
        wire.will(slow, GOOD)
    with pytest.raises(TemporaryError, match=r"graph.example can't be reached: the deadline of 100 seconds .* is over"):
        ask(100.0, times=5)
    assert wire.left == 2


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nX: ", GOOD[:-1]])
def test_an_answer_that_trickles_is_interrupted(clock: Clock, wire: Wire, begun: bytes) -> None:
    def late() -> None:
        clock.now += 200
        time_over()

    wire.will(begun, late, b"x" * 100)
    with pytest.raises(TemporaryError, match="the deadline of 100 seconds"):
        ask()
    assert clock.slept == []


def test_a_name_that_is_looked_up_without_an_end_is_not_waited_for(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks it up, in C, no signal ends."""
    over = threading.Event()

    def look_up(*_: object, **__: object) -> None:
        clock.now += 200
        with suppress(DeadlineError):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)
            over.wait(10)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("urllib3.util.connection.create_connection", look_up)
    with pytest.raises(TemporaryError, match=r"the deadline of 100 seconds \(sync.deadline\) is over$"):
        ask()
    over.set()
    assert clock.slept == []


BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def test_what_was_answered_before_the_time_was_over_is_told(clock: Clock, wire: Wire) -> None:
    def late() -> None:
        clock.now += 200
        time_over()

    wire.will(BUSY).will(b"HTTP/1.1 200 OK\r\nX: ", late, b"x" * 100)
    with pytest.raises(TemporaryError, match=r"the deadline of 100 seconds .* is over; the try before: answered 503"):
        ask()


def test_what_went_well_later_is_not_told(clock: Clock, wire: Wire) -> None:
    def late() -> None:
        clock.now += 200
        time_over()

    wire.will(BUSY).will(GOOD).will(late, b"x" * 100)
    with pytest.raises(TemporaryError, match=r"the deadline of 100 seconds .* is over$"):
        ask(times=2)


def test_a_timer_is_set_and_taken_away_again(clock: Clock, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock.now
    timers: list[tuple[float, ...]] = []
    monkeypatch.setattr(signal, "setitimer", lambda _, *seconds: timers.append(seconds))
    before = signal.getsignal(signal.SIGALRM)
    wire.will(GOOD).will(GOOD)
    ask()
    ask(1e12)
    assert timers == [(100.0, 1.0), (0,), (LONGEST_TIMER, 1.0), (0,)]
    assert signal.getsignal(signal.SIGALRM) == before


def test_every_connection_has_a_time_out(clock: Clock, wire: Wire) -> None:
    assert clock.now
    wire.will(GOOD)
    ask()
    assert wire.timeouts
    assert None not in wire.timeouts
