"""A packet as radclient reads it; and nothing from a session that means anything to radclient."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune_tools.radclient.packet import Packet, packet_text, quoted
from unit.samples import NOW

PACKET = Packet("Disconnect-Request", "192.0.2.9", 3799, (("NAS-IP-Address", "192.0.2.1"), ("User-Name", "bob")))


def test_a_packet() -> None:
    assert packet_text(PACKET, NOW + 0.9).splitlines() == [
        "Packet-Type = Disconnect-Request",
        "Packet-Dst-IP-Address = 192.0.2.9",
        "Packet-Dst-Port = 3799",
        'NAS-IP-Address = "192.0.2.1"',
        'User-Name = "bob"',
        "Event-Timestamp = 1800000000",
        "Message-Authenticator = 0x00",
    ]


def test_one_to_an_ipv6_address_with_a_mark() -> None:
    text = packet_text(Packet("CoA-Request", "2001:DB8::9", 1700, ()), NOW, "17")
    assert text.splitlines()[1:4] == [
        "Packet-Dst-IPv6-Address = 2001:db8::9",
        "Packet-Dst-Port = 1700",
        'Radclient-Test-Name = "17"',
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("00-16-CB-AA-BB-00", '"00-16-CB-AA-BB-00"'),
        ('a"b', r'"a\042b"'),
        ("a\\", r'"a\134"'),
        ("`id`", r'"\140id\140"'),
        ("%{User-Name}", r'"\045\173User-Name\175"'),
        ("a\nb\r", r'"a\012b\015"'),
        ("ä", r'"\303\244"'),
        ("\udcff", r'"\377"'),
        ("'#$", r'"\047\043\044"'),
        ("x" * 253, '"' + "x" * 253 + '"'),
    ],
)
def test_what_could_mean_something_is_written_as_octal_digits(value: str, written: str) -> None:
    assert quoted(value) == written


@pytest.mark.parametrize("value", ["", "a\0b", "x" * 254, "ä" * 127, "\ud800"])
def test_what_no_attribute_can_carry_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        packet_text(Packet("CoA-Request", "192.0.2.9", 3799, (("User-Name", value),)), NOW)


@pytest.mark.parametrize("address", ["sw1.example", "192.0.2.1/24", "192.0.2.1 ", "fe80::1%eth0", "", "$INCLUDE"])
def test_an_address_is_an_address(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        packet_text(Packet("CoA-Request", address, 3799, ()), NOW)


@pytest.mark.parametrize("name", ["", "User Name", "User-Name = x\nFoo", "$INCLUDE", "`id`", "&User-Name", '"', "A:b"])
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="is no attribute's name"):
        packet_text(Packet("CoA-Request", "192.0.2.9", 3799, ((name, "x"),)), NOW)


@pytest.mark.parametrize(("kind", "port"), [("Access-Request", 3799), ("CoA-Request", 0), ("CoA-Request", 65536)])
def test_no_other_packets_are_sent(kind: str, port: int) -> None:
    with pytest.raises(ValueError, match="no packet of radtune's"):
        packet_text(Packet(kind, "192.0.2.9", port, ()), NOW)


@given(st.lists(st.text(min_size=1), max_size=4))
def test_whatever_a_session_says_a_packet_keeps_its_lines(values: list[str]) -> None:
    pairs = tuple((f"Attr-{number}", value) for number, value in enumerate(values, 1))
    try:
        text = packet_text(Packet("CoA-Request", "192.0.2.9", 3799, pairs), NOW)
    except (ValueError, UnicodeEncodeError):
        return
    lines = text.splitlines()
    assert len(lines) == text.count("\n") == 5 + len(values)
    for line, value in zip(lines[3:], values, strict=False):
        found = re.fullmatch(r'Attr-\d = "((?:[A-Za-z0-9 :;,.@/_=+-]|\\[0-7]{3})+)"', line)
        assert found
        read = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), found[1].encode())
        assert read == value.encode("utf-8", "surrogateescape")


def test_a_login_goes_to_this_machine_alone() -> None:
    for kind in ("Access-Request", "Accounting-Request"):
        for address in ("127.0.0.1", "::1"):
            assert Packet(kind, address, 1812, ()).text.startswith(f"Packet-Type = {kind}\n")
        with pytest.raises(ValueError, match=f"no packet of radtune's: {kind} to 192.0.2.9"):
            _ = Packet(kind, "192.0.2.9", 1812, ()).text
