"""RADIUS in bytes (RFC 2865, RFC 6929): what the server really sends, and what it should."""

import os
import socket
import struct
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from types import TracebackType
from typing import Any, Self

from parts.ports import LOOPBACK

ACCESS_REQUEST, ACCESS_ACCEPT = 1, 2
USER_NAME, NAS_PORT, VENDOR_SPECIFIC, MESSAGE_AUTHENTICATOR = 1, 5, 26, 80
WAIT_SECONDS = 10
LONG_EXTENDED = (245, 246)
# How many bytes number and length take where it isn't one each (RFC 2865 5.26), and those that stand behind them.
FORMATS = {429: (4, 0, 0), 637: (2, 1, 0), 4846: (2, 1, 0), 5323: (1, 1, 1), 8164: (2, 2, 0), 16445: (2, 1, 0)}
FORMATS[24757] = (1, 1, 1)


class Wire:
    """A socket for many requests, one after the other."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(WAIT_SECONDS)
        self._socket.connect((LOOPBACK, port))
        self._id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, number: int, more: bytes = b"") -> bytes:
        """Log in at this NAS-Port, with more attributes; gives those of the Access-Accept but Message-Authenticator."""
        self._id = (self._id + 1) % 256
        body = encoded(USER_NAME, b"bob") + encoded(NAS_PORT, struct.pack("!I", number)) + more
        self._socket.send(struct.pack("!BBH16s", ACCESS_REQUEST, self._id, 20 + len(body), os.urandom(16)) + body)
        answer = self._socket.recv(4096)
        if answer[0] != ACCESS_ACCEPT or answer[1] != self._id:
            raise ValueError(f"not the Access-Accept that was asked for: {answer!r}")
        return b"".join(one for one in _split(answer[20:]) if one[0] != MESSAGE_AUTHENTICATOR)


def encoded(number: int, value: bytes) -> bytes:
    """Give an attribute or a TLV: number, length, value."""
    return bytes([number, 2 + len(value)]) + value


def _split(body: bytes) -> list[bytes]:
    found = []
    while body:
        found.append(body[: body[1]])
        body = body[body[1] :]
    return found


def packet_bytes(attribute: dict[str, Any], value: bytes) -> bytes:
    """Give an attribute with its value as it has to stand in a packet."""
    space, number = attribute["space"], attribute["number"]
    for sub in reversed(number[1:]):
        value = encoded(sub, value)
    if not space:
        return encoded(number[0], value)
    if space[0] == VENDOR_SPECIFIC:
        of_number, of_length, behind = FORMATS.get(space[1], (1, 1, 0))
        head = number[0].to_bytes(of_number, "big")
        size = (of_number + of_length + behind + len(value)).to_bytes(of_length, "big") if of_length else b""
        return encoded(VENDOR_SPECIFIC, struct.pack("!I", space[1]) + head + size + bytes(behind) + value)
    more = b"\0" if space[0] in LONG_EXTENDED else b""
    if len(space) == 1:
        return encoded(space[0], bytes([number[0]]) + more + value)
    return encoded(space[0], bytes([VENDOR_SPECIFIC]) + more + struct.pack("!IB", space[2], number[0]) + value)


def value_bytes(attribute: dict[str, Any], value: str, tag: int = 0) -> bytes:
    """Give a value of the attribute's type in bytes."""
    kind = attribute["type"]
    integers = {"byte": "!B", "short": "!H", "integer": "!I", "signed": "!i", "integer64": "!Q", "date": "!I"}
    if kind in integers:
        named = dict(attribute["names"])
        raw = struct.pack(integers[kind], named[value] if value in named and not value.isdecimal() else int(value))
        return bytes([tag]) + raw[1:] if attribute["has_tag"] and tag else raw
    if kind == "string":
        return (bytes([tag]) if tag else b"") + value.encode()
    if kind == "octets":
        return bytes.fromhex(value[2:])
    if kind in ("ipaddr", "ipv6addr", "combo-ip"):
        return ip_address(value).packed
    if kind in ("ipv4prefix", "ipv6prefix"):
        network = ip_network(value)
        return bytes([0, network.prefixlen]) + network.network_address.packed
    digits: Sequence[str] = [part.zfill(2 if kind == "ether" else 4) for part in value.split(":")]
    return bytes.fromhex("".join(digits))
