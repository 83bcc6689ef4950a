"""What radtune's dictionary lets through arrives exactly as it was written: each attribute, sent by a real server."""

import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from parts.pair_server import PairServer, pair_server
from parts.radius_wire import encoded, packet_bytes, value_bytes

REPLY_MESSAGE = 18
CPU_SECONDS = 0.3
SAMPLES = {
    "byte": ("0", "255"),
    "short": ("0", "65535"),
    "integer": ("0", "1", "16777215", "4294967295"),
    "signed": ("-2147483648", "2147483647"),
    "integer64": ("0", "18446744073709551615"),
    "date": ("0", "4294967295"),
    "ipaddr": ("192.0.2.1", "255.255.255.254"),
    "ipv6addr": ("2001:db8::1", "::", "2001:DB8:0:0::1"),
    "combo-ip": ("192.0.2.1", "2001:db8::1"),
    "ipv4prefix": ("192.0.2.0/24", "0.0.0.0/0", "192.0.2.1/32"),
    "ipv6prefix": ("2001:db8::/48", "::/0", "2001:db8::1/128"),
    "ifid": ("1:2:3:4", "fE80:0:0:ffff"),
    "ether": ("00:10:a4:23:19:c0", "FF:ff:ff:ff:ff:ff"),
    "octets": ("0x00", "0xDEadBEef"),
}
WEIRD = "a\\b\\\\n\\\"c\\101 %{User-Name} '`$ü \\"
# What the server does with these is no secret: it drops them, cuts them, makes 0 of them or sends something else.
UNFIT: list[tuple[str, str | int]] = [
    ("Filter-Idd", "x"),
    ("&Filter-Id", "x"),
    ("reply:Filter-Id", "x"),
    ("Filter-Id:1", "x"),
    ("Filter-Id", ""),
    ("Filter-Id", "x" * 254),
    ("Filter-Id", "é" * 127),
    ("Filter-Id", "a\0b"),
    ("Cisco-AVPair", "x" * 248),
    ("USR-Chat-Script-Name", "x" * 246),
    ("Ruckus-TC-Name-Quota", "x" * 246),
    ("NAS-Filter-Rule", "x" * 253),
    ("Tunnel-Server-Endpoint:1", "x" * 253),
    ("Tunnel-Server-Endpoint:32", "x"),
    ("Tunnel-Server-Endpoint:x", "x"),
    ("Session-Timeout", "soon"),
    ("Session-Timeout", -1),
    ("Session-Timeout", 2**32),
    ("Session-Timeout", "0x10"),
    ("Session-Timeout", "1e3"),
    ("Service-Type", "Framed-Userr"),
    ("Framed-IP-Address", "localhost"),
    ("Framed-IP-Address", "192.0.2.256"),
    ("Framed-IP-Address", 3221225985),
    ("Framed-IPv6-Address", "ip6-localhost"),
    ("Delegated-IPv6-Prefix", "2001:db8::1/64"),
    ("PMIP6-Home-IPv4-HoA", "192.0.2.1/24"),
    ("Framed-Interface-Id", "1:2:3"),
    ("Framed-Interface-Id", "1:2:3:g"),
    ("Class", "0xabc"),
    ("Class", "0x"),
    ("Digest-Realm:1", "x"),
    ("Packet-Type", "Access-Reject"),
    ("IPv6-6rd-IPv4MaskLen", 24),
    ("Vendor-Specific", "0x00000009"),
    ("Ruckus-TC-Attr-Ids-With-Quota", "0x0104"),
    ("Extended-Attribute-1", "0x00"),
    ("MS-MPPE-Send-Key", "0x00"),
    ("Tunnel-Password", "x"),
    ("Message-Authenticator", "0x00"),
]


@pytest.fixture(scope="module")
def pairs() -> Iterator[PairServer]:
    with pair_server() as server:
        yield server


