"""An EAP-TTLS client and its NAS in one: unlike eapol_test, it can put any attribute into the tunnel.

EAP-TTLSv0 with PAP (RFC 5281) over TLS 1.2, in RADIUS (RFC 2865, RFC 3579).
"""

import hashlib
import hmac
import os
import socket
import ssl
import struct
from collections.abc import Sequence

from parts.ports import LOOPBACK

CODES = {2: "Access-Accept", 3: "Access-Reject", 11: "Access-Challenge"}
ACCESS_REQUEST = 1
USER_NAME, USER_PASSWORD, STATE, EAP_MESSAGE, MESSAGE_AUTHENTICATOR = 1, 2, 24, 79, 80
EAP_RESPONSE, IDENTITY, NAK, TTLS = 2, 1, 3, 21
LENGTH_INCLUDED, MORE_FRAGMENTS = 0x80, 0x40
MANDATORY, VENDOR = 0x40, 0x80
FRAGMENT_SIZE = 1000
LONGEST_ATTRIBUTE = 253
WAIT_SECONDS = 10

Attribute = tuple[int, bytes]


class TtlsClient:
    """Logs in with any attributes; a new object for each login."""

    def __init__(self, port: int, secret: str, nas: Sequence[Attribute] = (), host: str = LOOPBACK) -> None:
        """`nas` are attributes of every packet, outside of the tunnel."""
        self._server, self._secret, self._nas = (host, port), secret.encode(), nas
        self._packet_id, self._eap_id, self._state = 0, 0, b""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._from_server, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from_server, self._to_server)

    def login(self, user: bytes, password: bytes, tunnel: Sequence[bytes] = ()) -> str:
        """Log in as `user` with further AVPs in the tunnel (see `avp`); gives the name of the server's last packet."""
        self._open()
        padded = password + bytes(-len(password) % 16)
        self._tls.write(avp(USER_NAME, user) + avp(USER_PASSWORD, padded) + b"".join(tunnel))
        return CODES[self._send_through(self._to_server.read())[0]]

    def _open(self) -> None:
        """Open the tunnel."""
        offer = self._exchange(IDENTITY, b"anonymous")[1]
        if offer[4] != TTLS:
            self._exchange(NAK, bytes([TTLS]))
        while not self._handshake_is_done():
            self._from_server.write(self._send_through(self._to_server.read())[1])

    def _handshake_is_done(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def _send_through(self, data: bytes) -> tuple[int, bytes]:
        """Send TLS records in fragments, and give what the server sends back, put together."""
        code, eap = 0, b""
        total = struct.pack("!I", len(data))
        for start in range(0, len(data), FRAGMENT_SIZE):
            more = MORE_FRAGMENTS if start + FRAGMENT_SIZE < len(data) else 0
            head = bytes([LENGTH_INCLUDED | more]) + total if start == 0 else bytes([more])
            code, eap = self._exchange(TTLS, head + data[start : start + FRAGMENT_SIZE])
        received = records_in(eap)
        while len(eap) > 5 and eap[5] & MORE_FRAGMENTS:
            code, eap = self._exchange(TTLS, b"\x00")
            received += records_in(eap)
        return code, received

    def _exchange(self, kind: int, data: bytes) -> tuple[int, bytes]:
        """Send one EAP response in an Access-Request; gives the code of the answer and the EAP packet in it."""
        eap = struct.pack("!BBHB", EAP_RESPONSE, self._eap_id, 5 + len(data), kind) + data
        pieces = [eap[at : at + LONGEST_ATTRIBUTE] for at in range(0, len(eap), LONGEST_ATTRIBUTE)]
        attributes = [(USER_NAME, b"anonymous"), *self._nas, *((EAP_MESSAGE, piece) for piece in pieces)]
        if self._state:
            attributes.append((STATE, self._state))
        answer = self._ask([*attributes, (MESSAGE_AUTHENTICATOR, bytes(16))])
        found = _attributes(answer[20:])
        self._state = b"".join(value for number, value in found if number == STATE)
        received = b"".join(value for number, value in found if number == EAP_MESSAGE)
        self._eap_id = received[1]
        return answer[0], received

    def _ask(self, attributes: Sequence[Attribute]) -> bytes:
        self._packet_id += 1
        body = b"".join(bytes([number, len(value) + 2]) + value for number, value in attributes)
        packet = struct.pack("!BBH16s", ACCESS_REQUEST, self._packet_id, 20 + len(body), os.urandom(16)) + body
        signature = hmac.new(self._secret, packet, hashlib.md5).digest()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.settimeout(WAIT_SECONDS)
            wire.connect(self._server)
            wire.send(packet[: -len(signature)] + signature)
            return wire.recv(4096)


def avp(number: int, value: bytes, vendor: int = 0) -> bytes:
    """Give a Diameter AVP (RFC 6733, section 4.1), as they travel in the tunnel."""
    head = struct.pack("!I", vendor) if vendor else b""
    flags = MANDATORY | (VENDOR if vendor else 0)
    length = 8 + len(head) + len(value)
    return struct.pack("!II", number, flags << 24 | length) + head + value + bytes(-length % 4)


def records_in(eap: bytes) -> bytes:
    """Give the TLS records in an EAP-TTLS request."""
    if len(eap) < 6:
        return b""
    return eap[10:] if eap[5] & LENGTH_INCLUDED else eap[6:]


def _attributes(body: bytes) -> list[Attribute]:
    found = []
    while body:
        found.append((body[0], body[2 : body[1]]))
        body = body[body[1] :]
    return found
