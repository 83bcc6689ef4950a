"""How long a run may take: nothing goes on beyond its deadline, whatever the other side does."""

import socket
import threading
from collections.abc import Iterator

import pytest

from radtune.errors import TemporaryError
from radtune_tools.graph.deadline import MAX_BACKOFF, Deadline, DeadlineError, backoff
from radtune_tools.graph.http import Http
from unit.clock import Clock
from unit.wire import Wire, answer

URL = "http://graph.example/v1.0/x"
GOOD = answer(200, {})


def ask(seconds: float = 100.0, times: int = 1) -> None:
    with Http(ca_file=None, proxy="none", deadline=Deadline(seconds)) as http:
        for _ in range(times):
            assert http.ask("GET", URL, {})[0] == 200


def ended(never: threading.Event) -> None:
    never.wait(60)


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Return what nobody sets before the test is over: whoever waits for it would wait without an end."""
    event = threading.Event()
    yield event
    event.set()


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
        ((answer(503, b"<html>"),), "answered 503 with something unexpected"),
        ((ConnectionRefusedError(111, "Connection refused"),), "Connection refused"),
        ((b"", TimeoutError("timed out")), "Read timed out"),
        ((answer(200, {}, length=500),), "the answer breaks off: IncompleteRead"),
        ((answer(200, b"<html>"),), "answered 200 with something unexpected"),
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
def test_an_answer_that_never_ends_is_not_waited_for(wire: Wire, never: threading.Event, begun: bytes) -> None:
    wire.will(begun, lambda: ended(never))
    with pytest.raises(TemporaryError, match=r"the deadline of 0 seconds \(sync.deadline\) is over$"):
        ask(0.05)
    assert not never.is_set()


def test_a_name_that_is_looked_up_without_an_end_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, never: threading.Event
) -> None:
    """No time-out ends that, and no signal: it is done in C."""

    def look_up(*_: object, **__: object) -> None:
        never.wait(60)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("urllib3.util.connection.create_connection", look_up)
    with pytest.raises(TemporaryError, match=r"the deadline of 0 seconds \(sync.deadline\) is over$"):
        ask(0.05)
    assert not never.is_set()


def test_a_request_that_was_left_to_itself_sends_nothing_more(wire: Wire, never: threading.Event) -> None:
    """It ends with an error later, after which every other request is sent again."""
    wire.will(b"HTTP/1.1 200 OK\r\nX: ", lambda: ended(never)).will(GOOD)
    before = threading.enumerate()
    with pytest.raises(TemporaryError):
        ask(0.05)
    (left,) = set(threading.enumerate()) - set(before)
    never.set()
    left.join(60)
    assert (left.is_alive(), wire.left) == (False, 1)


def test_no_request_keeps_the_command_from_its_end(wire: Wire, never: threading.Event) -> None:
    wire.will(b"", lambda: ended(never))
    before = threading.enumerate()
    with pytest.raises(TemporaryError):
        ask(0.05)
    (left,) = set(threading.enumerate()) - set(before)
    assert left.daemon


BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def test_what_was_answered_before_the_time_was_over_is_told(wire: Wire, never: threading.Event) -> None:
    wire.will(BUSY).will(b"HTTP/1.1 200 OK\r\nX: ", lambda: ended(never))
    with pytest.raises(TemporaryError, match=r"the deadline of 1 seconds .* is over; the try before: answered 503"):
        ask(0.6)


def test_what_went_well_later_is_not_told(wire: Wire, never: threading.Event) -> None:
    wire.will(BUSY).will(GOOD).will(lambda: ended(never))
    with pytest.raises(TemporaryError, match=r"the deadline of 1 seconds .* is over$"):
        ask(0.6, times=2)


def test_a_deadline_may_be_further_away_than_any_thread_can_wait(wire: Wire) -> None:
    wire.will(GOOD)
    ask(1e12)


@pytest.mark.parametrize("error", [TimeoutError("timed out"), DeadlineError("over"), ValueError("odd")])
def test_what_the_call_raises_is_raised(error: Exception) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        Deadline(60).within(call)
    assert caught.value is error


def test_every_connection_has_a_time_out(clock: Clock, wire: Wire) -> None:
    assert clock.now
    wire.will(GOOD)
    ask()
    assert wire.timeouts
    assert None not in wire.timeouts
