"""The end of a connection by TLS: what counts as read, if the other side says nothing by TLS.

On loopback a reset is there at once, while in a network it comes behind the end of the connection.
"""

import errno
import ssl
import struct
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parts.event_receivers import server_context
from parts.pki import Authority
from radtune_tools.push import syslog
from unit.clock import Clock


class Plain:
    """A socket whose other side has ended the connection; `reset` comes after some looks."""

    def __init__(self, unacknowledged: list[int], reset_after: int = 10**6) -> None:
        self.unacknowledged, self.reset_after = unacknowledged, reset_after
        self.looks = 0

    def sendall(self, data: bytes) -> None:
        pass

    def recv(self, _: int) -> bytes:
        return b""

    def gettimeout(self) -> float:
        return 10.0

    def getsockopt(self, *_: int) -> int:
        return errno.EPIPE if self.looks > self.reset_after else 0


def never(*_: object) -> None:
    raise ssl.SSLWantReadError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    def ioctl(plain: Plain, request: int, _: bytes) -> bytes:
        assert request == 0x5411, "SIOCOUTQ"
        plain.looks += 1
        return struct.pack(
            "i", plain.unacknowledged.pop(0) if len(plain.unacknowledged) > 1 else plain.unacknowledged[0]
        )

    made = Clock()
    made.stand_in(monkeypatch, "push.syslog")
    monkeypatch.setattr("radtune_tools.push.syslog.fcntl.ioctl", ioctl)
    return made


def end(plain: Any) -> None:
    connection = syslog._Tls(plain, ssl.create_default_context(), "logs.example")
    connection.tls = SimpleNamespace(read=never, unwrap=never)  # type: ignore[assignment]
    connection.end()


def test_all_is_read_once_all_is_acknowledged(clock: Clock) -> None:
    end(plain := Plain([90, 30, 0]))
    assert (plain.looks, len(clock.slept)) == (3, 2)


def test_a_reset_behind_the_end_says_that_it_was_not_read(clock: Clock) -> None:
    with pytest.raises(BrokenPipeError):
        end(Plain([90], reset_after=3))
    assert len(clock.slept) == 3


def test_what_is_never_acknowledged_was_not_read(clock: Clock) -> None:
    with pytest.raises(ConnectionError, match="it ends the connection"):
        end(Plain([90]))
    assert 9.9 < sum(clock.slept) < 10.1


class Strict:
    """A socket to a TLS server in memory that wants a client's certificate: it says no behind its own handshake."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._server = context.wrap_bio(self._in, self._out, server_side=True)
        self.refused = False

    def sendall(self, data: bytes) -> None:
        self._in.write(data)
        try:
            with suppress(ssl.SSLWantReadError):
                self._server.do_handshake()
        except ssl.SSLError:
            self.refused = True

    def recv(self, _: int) -> bytes:
        return self._out.read()


@pytest.mark.parametrize("said", [b"", b"one message"])
def test_an_alert_behind_the_handshake_is_no_good_end(tmp_path: Path, said: bytes) -> None:
    """By TLS 1.3 the client has written everything by then."""
    authority = Authority("somebody")
    context = server_context(authority, tmp_path)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.certificate_pem.decode())
    trusting = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    plain: Any = Strict(context)
    connection = syslog._Tls(plain, trusting, "localhost")
    connection.do(connection.tls.do_handshake)
    connection.do(lambda: connection.tls.write(said))
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"):
        connection.end()
    assert plain.refused
