"""What can happen between radtune and Microsoft, byte by byte, and what becomes of it."""

import socket
from email.utils import formatdate
from typing import Any

import pytest

from radtune.errors import TemporaryError
from radtune_tools.graph.deadline import Deadline
from radtune_tools.graph.http import (
    CONNECT_TRIES,
    DECODING_TRIES,
    MAX_RETRY_AFTER,
    PAGE_TRIES,
    TRIES,
    Http,
    retry_after,
)
from unit.clock import Clock
from unit.samples import NOW
from unit.wire import Wire, answer

URL = "http://graph.example/v1.0/x"
GOOD = answer(200, {"value": []})
HTML = b"<html><title>Log in to the hotel</title></html>"


def ask(method: str = "GET") -> object:
    """Ask once; return the JSON."""
    with Http(ca_file=None, proxy="none", deadline=Deadline(1800)) as http:
        status, _, parsed = http.ask(method, URL, {})
        assert status == 200
        return parsed


def test_an_answer(clock: Clock, wire: Wire) -> None:
    wire.will(GOOD)
    assert ask() == {"value": []}
    assert (clock.slept, wire.dialled) == ([], [("graph.example", 80)])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "2.128"}, 2.128),
        ({"Retry_After": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"Retry_After": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"Retry_After": "86400"}, MAX_RETRY_AFTER),
        ({"Retry_After": "soon"}, 2.0),
        ({}, 2.0),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_busy_server_is_asked_again_when_it_says(
    clock: Clock, wire: Wire, status: int, said: dict[str, Any], waits: float, method: str
) -> None:
    wire.will(answer(status, HTML, **said)).will(GOOD)
    assert ask(method) == {"value": []}
    assert clock.slept == [waits]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *((None, None), ("soon", None), ("", None), ("nan", None), ("inf", None)),
        *(("-5", 0.0), ("0", 0.0), ("1e9", 300.0)),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 300.0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


@pytest.mark.parametrize(
    "fault",
    [
        (ConnectionRefusedError(111, "Connection refused"),),
        (socket.gaierror(-2, "Name or service not known"),),
        (TimeoutError("timed out"),),
        (ConnectionResetError(104, "Connection reset by peer"),),
        (b"", ConnectionResetError(104, "Connection reset by peer")),
        (b"", TimeoutError("timed out")),
        (b"",),
        (b"HTTP/1.1 200 OK\r\nContent-Le",),
        (b"nonsense\r\n\r\n",),
        (answer(200, {"value": []}, length=5000),),
        (answer(200, {"value": []}, length=5000), ConnectionResetError(104, "Connection reset by peer")),
        (answer(200, {"value": []}, length=5000), TimeoutError("timed out")),
        (answer(200, b'{"value": ['),),
        (answer(200, b"\x1f\x8b broken", Content_Encoding="gzip"),),
        (answer(200, b"5\r\n{", Transfer_Encoding="chunked"),),
        (answer(200, HTML),),
        (answer(200, b"[" * 100_000),),
        (answer(302, b"", Location="https://portal.example/"),),
    ],
)
def test_what_breaks_off_or_is_no_answer_is_asked_for_again(clock: Clock, wire: Wire, fault: tuple[bytes]) -> None:
    wire.will(*fault).will(*fault).will(GOOD)
    assert ask() == {"value": []}
    assert clock.slept == [2.0, 4.0]
    assert {host for host, _ in wire.dialled} == {"graph.example"}


@pytest.mark.parametrize(
    ("fault", "times", "says"),
    [
        (
            (ConnectionRefusedError(111, "Connection refused"),),
            CONNECT_TRIES,
            "graph.example can't be reached: Failed to establish a new connection: [Errno 111] Connection refused",
        ),
        ((socket.gaierror(-2, "Name or service not known"),), CONNECT_TRIES, "Name or service not known"),
        ((b"", ConnectionResetError(104, "Connection reset by peer")), TRIES, "Connection reset by peer"),
        ((b"", TimeoutError("timed out")), TRIES, "Read timed out"),
        ((answer(200, {"value": []}, length=5000),), TRIES, "IncompleteRead"),
        (
            (answer(200, HTML),),
            PAGE_TRIES,
            "answered 200 with something unexpected (of no type): '<html><title>Log in",
        ),
        ((answer(403, HTML),), PAGE_TRIES, "answered 403 with something unexpected"),
        ((answer(200, b""),), PAGE_TRIES, "answered 200 with something unexpected"),
        ((answer(200, b"null"),), PAGE_TRIES, "'null'; is there a proxy or a portal in between?"),
        (
            (answer(302, b"", Location="https://portal.example/"),),
            PAGE_TRIES,
            "answered 302, a redirect to https://portal.example, which is not followed",
        ),
        ((answer(502, HTML),), TRIES, "answered 502 with something unexpected"),
    ],
)
def test_what_stays_so_is_temporary_and_says_what_it_is(
    clock: Clock, wire: Wire, fault: tuple[bytes], times: int, says: str
) -> None:
    for _ in range(times):
        wire.will(*fault)
    with pytest.raises(TemporaryError) as caught:
        ask()
    assert wire.left == 0
    assert str(caught.value).startswith("http://graph.example ")
    assert says in str(caught.value)
    assert clock.slept == [min(60.0, 2.0**tries) for tries in range(1, times)]


@pytest.mark.parametrize(
    ("status", "body", "parsed"),
    [
        (429, {"error": {}}, {"error": {}}),
        (503, b"", None),
        (401, b"", None),
        (404, {"error": {}}, {"error": {}}),
        (410, {"error": {}}, {"error": {}}),
    ],
)
def test_an_answer_that_is_no_good_is_given_back(
    clock: Clock, wire: Wire, status: int, body: object, parsed: object
) -> None:
    for _ in range(TRIES if status in (429, 503) else 1):
        wire.will(answer(status, body))
    with Http(ca_file=None, proxy="none", deadline=Deadline(1800)) as http:
        found, _, said = http.ask("GET", URL, {})
    assert (found, said, wire.left) == (status, parsed, 0)
    assert bool(clock.slept) == (status in (429, 503))


def test_what_cannot_be_decoded_is_not_asked_for_long(clock: Clock, wire: Wire) -> None:
    for _ in range(DECODING_TRIES):
        wire.will(answer(200, b"{}", Content_Encoding="gzip"))
    with pytest.raises(TemporaryError, match=r"answers with what can't be decoded: .*is there a proxy or a portal"):
        ask()
    assert sum(clock.slept) < 10


def test_a_redirect_is_none_with_a_body_either(clock: Clock, wire: Wire) -> None:
    for _ in range(TRIES):
        wire.will(answer(307, {"value": []}, Location="https://user:hunter2@portal.example/x?token=1"))
    with pytest.raises(TemporaryError, match=r"a redirect to https://…@portal\.example, which is not followed"):
        ask()
    assert clock.slept
