"""Values of attributes: which FreeRADIUS would send as they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.dictionary.attribute import (
    Attribute,
    ValueNames,
    escaped,
    read_value,
)
from radtune.text import nearest

NAMES: ValueNames = {"vlan": ("VLAN", 13), "ip-in-ip": ("IP-in-IP", 7), "ipip": ("IPIP", 7)}


def attribute(kind: str, *, room: int = 247, length: int = 0, has_tag: bool = False) -> Attribute:
    return Attribute("Some-Name", kind, (), (1,), room, length, has_tag)


def problem(kind: str, value: str | int, names: ValueNames | None = None, tag: int = 0, **more: int) -> str:
    """Return what is wrong with the value, or ''."""
    made = attribute(kind, room=more.get("room", 247), length=more.get("length", 0), has_tag=bool(tag))
    try:
        read_value(made, names or {}, value, tag)
    except ValueError as error:
        return str(error)
    return ""


def sent(names: ValueNames, value: str | int) -> str:
    return read_value(attribute("integer"), names, value, 0)[0]


def shown_as(kind: str, names: ValueNames, value: str | int) -> str:
    return read_value(attribute(kind), names, value, 0)[1]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("byte", 0),
        ("byte", "255"),
        ("short", 65535),
        ("integer", 4294967295),
        ("signed", "-2147483648"),
        ("integer64", 2**64 - 1),
        ("date", 1700000000),
        ("ipaddr", "192.0.2.1"),
        ("ipv6addr", "2001:db8::1"),
        ("combo-ip", "192.0.2.1"),
        ("combo-ip", "2001:db8::1"),
        ("ipv4prefix", "192.0.2.0/24"),
        ("ipv6prefix", "2001:db8::/32"),
        ("ifid", "0:0:0:1"),
        ("ether", "00:10:a4:23:19:c0"),
        ("octets", "0x00FF"),
        ("octets", "0XAB"),
        ("string", 'Zugang für Gäste 100% "x" \\ \''),
        ("string", 750),
    ],
)
def test_a_value_of_its_type(kind: str, value: str | int) -> None:
    assert problem(kind, value) == ""


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("byte", 256, "256 is not between 0 and 255"),
        ("short", "65536", "not between 0 and 65535"),
        ("integer", -1, "not between 0 and 4294967295"),
        ("integer", "4294967296", "not between"),
        ("integer", "9" * 5000, "not a whole number"),
        ("integer", "", "not a whole number"),
        ("integer", "010", "not a whole number in plain decimal digits"),
        ("integer", "0x10", "not a whole number"),
        ("integer", " 10", "not a whole number"),
        ("integer", "10\n", "not a whole number"),
        ("integer", "٣", "not a whole number"),
        ("signed", 2147483648, "not between"),
        ("date", "2026-01-01", "not a whole number"),
        ("ipaddr", "192.0.2", "not an IPv4 address"),
        ("ipaddr", "192.0.2.01", "not an IPv4 address"),
        ("ipaddr", "localhost", "not an IPv4 address"),
        ("ipaddr", 3221225985, "not an IPv4 address"),
        ("ipaddr", "192.0.2.1\n", "not an IPv4 address"),
        ("ipv6addr", "192.0.2.1", "not an IPv6 address"),
        ("ipv6addr", "fe80::1%eth0", "not an IPv6 address"),
        ("combo-ip", "somewhere", "not an IPv4 or IPv6 address"),
        ("ipv4prefix", "192.0.2.1/24", "its host bits zero"),
        ("ipv4prefix", "192.0.2.0", "not an IPv4 network"),
        ("ipv4prefix", "192.0.2.0/255.255.255.0", "not an IPv4 network"),
        ("ipv6prefix", "2001:db8::1/64", "its host bits zero"),
        ("ifid", "0:0:1", "not an interface id"),
        ("ether", "00-10-a4-23-19-c0", "not a MAC"),
        ("ether", "001122334455", "not a MAC"),
        ("octets", "secret", "not 0x with an even number"),
        ("octets", "0xabc", "not 0x with an even number"),
        ("octets", "0x", "not 0x with an even number"),
        ("octets", 255, "not 0x"),
        ("string", "", "an empty value is never sent"),
        ("string", "a\nb", "can't be printed"),
        ("string", "a\x00b", "can't be printed"),
        ("string", "\ud800", "can't be printed"),
        ("tlv", "0x00", "of type tlv, which can't be given a value"),
        ("abinary", "ip in drop", "of type abinary"),
        ("vsa", "0x00", "of type vsa"),
        ("bool", "1", "of type bool"),
    ],
)
def test_a_value_that_would_become_another(kind: str, value: str | int, said: str) -> None:
    assert said in problem(kind, value)
    assert problem(kind, value).startswith("Some-Name")


def test_what_yaml_takes_for_a_truth_is_no_number() -> None:
    assert "true is neither text nor a number" in problem("integer", value=True)
    assert "false is neither" in problem("string", value=False)


@pytest.mark.parametrize(("tag", "longest"), [(0, 253), (1, 252)])
def test_a_string_has_room_for_its_bytes_and_its_tag(tag: int, longest: int) -> None:
    assert problem("string", "x" * longest, tag=tag, room=253) == ""
    assert f"can carry {longest}" in problem("string", "x" * (longest + 1), tag=tag, room=253)
    assert "bytes are too long" in problem("string", "é" * 127, room=253)


def test_octets_have_their_length() -> None:
    assert problem("octets", "0x" + "00" * 247) == ""
    assert "248 bytes are too long" in problem("octets", "0x" + "00" * 248)
    assert problem("octets", "0x0001", length=2) == ""
    assert "has to be 2 bytes long, not 1" in problem("octets", "0x00", length=2)


def test_a_tag_takes_a_byte_of_an_integer() -> None:
    """With or without a tag, for the receiver reads the first byte as one."""
    tagged = attribute("integer", has_tag=True)
    assert read_value(tagged, {}, 2**24 - 1, 0) == ("16777215", "16777215")
    with pytest.raises(ValueError, match="not between 0 and 16777215"):
        read_value(tagged, {}, 2**24, 0)


def test_named_values_go_by_name_whatever_the_case_and_by_number() -> None:
    for value in ("VLAN", "vlan", 13, "13", 14):
        assert problem("integer", value, NAMES) == ""
    assert problem("integer", "vlans", NAMES) == "Some-Name has no value named vlans; did you mean VLAN?"
    assert problem("integer", "???", NAMES) == "Some-Name has no value named ???"


def test_a_text_of_digits_is_a_number_even_where_a_value_has_such_a_name() -> None:
    names: ValueNames = {"56": ("56", 1)}
    assert problem("integer", "56", names) == ""
    assert sent(names, "56") == "56"
    assert shown_as("integer", names, "1") == "56"


def test_a_value_is_handed_over_as_the_dictionary_spells_it() -> None:
    assert sent(NAMES, "vlan") == "VLAN"
    assert sent(NAMES, 13) == "13"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("integer", "vlan", "VLAN"),
        ("integer", 13, "VLAN"),
        ("integer", "ip-in-ip", "IPIP"),
        ("integer", 99, "99"),
        ("octets", "0xABCD", "0xabcd"),
        ("ether", "00:10:A4:23:19:C0", "00:10:a4:23:19:c0"),
        ("ipv6addr", "2001:DB8:0::1", "2001:db8::1"),
        ("ipv6prefix", "2001:DB8::/32", "2001:db8::/32"),
        ("combo-ip", "192.0.2.1", "192.0.2.1"),
        ("ifid", "0001:0:0:FF", "1:0:0:ff"),
    ],
)
def test_a_value_of_a_request_is_shown_in_one_way(kind: str, value: str | int, shown: str) -> None:
    names: ValueNames = NAMES if kind == "integer" else {}
    assert shown_as(kind, names, value) == shown


def test_text_is_shown_as_it_is() -> None:
    assert shown_as("string", {}, "A:B \\") == "A:B \\"


@given(st.text(min_size=1))
def test_what_reads_double_quotes_reads_the_escaped_text_as_it_was(text: str) -> None:
    """As value_data_from_str reads a backslash: two are one, and with any other character it is something else."""
    written = escaped(text)
    assert written.replace("\\\\", "").count("\\") == 0
    assert written.replace("\\\\", "\\") == text


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    for kind in ("integer", "ipaddr", "ipv6prefix", "ether", "octets", "string"):
        assert isinstance(problem(kind, text, NAMES), str)


def test_the_nearest_word() -> None:
    assert nearest("filterid", ["Filter-Id", "Class"]) == "; did you mean Filter-Id?"
    assert nearest("zzz", ["Filter-Id"]) == ""


@pytest.mark.parametrize(
    ("space", "number", "internal"),
    [
        ((), (11,), False),
        ((), (255,), False),
        ((), (256,), True),
        ((), (1080,), True),
        ((), (173, 1), True),
        ((26, 9), (1,), False),
        ((26, 429), (38912,), False),
    ],
)
def test_internal_are_those_that_no_packet_holds(
    space: tuple[int, ...], number: tuple[int, ...], internal: bool
) -> None:
    assert Attribute("X", "string", space, number, 253).internal is internal
