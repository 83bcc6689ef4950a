"""The end of a connection by TLS: what counts as read, if the other side says nothing by TLS.

On loopback a reset is there at once, while in a network it comes behind the end of the connection.
"""

import errno
import ssl
import struct
from types import SimpleNamespace
from typing import Any

import pytest

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
    connection.tls = SimpleNamespace(unwrap=never)  # type: ignore[assignment]
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