def samples(attribute: dict[str, Any]) -> list[tuple[str, int]]:
    """Give values for an attribute, each with a tag."""
    kind, room = attribute["type"], attribute["room"]
    texts = [*SAMPLES.get(kind, ()), *(name for name, _ in attribute["names"][:3])]
    if kind == "octets":
        length = attribute["length"]
        texts = ["0x" + "a7" * length] if length else [*texts, "0x" + "5c" * room]
    elif kind == "string":
        texts = ["x", WEIRD, "y" * room, "é" * (room // 2)]
    if not attribute["has_tag"]:
        return [(text, 0) for text in texts]
    return [(text[: room - 1] if tag and kind == "string" else text, tag) for text in texts for tag in (0, 1, 31)]


def test_everything_that_is_let_through_arrives(pairs: PairServer) -> None:
    """Every attribute of every dictionary, with values of its type up to the longest."""
    wanted, expected = [], []
    for attribute in pairs.attributes:
        for text, tag in samples(attribute):
            wanted.append([attribute["name"] + (f":{tag}" if tag else ""), text])
            expected.append((attribute, text, tag))
    answers = zip(pairs.ask("check", wanted), expected, wanted, strict=True)
    allowed = [(answer, *rest) for answer, *rest in answers if not answer[0]]
    replies = pairs.replies([[(name, ":=", text)] for (_, name, text), *_ in allowed])
    wrong = [
        (pair, reply)
        for (_, (attribute, text, tag), pair), reply in zip(allowed, replies, strict=True)
        if reply != packet_bytes(attribute, value_bytes(attribute, text, tag))
    ]
    assert wrong == []
    kinds = {attribute["type"] for _, (attribute, *_), _ in allowed}
    assert set(SAMPLES) | {"string"} <= kinds
    assert len({tuple(attribute["space"]) for _, (attribute, *_), _ in allowed}) > 150
    assert len(allowed) > 20000


def test_what_is_refused_would_arrive_as_something_else(pairs: PairServer) -> None:
    known = {attribute["name"]: attribute for attribute in pairs.attributes}
    problems = [problem for problem, *_ in pairs.ask("check", UNFIT)]
    assert [pair for pair, problem in zip(UNFIT, problems, strict=True) if not problem] == []
    items = [[(name, ":=", str(value).replace("\\", "\\\\"))] for name, value in UNFIT]
    for (name, value), reply in zip(UNFIT, pairs.replies(items), strict=True):
        plain, _, tag = name.partition(":")
        try:
            meant = packet_bytes(known[plain], value_bytes(known[plain], str(value), int(tag or 0)))
        except (KeyError, ValueError, struct.error):
            continue  # there is no such packet
        assert reply != meant, (name, value)


def test_attributes_that_are_not_sent_are_known_for_it(pairs: PairServer) -> None:
    internal = [attribute for attribute in pairs.attributes if attribute["internal"] and attribute["type"] == "string"]
    assert len(internal) > 100
    assert set(pairs.replies([[(attribute["name"], ":=", "x")] for attribute in internal])) == {b""}


@pytest.mark.parametrize(
    ("name", "value", "received"),
    [
        ("filter-id", "Staff", ("Filter-Id", "Staff")),
        ("Framed-Filter-Id", "Staff", ("Filter-Id", "Staff")),
        ("cisco-avpair", "url-redirect=https://x/?a=%b&c=d", ("Cisco-AVPair", "url-redirect=https://x/?a=%b&c=d")),
        ("Session-Timeout", 3600, ("Session-Timeout", "3600")),
        ("Termination-Action", "radius-request", ("Termination-Action", "RADIUS-Request")),
        ("Termination-Action", 1, ("Termination-Action", "RADIUS-Request")),
        ("Reply-Message", 'Say "hello"', ("Reply-Message", 'Say \\"hello\\"')),
        ("Tunnel-Server-Endpoint:3", "192.0.2.1", ("Tunnel-Server-Endpoint:3", "192.0.2.1")),
        ("Framed-IP-Address", "192.0.2.7", ("Framed-IP-Address", "192.0.2.7")),
        ("Delegated-IPv6-Prefix", "2001:db8::/56", ("Delegated-IPv6-Prefix", "2001:db8::/56")),
        ("Aruba-User-Role", "Staff", ("Aruba-User-Role", "Staff")),
        ("Class", "0x00ff", ("Class", "0x00ff")),
    ],
)
def test_radclient_sees_what_the_policy_says(
    pairs: PairServer, name: str, value: str | int, received: tuple[str, str]
) -> None:
    ((problem, given, text),) = pairs.ask("check", [[name, value]])
    assert problem == ""
    pairs.set([[(given, ":=", text)]])
    reply = pairs.client.login(("User-Name", "bob"), ("NAS-Port", 0))
    told = [pair for pair in reply.attributes if pair[0] != "Message-Authenticator"]
    assert (reply.code, told) == ("Access-Accept", [received])


def test_a_second_value_of_an_attribute_needs_another_operator(pairs: PairServer) -> None:
    """Each pair is moved into the reply by itself: `:=` replaces the one before, whatever its tag."""
    one, two = encoded(67, b"\1one"), encoded(67, b"\2two")
    name = "Tunnel-Server-Endpoint"
    items = [[(f"{name}:1", ":=", "one"), (f"{name}:2", operator, "two")] for operator in (":=", "+=")]
    assert pairs.replies(items) == [two, one + two]


def test_a_request_is_shown_as_foretold(pairs: PairServer) -> None:
    """Every named value of every integer, and values of each type."""
    one_each = {attribute["type"]: attribute for attribute in pairs.attributes if not attribute["internal"]}
    asked = [(attribute, text) for attribute in one_each.values() for text, _ in samples(attribute) if len(text) < 60]
    asked += [(attribute, name) for attribute in pairs.attributes for name, _ in attribute["names"]]
    asked = [(attribute, text) for attribute, text in asked if not attribute["internal"]]
    names = [attribute["name"] + (":0" if attribute["has_tag"] else "") for attribute, _ in asked]
    answers = pairs.ask("shown", [[name, text] for name, (_, text) in zip(names, asked, strict=True)])
    fit = [
        (attribute, text, answer[1:]) for (attribute, text), answer in zip(asked, answers, strict=True) if not answer[0]
    ]
    requests = [packet_bytes(attribute, value_bytes(attribute, text)) for attribute, text, _ in fit]
    replies = pairs.replies([[(attribute["name"], ":=", None)] for attribute, *_ in fit], requests)
    seen = [json.loads(reply[2:]) for reply in replies]
    assert {reply[0] for reply in replies} == {REPLY_MESSAGE}
    wrong = [(found, shown) for (*_, shown), found in zip(fit, seen, strict=True) if shown not in found]
    assert wrong == []
    assert len(fit) > 5000


def test_the_vendors_attributes_exist_and_are_spelled_as_the_server_does(pairs: PairServer) -> None:
    answer = pairs.ask("vendors")
    assert answer["problems"] == []
    assert set(answer["spelled"]) == {True}
    assert answer["roles"][""] == [["Filter-Id", "Staff"]]


def test_reading_all_dictionaries_costs_little(pairs: PairServer) -> None:
    assert min(pairs.ask("cost") for _ in range(3)) < CPU_SECONDS
