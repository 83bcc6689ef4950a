"""The benchmark's own requests, and what it makes of replies: a wrong one ends it."""

import hashlib

from bench.clients import Client
from bench.packets import ACCESS_ACCEPT, ACCESS_REQUEST, IEEE_802, TUNNEL_GROUP, VLAN_TYPE, Request, fault, login

SECRET = b"testing123"
CLIENT = Client("0016cbaabb01", "compliant", "192.0.2.1")
TUNNEL = (VLAN_TYPE, IEEE_802)


def reply(request: Request, *attributes: tuple[int, bytes], code: int = ACCESS_ACCEPT) -> bytes:
    """Give a signed reply with these attributes."""
    body = b"".join(bytes([number, 2 + len(value)]) + value for number, value in attributes)
    head = bytes([code, request.packet[1], 0, 20 + len(body)])
    return head + hashlib.md5(head + request.packet[4:20] + body + SECRET).digest() + body  # noqa: S324  # RFC 2865, section 3


def test_the_reply_that_was_expected_has_no_fault() -> None:
    request = login(CLIENT, 7, SECRET, "750")
    assert (request.packet[0], request.packet[1]) == (ACCESS_REQUEST, 7)
    assert fault(request, reply(request, *TUNNEL, (TUNNEL_GROUP, b"750")), SECRET) == ""


def test_another_vlan_none_another_code_and_another_secret_are_faults() -> None:
    request = login(CLIENT, 7, SECRET, "750")
    good = (*TUNNEL, (TUNNEL_GROUP, b"750"))
    assert "not [" in fault(request, reply(request, *TUNNEL, (TUNNEL_GROUP, b"1")), SECRET)
    assert "not [" in fault(request, reply(request), SECRET)
    assert "code 3" in fault(request, reply(request, *good, code=3), SECRET)
    assert "signature" in fault(request, reply(request, *good), b"another")
