"""A client that puts an EAP-TTLS login into the tunnel of another: what no supplicant offers and an attacker writes."""

import ssl
import struct

from parts.ttls_client import (
    CODES,
    EAP_MESSAGE,
    EAP_RESPONSE,
    IDENTITY,
    LENGTH_INCLUDED,
    MORE_FRAGMENTS,
    NAK,
    TTLS,
    USER_NAME,
    USER_PASSWORD,
    TtlsClient,
    avp,
    records_in,
)


class NestedTtlsClient(TtlsClient):
    """Logs in through two tunnels; a new object for each login."""

    def nested_login(self, middle: bytes, user: bytes, password: bytes, outer_avps: bytes = b"") -> str:
        """Log in as `user` inside, and call oneself `middle` between the two tunnels; gives the last packet's name.

        `outer_avps` are further AVPs in the first tunnel, beside each EAP message of the second.
        """
        self._middle, self._more = middle, outer_avps
        self._open()
        answer = self._inside(_response(0, IDENTITY, middle))
        if answer and answer[4] != TTLS:
            answer = self._inside(_response(answer[1], NAK, bytes([TTLS])))
        return self._second_tunnel(answer, user, password) if answer and answer[4] == TTLS else CODES[self._code]

    def _second_tunnel(self, answer: bytes, user: bytes, password: bytes) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(came, goes)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                answer, records = self._through(answer, goes.read())
                if not records:
                    return CODES[self._code]
                came.write(records)
            else:
                break
        tls.write(avp(USER_NAME, user) + avp(USER_PASSWORD, password + bytes(-len(password) % 16)))
        self._through(answer, goes.read())
        return CODES[self._code]

    def _through(self, answer: bytes, data: bytes) -> tuple[bytes, bytes]:
        """Send TLS records of the second tunnel; gives the last EAP packet in the first, and the records received."""
        head = bytes([LENGTH_INCLUDED]) + struct.pack("!I", len(data))
        answer = self._inside(_response(answer[1], TTLS, head + data))
        records = records_in(answer)
        while len(answer) > 5 and answer[5] & MORE_FRAGMENTS:
            answer = self._inside(_response(answer[1], TTLS, b"\0"))
            records += records_in(answer)
        return answer, records

    def _inside(self, eap: bytes) -> bytes:
        """Send an EAP packet through the first tunnel, and give the one that comes back, if one does."""
        self._tls.write(avp(USER_NAME, self._middle) + avp(EAP_MESSAGE, eap) + self._more)
        self._code, records = self._send_through(self._to_server.read())
        if not records:
            return b""
        self._from_server.write(records)
        try:
            return b"".join(value for number, value in _avps(self._tls.read(65536)) if number == EAP_MESSAGE)
        except ssl.SSLError:
            return b""


def _response(identifier: int, kind: int, data: bytes) -> bytes:
    return struct.pack("!BBHB", EAP_RESPONSE, identifier, 5 + len(data), kind) + data


def _avps(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while len(data) >= 8:
        number, flags = struct.unpack("!II", data[:8])
        length, start = flags & 0xFFFFFF, 12 if flags >> 24 & 0x80 else 8
        found.append((number, data[start:length]))
        data = data[(length + 3) & ~3 :]
    return found
