"""What the listener on loopback answers, request by request, without a network."""

import io
from types import SimpleNamespace
from typing import Any

import pytest

from radtune_tools.link.loopback import NOT_OURS, NOTHING, RECEIVED, _Handler


class Connection:
    """A connection over which these bytes came in."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.sent = b""

    def makefile(self, mode: str, *_: object) -> io.BytesIO:
        return io.BytesIO(self._request if "r" in mode else b"")

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def settimeout(self, seconds: float) -> None:
        self.seconds = seconds


def ask(request: bytes) -> tuple[int, str, str, str]:
    """Return status, head and body of the answer, and the query that was taken."""
    server: Any = SimpleNamespace(path="/radtune", query="", is_answer=lambda query: "state=right" in query)
    connection: Any = Connection(request)
    _Handler(connection, ("127.0.0.1", 1), server)
    head, _, body = connection.sent.decode().rpartition("\r\n\r\n")
    # A request that names no version of HTTP is answered without a head.
    return int(head.split()[1]) if head else 400, head, body, server.query


def get(target: str) -> tuple[int, str, str, str]:
    return ask(f"GET {target} HTTP/1.1\r\nHost: localhost:8437\r\n\r\n".encode())


def test_the_answer_is_taken() -> None:
    status, head, body, query = get("/radtune?admin_consent=True&state=right")
    assert (status, body, query) == (200, RECEIVED, "admin_consent=True&state=right")
    assert "Content-Security-Policy: default-src 'none'" in head
    assert "X-Content-Type-Options: nosniff" in head
    assert "Python" not in head


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("/radtune?state=wrong", 400, NOT_OURS),
        ("/radtune", 400, NOT_OURS),
        ("/", 404, NOTHING),
        ("/favicon.ico?state=right", 404, NOTHING),
        ("/radtune/?state=right", 404, NOTHING),
        ("//evil.example/radtune?state=right", 404, NOTHING),
        ("http://[x/radtune?state=right", 404, NOTHING),
    ],
)
def test_what_else_comes(target: str, status: int, text: str) -> None:
    got, _, body, query = get(target)
    assert (got, body, query) == (status, text, "")


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /radtune?state=right HTTP/1.1\r\n\r\n<script>",
        b"<script>alert(1)</script> / HTTP/1.1\r\n\r\n",
        b"GET /<script>?state=<script> HTTP/1.1\r\n\r\n",
        b"GET /radtune?state=<script> HTTP/1.1\r\n\r\n",
        b"GET / HTTP/<script>\r\n\r\n",
        b"GET /" + b"<script>" * 20000 + b" HTTP/1.1\r\n\r\n",
        b"GET http://[<script>/radtune HTTP/1.1\r\n\r\n",
    ],
)
def test_nothing_that_came_in_is_shown(request_: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    status, head, body, query = ask(request_)
    assert status >= 400
    assert "script" not in head + body
    assert query == ""
    assert capsys.readouterr() == ("", "")
