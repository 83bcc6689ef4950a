"""Nothing that a client or a NAS sends can pass for what only the server knows."""

import pytest

from parts.radius_client import Pair, mac_login
from parts.steered import Call, Identities, SteeredServer
from parts.ttls_client import TtlsClient, avp

MAC = b"00-16-CB-AA-BB-01"
COMPLIANT_MAC = b"00-16-CB-AA-BB-FF"
NAS_PORT_TYPE_VIRTUAL = b"\0\0\0\5"
FREERADIUS, PROXIED_TO = 11344, 1
# RADIUS numbers of what only the NAS may say (RFC 2865, 2866, 2869).
SMUGGLED = {
    "NAS-IP-Address": avp(4, bytes([192, 0, 2, 1])),
    "NAS-Port": avp(5, b"\0\0\0\7"),
    "NAS-Identifier": avp(32, b"datacenter"),
    "NAS-Port-Type": avp(61, NAS_PORT_TYPE_VIRTUAL),
    "NAS-Port-Id": avp(87, b"ge-0/0/7"),
    "Called-Station-Id": avp(30, b"66-55-44-33-22-11:Admin"),
    "Calling-Station-Id": avp(31, COMPLIANT_MAC),
    "Acct-Session-Id": avp(44, b"0B000001"),
    "Acct-Multi-Session-Id": avp(50, b"0C000001"),
}
SERVER_ATTRIBUTES = (
    "TLS-Client-Cert-Serial",
    "TLS-Client-Cert-Common-Name",
    "TLS-Client-Cert-Subject-Alt-Name-Dns",
    "TLS-Client-Cert-X509v3-Subject-Alternative-Name",
    "EAP-Session-Resumed",
    "EAP-Type",
)
# What is another in every login.
FRESH = {
    *("EAP-Message", "State", "Message-Authenticator", "Event-Timestamp"),
    *("MS-MPPE-Recv-Key", "MS-MPPE-Send-Key", "EAP-MSK", "EAP-EMSK", "EAP-Session-Id"),
}
LOCAL_ATTRIBUTES = ("Radtune-Question", "Radtune-Inner-User-Name", "Radtune-Inner-Type", "Radtune-MAC")


def login(steered: SteeredServer, *tunnel: bytes) -> tuple[Call, Call]:
    nas = ((31, MAC), (32, b"switch1"), (44, b"0A000001"))
    client = TtlsClient(steered.server.auth_port, steered.server.secret, nas)
    assert client.login(b"bob", b"hello", tunnel) == "Access-Accept"
    inner, outer = steered.calls
    assert (inner.question, outer.question) == ("inner", "login")
    return inner, outer


def seen(call: Call) -> dict[str, list[tuple[str, str]]]:
    """Give what the hook saw, without what is another in every login."""
    return {where: [pair for pair in found or [] if pair[0] not in FRESH] for where, found in call.lists.items()}


def test_what_the_nas_says_can_not_come_through_the_tunnel(steered: SteeredServer) -> None:
    steered.answer()
    inner, _ = login(steered, *SMUGGLED.values())
    assert inner.all("Calling-Station-Id") == [MAC.decode()]
    assert inner.all("NAS-Identifier") == ["switch1"]
    assert inner.all("NAS-IP-Address") == ["127.0.0.1"]
    assert inner.all("Acct-Session-Id") == ["0A000001"]
    absent = ("NAS-Port", "NAS-Port-Id", "NAS-Port-Type", "Called-Station-Id", "Acct-Multi-Session-Id")
    assert [inner.all(name) for name in absent] == [[], [], [], [], []]


@pytest.mark.parametrize("number", [1020, 1018, 1924, 3010, 3861, 3862])
def test_server_attributes_can_not_come_through_the_tunnel(steered: SteeredServer, number: int) -> None:
    steered.answer()
    inner, outer = login(steered, avp(number, b"mab\0"))
    for call in (inner, outer):
        assert "mab" not in {value for found in call.lists.values() for _, value in found or []}


def test_a_request_that_says_it_was_proxied_is_an_ordinary_one(steered: SteeredServer) -> None:
    steered.answer()
    proxied: Pair = ("FreeRADIUS-Proxied-To", "127.0.0.1")
    reply = steered.client.login(*mac_login("0016cbaabb02", proxied))
    assert reply.code == "Access-Accept"
    assert steered.questions == ["mab", "login"]
    steered.answer()
    assert steered.client.login(("User-Name", "bob"), ("User-Password", "hello"), proxied).code == "Access-Accept"
    assert steered.questions == ["login"]


def test_proxied_to_in_the_tunnel_changes_nothing(steered: SteeredServer) -> None:
    steered.answer()
    plain = login(steered)
    steered.answer()
    smuggled = login(steered, avp(PROXIED_TO, bytes([10, 0, 0, 1]), vendor=FREERADIUS))
    assert [seen(call) for call in smuggled] == [seen(call) for call in plain]


@pytest.mark.parametrize("name", [*LOCAL_ATTRIBUTES, *SERVER_ATTRIBUTES])
def test_no_packet_carries_them(steered: SteeredServer, name: str) -> None:
    """radclient knows these names, and has no way to send them: numbers above 255 have no place in a packet."""
    steered.answer()
    value = {"EAP-Session-Resumed": "yes", "EAP-Type": "TLS"}.get(name, "login")
    assert steered.client.login(*mac_login("0016cbaabb02", (name, value))).code == "Access-Accept"
    assert steered.questions == ["mab", "login"]
    assert [call.all(name) for call in steered.calls] == [[], []]


def test_the_certificate_is_not_taken_from_another_login(steered: SteeredServer, identities: Identities) -> None:
    """Nothing of an EAP-TLS login is left for the next one of the same client."""
    steered.eap(identities.eap_tls(identities.authority.issue_client("LAPTOP-1")))
    steered.answer()
    inner, outer = login(steered)
    assert inner.all("TLS-Client-Cert-Common-Name") == outer.all("TLS-Client-Cert-Common-Name") == []
