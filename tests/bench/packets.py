"""RADIUS requests in bytes (RFC 2865, RFC 2866), made before anything is measured, and the check of their replies."""

import hashlib
import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from bench.clients import Client

ACCESS_REQUEST, ACCESS_ACCEPT, ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 1, 2, 4, 5
USER_NAME, USER_PASSWORD, NAS_ADDRESS, NAS_PORT, SERVICE_TYPE, FRAMED_ADDRESS = 1, 2, 4, 5, 6, 8
CALLED_STATION, CALLING_STATION, STATUS_TYPE, SESSION_ID, SESSION_TIME, PORT_TYPE = 30, 31, 40, 44, 46, 61
TUNNEL_TYPE, TUNNEL_MEDIUM, MESSAGE_AUTHENTICATOR, TUNNEL_GROUP = 64, 65, 80, 81
CALL_CHECK, ETHERNET, INTERIM = 10, 15, 3
VLAN_TYPE, IEEE_802 = (TUNNEL_TYPE, bytes([0, 0, 0, 13])), (TUNNEL_MEDIUM, bytes([0, 0, 0, 6]))
AUTHENTICATOR = 16
HEAD = struct.Struct("!BBH16s")


@dataclass(frozen=True, slots=True)
class Request:
    """A request and the reply that it must get: its code, and the VLAN in it, or "" for none."""

    packet: bytes
    code: int
    vlan: str


def login(client: Client, number: int, secret: bytes, vlan: str) -> Request:
    """Give a login by MAC authentication bypass, as a switch sends it; `number` tells it from others of its socket."""
    mac, authenticator = client.mac.encode(), os.urandom(AUTHENTICATOR)
    body = [
        _attribute(USER_NAME, mac),
        _attribute(USER_PASSWORD, _hidden(mac, secret, authenticator)),
        _attribute(SERVICE_TYPE, struct.pack("!I", CALL_CHECK)),
        *_port(client),
        _attribute(MESSAGE_AUTHENTICATOR, bytes(AUTHENTICATOR)),
    ]
    packet = _packet(ACCESS_REQUEST, number, authenticator, body)
    signature = hmac.digest(secret, packet, "md5")
    return Request(packet[: -len(signature)] + signature, ACCESS_ACCEPT, vlan)


def interim(client: Client, number: int, secret: bytes) -> Request:
    """Give an Interim-Update of this client's session."""
    body = [
        _attribute(USER_NAME, client.mac.encode()),
        _attribute(STATUS_TYPE, struct.pack("!I", INTERIM)),
        _attribute(SESSION_TIME, struct.pack("!I", 600 + number)),
        _attribute(FRAMED_ADDRESS, ip_address("10.128.0.0").packed[:2] + hashlib.md5(client.mac.encode()).digest()[:2]),  # noqa: S324
        *_port(client),
    ]
    unsigned = _packet(ACCOUNTING_REQUEST, number, bytes(AUTHENTICATOR), body)
    signature = hashlib.md5(unsigned + secret).digest()  # noqa: S324  # RFC 2866, section 3
    return Request(unsigned[:4] + signature + unsigned[20:], ACCOUNTING_RESPONSE, "")


def fault(request: Request, reply: bytes, secret: bytes) -> str:
    """Tell what is wrong with a reply, "" for nothing: its code, its signature or its VLAN."""
    asked = request.packet
    signed = hashlib.md5(reply[:4] + asked[4:20] + reply[20:] + secret).digest()  # noqa: S324  # RFC 2865, section 3
    if reply[0] != request.code or reply[1] != asked[1] or reply[4:20] != signed:
        return f"a reply of code {reply[0]}, not {request.code}, or with a wrong signature"
    found = _tunnel(reply)
    wanted = [VLAN_TYPE, IEEE_802, (TUNNEL_GROUP, request.vlan.encode())] if request.vlan else []
    return "" if found == wanted else f"a reply with {found}, not {wanted}"


def _tunnel(reply: bytes) -> list[tuple[int, bytes]]:
    found, at = [], HEAD.size
    while at < len(reply):
        number, size = reply[at], reply[at + 1]
        if number in (TUNNEL_TYPE, TUNNEL_MEDIUM, TUNNEL_GROUP):
            found.append((number, reply[at + 2 : at + size]))
        at += size
    return found


def _port(client: Client) -> Sequence[bytes]:
    """Give what the NAS says of the port and the session; a client that comes back has the session that it had."""
    dashed = "-".join(client.mac[place : place + 2] for place in range(0, 12, 2)).upper()
    return (
        _attribute(CALLING_STATION, dashed.encode()),
        _attribute(CALLED_STATION, b"00-11-22-33-44-55"),
        _attribute(NAS_ADDRESS, ip_address(client.nas).packed),
        _attribute(NAS_PORT, struct.pack("!I", int(client.mac[-4:], 16))),
        _attribute(PORT_TYPE, struct.pack("!I", ETHERNET)),
        _attribute(SESSION_ID, f"{client.mac[-8:]}".upper().encode()),
    )


def _attribute(number: int, value: bytes) -> bytes:
    return bytes([number, 2 + len(value)]) + value


def _packet(code: int, number: int, authenticator: bytes, body: Sequence[bytes]) -> bytes:
    joined = b"".join(body)
    return HEAD.pack(code, number % 256, HEAD.size + len(joined), authenticator) + joined


def _hidden(password: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """Hide a password of 16 bytes at most (RFC 2865, section 5.2)."""
    key = hashlib.md5(secret + authenticator).digest()  # noqa: S324
    return bytes(one ^ other for one, other in zip(password.ljust(AUTHENTICATOR, b"\0"), key, strict=True))
