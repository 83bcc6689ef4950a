"""Sockets without a network: what comes over each connection is said beforehand, urllib3 does the rest for real."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

Piece = bytes | BaseException | Callable[[], None]
"""Bytes that come, what is raised in their place, or what happens meanwhile."""


def answer(status: int, body: object = b"", *, length: int | None = None, **headers: str) -> bytes:
    """Return an answer as it comes over the wire; `length` is another one than the body's; names with _ for -."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Length": str(len(content) if length is None else length), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + content


class _Raw(io.RawIOBase):
    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, BaseException):
                raise piece
            if not isinstance(piece, bytes):
                piece()
            elif piece:
                size = min(len(buffer), len(piece))
                buffer[:size] = piece[:size]
                self._pieces.insert(0, piece[size:])
                return size
        return 0


class _Socket:
    def __init__(self, wire: "Wire", pieces: list[Piece]) -> None:
        self._wire, self._pieces = wire, pieces

    def sendall(self, data: bytes) -> None:
        self._wire.sent[-1] += bytes(data)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_Raw(self._pieces))

    def settimeout(self, seconds: float | None) -> None:
        self._wire.timeouts.append(seconds)

    def close(self) -> None:
        pass


class Wire:
    """The connections of this process, each with the pieces that will come over it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._connections: list[list[Piece]] = []
        self.dialled: list[tuple[str, int]] = []
        self.sent: list[bytes] = []
        self.timeouts: list[float | None] = []
        monkeypatch.setattr("urllib3.util.connection.create_connection", self._dial)

    def will(self, *pieces: Piece) -> "Wire":
        """Say what comes over the next connection; an exception alone is raised in place of a connection."""
        self._connections.append(list(pieces))
        return self

    def _dial(self, address: tuple[str, int], *_: object, **__: object) -> _Socket:
        self.dialled.append(address)
        pieces = self._connections.pop(0)
        if len(pieces) == 1 and isinstance(pieces[0], BaseException):
            raise pieces[0]
        self.sent.append(b"")
        return _Socket(self, pieces)

    @property
    def left(self) -> int:
        """How many of the connections were not made yet."""
        return len(self._connections)
