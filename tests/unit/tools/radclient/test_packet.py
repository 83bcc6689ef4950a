"""A packet as radclient reads it; and nothing from a session that means anything to radclient."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.config.nas_profile import Method, Profile
from radtune.dictionary.dictionary import Dictionary
from radtune.policy.templates import SAMPLE
from radtune_tools.radclient.packet import CannotRenderError, Packet, packet_text, quoted, render
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


NOTHING = dict.fromkeys(SAMPLE, "")
BY_MAC = (("Calling-Station-Id", "{mac}"),)


def rendered(how: str = "none", **more: str) -> list[str]:
    """Return the names of the attributes of a packet that wants a port or a session id."""
    method = Method("disconnect", "Disconnect-Request", BY_MAC, (("nas_port", "acct_session_id"),))
    profile = Profile("x", "", (method,), 3799, "as-sent", how)
    fields = {**NOTHING, "mac": "00-16-CB-AA-BB-01", "nas_port": "7", **more}
    return [name for name, _ in render(profile, method, fields)]


@pytest.mark.parametrize(
    ("how", "fields", "names"),
    [
        ("address", {"nas_address": "192.0.2.1", "nas_identifier": "sw1"}, ["NAS-IP-Address"]),
        ("address", {"nas_ipv6": "2001:db8::1"}, ["NAS-IPv6-Address"]),
        ("address", {"nas_identifier": "sw1"}, ["NAS-Identifier"]),
        ("identifier", {"nas_address": "192.0.2.1", "nas_identifier": "sw1"}, ["NAS-Identifier"]),
        ("identifier", {"nas_address": "192.0.2.1"}, ["NAS-IP-Address"]),
        ("both", {"nas_address": "192.0.2.1", "nas_identifier": "sw1"}, ["NAS-IP-Address", "NAS-Identifier"]),
        ("both", {"nas_identifier": "sw1"}, ["NAS-Identifier"]),
        ("none", {"nas_address": "192.0.2.1", "nas_identifier": "sw1"}, []),
    ],
)
def test_a_nas_is_named_as_its_profile_says(how: str, fields: dict[str, str], names: list[str]) -> None:
    assert rendered(how, **fields) == [*names, "Calling-Station-Id"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"nas_port": ""}, "disconnect needs nas_port or acct_session_id, which the session doesn't have"),
        ({"mac": ""}, "disconnect would name no client: the session has no mac"),
        ({"mac": "a\0b"}, "disconnect can't be sent safely: Calling-Station-Id: 'a\\x00b' has a null byte"),
        (
            {"mac": "x" * 254},
            f"disconnect can't be sent safely: Calling-Station-Id: '{'x' * 254}' has more than 253 bytes",
        ),
    ],
)
def test_why_there_is_no_packet_for_a_session(fields: dict[str, str], said: str) -> None:
    with pytest.raises(CannotRenderError, match=re.escape(said)):
        rendered(**fields)
    assert rendered(nas_port="", acct_session_id="A1") == ["Calling-Station-Id"], "one of the fields is enough"


def test_what_the_dictionary_does_not_let_out_is_no_packet() -> None:
    dictionary = Dictionary.read([Path("/usr/share/freeradius/dictionary")])
    method = Method("disconnect", "Disconnect-Request", (("Calling-Station-Id", "{mac}"), ("NAS-Port", "{nas_port}")))
    profile = Profile("x", "", (method,), 3799, "as-sent", "none", dictionary=dictionary)
    fields = {**NOTHING, "mac": "x"}
    assert len(render(profile, method, {**fields, "nas_port": "7"})) == 2
    with pytest.raises(CannotRenderError, match="disconnect can't be sent: NAS-Port: ge-0/0/7 is not a whole number"):
        render(profile, method, {**fields, "nas_port": "ge-0/0/7"})


def test_only_a_field_of_the_client_names_the_client() -> None:
    naming = (("Calling-Station-Id", "{mac}"), ("User-Name", "{user_name}"))
    method = Method("coa", "CoA-Request", (("Called-Station-Id", "{called_station_id}"), *naming))
    profile = Profile("x", "", (method,), 3799, "as-sent", "none")
    fields = {**NOTHING, "called_station_id": "00-11-22-33-44-55:Corp"}
    with pytest.raises(CannotRenderError, match="coa would name no client: the session has no mac or user_name"):
        render(profile, method, fields)
    named = [name for name, _ in render(profile, method, {**fields, "user_name": "bob"})]
    assert named == ["Called-Station-Id", "User-Name"]
