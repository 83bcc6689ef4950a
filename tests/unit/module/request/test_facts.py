"""Attribute pairs -> Facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.records.addresses import is_random_mac, parse_mac
from radtune.request.attributes import Attributes
from radtune.request.facts import read_facts

MACS = {
    "0010a42319c0": "0010a42319c0",
    "0010A42319C0": "0010a42319c0",
    "00-10-A4-23-19-C0": "0010a42319c0",
    "00:10:a4:23:19:c0": "0010a42319c0",
    "00.10.a4.23.19.c0": "0010a42319c0",
    "0010.a423.19c0": "0010a42319c0",
    "0010-a423-19c0": "0010a42319c0",
    "0010:A423:19C0": "0010a42319c0",
    "0010a4-2319c0": "0010a42319c0",
    "0010A4.2319C0": "0010a42319c0",
    "0010a4:2319c0": "0010a42319c0",
    "00 10 A4 23 19 C0": "0010a42319c0",
    "00_10_a4_23_19_c0": "0010a42319c0",
}
NO_MACS = (
    "",
    "0010a42319c",
    "0010a42319c00",
    "0010a42319cg",
    "00-10-A4-23-19-C0 ",
    " 00-10-A4-23-19-C0",
    "00-10-A4-23-19-C0\n",
    "00-10-A4-23-19-C0:Corp",
    "00--10-A4-23-19-C0",
    "00  10 a4 23 19 c0",
    "00/10/a4/23/19/c0",
    "00-10-A4-23-19",
    "bob",
    "host/laptop.corp.example",
    "\u0660\u0660-10-A4-23-19-C0",
    "+49301234567",
)


@pytest.mark.parametrize(("text", "mac"), MACS.items())
def test_mac_notations(text: str, mac: str) -> None:
    assert parse_mac(text) == mac


@pytest.mark.parametrize("text", NO_MACS)
def test_what_is_no_mac(text: str) -> None:
    assert parse_mac(text) == ""


@given(st.text())
def test_a_mac_is_twelve_digits_or_nothing(text: str) -> None:
    mac = parse_mac(text)
    assert mac == "" or (len(mac) == 12 and set(mac) <= set("0123456789abcdef"))


@given(st.integers(0, 2**48 - 1), st.sampled_from(["", "-", ":", ".", "_", " "]), st.booleans())
def test_every_mac_in_pairs_is_read(number: int, separator: str, upper: bool) -> None:
    mac = f"{number:012x}"
    text = separator.join(mac[index : index + 2] for index in range(0, 12, 2))
    assert parse_mac(text.upper() if upper else text) == mac


@pytest.mark.parametrize("first", ["02", "06", "0a", "0e", "f2", "fe", "ff"])
def test_locally_administered(first: str) -> None:
    assert is_random_mac(f"{first}10a42319c0")


@pytest.mark.parametrize("first", ["00", "04", "08", "0c", "01", "f0", "fc", "ac"])
def test_globally_unique(first: str) -> None:
    assert not is_random_mac(f"{first}10a42319c0")


def test_the_first_list_counts_and_repeated_values_are_kept() -> None:
    attributes = Attributes([("A", "trusted")], [("A", "1"), ("B", "2"), ("B", "3")], None)
    assert attributes.all("A") == ("trusted",)
    assert attributes.all("B") == ("2", "3")
    assert attributes.first("C", "B") == "2"
    assert attributes.first("C") == ""
    assert "B" in attributes
    assert "C" not in attributes


def test_what_a_policy_asks_for() -> None:
    pairs = [
        ("Filter-Id", "a"),
        ("Filter-Id", "b=c"),
        ("Aruba-Location-Id", "lobby"),
        ("Tunnel-Private-Group-Id:1", "7"),
        ("User-Password", "hello"),
        ("CHAP-Password", "0x01"),
    ]
    names = ("filter-ID", "ARUBA-Location-Id", "Tunnel-Private-Group-Id", "Class", "user-password", "CHAP-Password")
    facts = read_facts(Attributes([("User-Name", "bob")], pairs), extra_attributes=names)
    assert facts.extra_attributes == names
    assert facts.attributes == ("filter-ID=a", "filter-ID=b=c", "ARUBA-Location-Id=lobby", "Tunnel-Private-Group-Id=7")
    assert read_facts(Attributes(pairs)).attributes == ()
    assert read_facts(Attributes(pairs), extra_attributes=("tunnel-private-group-id:1",)).attributes[0].endswith("=7")


def test_a_subject_is_asked_for_as_octets_and_as_text() -> None:
    names = ("tls-client-cert-subject", "User-Name")
    facts = read_facts(Attributes([("TLS-Client-Cert-Subject", "0x2f434e3d61")]), extra_attributes=names)
    assert facts.attributes == ("tls-client-cert-subject=0x2f434e3d61", "tls-client-cert-subject=/CN=a")
    assert read_facts(Attributes([]), extra_attributes=names).attributes == ()


def test_a_full_request() -> None:
    facts = read_facts(
        Attributes(
            [("Radtune-Inner-User-Name", "bob"), ("Radtune-Inner-Type", "MSCHAPv2")],
            [
                ("User-Name", "anonymous"),
                ("NAS-IP-Address", "192.0.2.1"),
                ("NAS-Identifier", "sw1"),
                ("NAS-Port", "7"),
                ("NAS-Port-Id", "ge-0/0/7"),
                ("NAS-Port-Type", "Ethernet"),
                ("Calling-Station-Id", "00-16-CB-AA-BB-01"),
                ("Called-Station-Id", "00-11-22-33-44-55:Corp"),
                ("Acct-Session-Id", "S1"),
                ("Acct-Multi-Session-Id", "M1"),
                ("Framed-IP-Address", "192.0.2.77"),
                ("Cisco-AVPair", "service-type=Framed"),
                ("Cisco-AVPair", "audit-session-id=C0A8"),
                ("EAP-Type", "TTLS"),
                ("EAP-Session-Resumed", "yes"),
            ],
        )
    )
    assert (facts.user_name, facts.inner_type, facts.auth_type) == ("bob", "mschapv2", "eap-ttls")
    assert (facts.mac, facts.calling_station_id) == ("0016cbaabb01", "00-16-CB-AA-BB-01")
    assert (facts.nas_address, facts.nas_identifier) == ("192.0.2.1", "sw1")
    assert (facts.nas_port, facts.nas_port_id, facts.nas_port_type) == ("7", "ge-0/0/7", "Ethernet")
    assert (facts.acct_session_id, facts.acct_multi_session_id, facts.ssid) == ("S1", "M1", "Corp")
    assert (facts.nas_user_name, facts.framed_ip, facts.audit_session_id) == ("anonymous", "192.0.2.77", "C0A8")
    assert facts.resumed
    assert facts.certificate is None


@pytest.mark.parametrize(
    ("pairs", "auth_type"),
    [
        ([("EAP-Type", "TLS")], "eap-tls"),
        ([("EAP-Type", "TTLS")], "eap-ttls"),
        ([("EAP-Type", "PEAP")], "peap"),
        ([("EAP-Type", "TEAP")], "teap"),
        ([("EAP-Type", "MSCHAPv2")], "eap-mschapv2"),
        ([("EAP-Type", "MD5")], "eap-md5"),
        ([("EAP-Message", "0x02")], "eap"),
        ([("MS-CHAP-Challenge", "0x00")], "mschap"),
        ([("CHAP-Password", "0x00")], "chap"),
        ([("User-Password", "hello")], "pap"),
    ],
)
def test_authentication_types(pairs: list[tuple[str, str]], auth_type: str) -> None:
    assert read_facts(Attributes(pairs)).auth_type == auth_type


def test_nas_address_of_ipv6() -> None:
    assert read_facts(Attributes([("NAS-IPv6-Address", "2001:db8::1")])).nas_address == "2001:db8::1"


def test_the_vendor_is_that_of_the_attributes_that_the_nas_sends() -> None:
    assert read_facts(Attributes([("Aruba-Essid-Name", "Corp"), ("User-Name", "x")])).nas_vendor == "aruba"
    assert read_facts(Attributes([("Cisco-AVPair", "a=b")])).nas_vendor == ""
