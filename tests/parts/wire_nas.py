"""NASes in bytes (RFC 5176): they take requests on addresses of loopback, and answer as a test wants."""

import hashlib
import hmac
import select
import socket
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from types import TracebackType
from typing import Self

MESSAGE_AUTHENTICATOR, ERROR_CAUSE = 80, 101
ACK, NAK = 1, 2

Answer = tuple[int, int] | None
"""ACK or NAK with a cause (0: none), or nothing."""


@dataclass(frozen=True)
class Request:
    """A request that a NAS has got: the address it came to, its code, and its attributes but Message-Authenticator."""

    address: str
    code: int
    attributes: tuple[tuple[int, bytes], ...]

    def value(self, number: int) -> bytes:
        """Give the first value of an attribute, or b''."""
        return next((value for known, value in self.attributes if known == number), b"")


class WireNases:
    """A NAS on one UDP port of each address, running inside `with`.

    `answer` is asked for each request that is signed with the secret; `requests` holds those, and `seen` how often each
    came. One that isn't signed right, or without a Message-Authenticator, is noted in `faults` and not answered.
    """

    def __init__(self, addresses: Sequence[str], port: int, secret: bytes, answer: Callable[[Request], Answer]) -> None:
        self.requests: list[Request] = []
        self.seen: Counter[Request] = Counter()
        self.faults: list[str] = []
        self._secret = secret
        self._answer = answer
        self._stopped = Event()
        self._sockets = [self._bound(address, port) for address in addresses]
        self._thread = Thread(target=self._serve, daemon=True)

    @staticmethod
    def _bound(address: str, port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((address, port))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        return made

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        for each in self._sockets:
            each.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            for ready in select.select(self._sockets, [], [], 0.05)[0]:
                packet, sender = ready.recvfrom(4096)
                reply = self._reply(str(ready.getsockname()[0]), packet)
                if reply:
                    ready.sendto(reply, sender)

    def _reply(self, address: str, packet: bytes) -> bytes:
        attributes, fault = self._read(packet)
        if fault:
            self.faults.append(fault)
            return b""
        request = Request(address, packet[0], attributes)
        self.seen[request] += 1
        if self.seen[request] == 1:
            self.requests.append(request)
        answer = self._answer(request)
        if answer is None:
            return b""
        body = struct.pack("!BBI", ERROR_CAUSE, 6, answer[1]) if answer[1] else b""
        head = struct.pack("!BBH", packet[0] + answer[0], packet[1], 20 + len(body))
        signature = hashlib.md5(head + packet[4:20] + body + self._secret).digest()  # noqa: S324  # RFC 2865
        return head + signature + body

    def _read(self, packet: bytes) -> tuple[tuple[tuple[int, bytes], ...], str]:
        """Give the attributes, and what is wrong with the packet."""
        signed = packet[:4] + bytes(16) + packet[20:]
        if hashlib.md5(signed + self._secret).digest() != packet[4:20]:  # noqa: S324  # RFC 2866
            return (), "signed with another secret"
        found, place = [], 20
        while place < len(packet):
            number, length = packet[place], packet[place + 1]
            value = packet[place + 2 : place + length]
            if number == MESSAGE_AUTHENTICATOR:
                blank = signed[: place + 2] + bytes(16) + signed[place + 18 :]
                if not hmac.compare_digest(hmac.new(self._secret, blank, "md5").digest(), value):
                    return (), "a wrong Message-Authenticator"
            found.append((number, value))
            place += length
        if MESSAGE_AUTHENTICATOR not in dict(found):
            return (), "no Message-Authenticator"
        return tuple(each for each in found if each[0] != MESSAGE_AUTHENTICATOR), ""
