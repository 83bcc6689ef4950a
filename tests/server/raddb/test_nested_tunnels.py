"""Tunnels inside of tunnels, where the client chooses what the server takes for the NAS's word and a proved name."""

from collections.abc import Iterator

import pytest

from parts.nested_ttls_client import NestedTtlsClient
from parts.office import Office, device
from parts.raddb import server_directory
from parts.ttls_client import TtlsClient, avp

POLICY = """\
labels:
  staff: {realm: staff.example}
  ttls: {auth_type: eap-ttls}
  staff-vlan: {vlan: 20}
  student-vlan: {vlan: 30}
rules:
  - {name: Staff, match: [ttls, staff], policy: allow, assign: [staff-vlan]}
  - {name: Students, match: [ttls], policy: allow, assign: [student-vlan]}
default: deny
"""
NAS = ((31, b"00-16-CB-AA-BB-77"), (32, b"switch1"), (4, bytes([192, 0, 2, 9])))


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1)], policy=POLICY) as office:
        yield office


def test_one_tunnel_is_fine(office: Office) -> None:
    assert TtlsClient(office.server.auth_port, office.server.secret, NAS).login(b"bob", b"hello") == "Access-Accept"
    assert office.events()[-1]["vlan"] == "30"


@pytest.mark.parametrize("middle", [b"x@staff.example", b"bob", b"host/LAPTOP-1"])
def test_two_are_refused_whatever_name_stands_between_them(office: Office, middle: bytes) -> None:
    before = len(office.events())
    client = NestedTtlsClient(office.server.auth_port, office.server.secret, NAS)
    assert client.nested_login(middle, b"bob", b"hello") == "Access-Reject"
    (event,) = office.events()[before:]
    assert (event["event"], event["reason"]) == ("login_denied", "radtune: a tunnel inside of a tunnel is refused")


def test_nobody_speaks_for_another_client_or_nas_from_within(office: Office) -> None:
    smuggled = avp(31, b"00-16-CB-00-00-01") + avp(32, b"core") + avp(4, bytes([192, 0, 2, 50]))
    client = NestedTtlsClient(office.server.auth_port, office.server.secret, NAS)
    assert client.nested_login(b"bob", b"bob", b"hello", smuggled) == "Access-Reject"
    assert not [event for event in office.events() if event["nas"] == "core" or event["mac"] == "0016cb000001"]
