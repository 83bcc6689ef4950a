"""Profiles of an operator's own: every fault at once, and what a session makes of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.config.nas_profile import Profile, built_in, profile_file, profile_reader, read_profile
from radtune.config.policy_labels import PolicyContext
from radtune.dictionary.dictionary import Dictionary
from radtune.errors import ConfigurationError
from radtune.policy.templates import SAMPLE, fields_of, names_client
from radtune.records.device_and_client import Facts
from radtune_tools.radclient.packet import CannotRenderError, Packet, packet_text, render
from unit.samples import NOW

FREERADIUS = Path("/usr/share/freeradius/dictionary")
FACTS = Facts(mac="0010a42319c0", calling_station_id="0010.a423.19c0", nas_address="192.0.2.1", nas_identifier="sw1")
OWN = """\
description: Mine
methods:
  - name: disconnect
    packet: Disconnect-Request
    requires: [mac|acct_session_id]
    attributes: {Calling-Station-Id: "{mac}", Acct-Session-Id: "{acct_session_id}", NAS-Port: "{nas_port}"}
"""


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    """Return FreeRADIUS's dictionary."""
    return Dictionary.read([FREERADIUS])


def own(tmp_path: Path, dictionary: Dictionary, text: str) -> Profile:
    (tmp_path / "mine.yaml").write_text(text)
    return read_profile(tmp_path / "mine.yaml", dictionary)


def made(profile: Profile, facts: Facts = FACTS) -> list[tuple[str, str]]:
    return list(render(profile, profile.methods[0], fields_of(facts, profile.mac)))


def test_the_least(tmp_path: Path, dictionary: Dictionary) -> None:
    found = own(tmp_path, dictionary, OWN)
    assert (found.name, found.description, found.port, found.mac, found.nas) == (
        *("mine", "Mine", 3799, "as-sent", "address"),
    )
    assert made(found) == [("NAS-IP-Address", "192.0.2.1"), ("Calling-Station-Id", "0010.a423.19c0")]


@pytest.mark.parametrize(
    "notation",
    [
        *("00-10-A4-23-19-C0", "00-10-a4-23-19-c0", "00:10:A4:23:19:C0", "00:10:a4:23:19:c0", "0010.A423.19C0"),
        *("0010.a423.19c0", "0010A42319C0", "0010a42319c0"),
    ],
)
def test_notations_of_a_mac(tmp_path: Path, dictionary: Dictionary, notation: str) -> None:
    profile = own(tmp_path, dictionary, f"mac: '{notation}'\n{OWN}")
    assert ("Calling-Station-Id", notation) in made(profile)
    with pytest.raises(CannotRenderError, match="needs mac or acct_session_id"):
        made(profile, replace(FACTS, mac=""))


@pytest.mark.parametrize(
    ("how", "facts", "pairs"),
    [
        ("address", FACTS, [("NAS-IP-Address", "192.0.2.1")]),
        ("address", replace(FACTS, nas_address="2001:db8::1"), [("NAS-IPv6-Address", "2001:db8::1")]),
        ("address", replace(FACTS, nas_address=""), [("NAS-Identifier", "sw1")]),
        ("identifier", FACTS, [("NAS-Identifier", "sw1")]),
        ("identifier", replace(FACTS, nas_identifier=""), [("NAS-IP-Address", "192.0.2.1")]),
        ("both", FACTS, [("NAS-IP-Address", "192.0.2.1"), ("NAS-Identifier", "sw1")]),
        ("none", FACTS, []),
    ],
)
def test_how_the_nas_is_named(
    tmp_path: Path, dictionary: Dictionary, how: str, facts: Facts, pairs: list[tuple[str, str]]
) -> None:
    assert made(own(tmp_path, dictionary, f"nas: {how}\n{OWN}"), facts)[:-1] == pairs


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nas_port": "ge-0/0/7"}, "NAS-Port: ge-0/0/7 is not a whole number"),
        ({"nas_port": "-1"}, "NAS-Port: -1 is not between"),
        ({"nas_address": "sw1.example"}, "NAS-IP-Address: sw1.example is not an IPv4 address"),
        ({"acct_session_id": "x" * 254}, "has more than 253 bytes"),
        ({"acct_session_id": "a\0"}, "has a null byte"),
    ],
)
def test_what_can_t_be_sent_is_not(tmp_path: Path, dictionary: Dictionary, change: dict[str, str], why: str) -> None:
    with pytest.raises(CannotRenderError, match=why):
        made(own(tmp_path, dictionary, OWN), replace(FACTS, **change))  # type: ignore[arg-type]  # fields that are text


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("description: Mine\n", "", "mine.yaml:1: the key description is missing"),
        ("{mac}", "{macc}", "6: methods[1].attributes.Calling-Station-Id: unknown field macc; did you mean mac?"),
        ("Acct-Session-Id", "Acct-Sesion-Id", "unknown attribute Acct-Sesion-Id; did you mean Acct-Session-Id?"),
        ("NAS-Port: ", "Event-Timestamp: ", "Event-Timestamp goes with every packet; leave it out"),
        ("NAS-Port: ", "Message-Authenticator: ", "Message-Authenticator goes with every packet; leave it out"),
        ("NAS-Port: ", "User-Password: ", "User-Password is a secret"),
        ("NAS-Port: ", "EAP-Message: ", "EAP-Message is not for a request to a NAS"),
        ("NAS-Port: ", "Packet-Dst-Port: ", "Packet-Dst-Port lives inside of the server and is never sent"),
        ("NAS-Port: ", "Framed-IP-Address: ", "Framed-IP-Address: 7 is not an IPv4 address"),
        ("Disconnect-Request", "Access-Request", "methods[1].packet: unknown value Access-Request"),
        ("disconnect", "kick", "methods[1].name: unknown value kick"),
        ("mac|acct", "mac|act", "methods[1].requires[1]: unknown field act_session_id; did you mean acct_session_id?"),
        (
            '"{nas_port}"',
            '"{nas_port"',
            "6: methods[1].attributes.NAS-Port: {nas_port: a brace without its partner; a field",
        ),
        ('"{nas_port}"', '["{nas_port}", "a}b"]', "methods[1].attributes.NAS-Port: a}b: a brace without its partner"),
        ('"{nas_port}"', '"{x{nas_port}"', "methods[1].attributes.NAS-Port: {x{nas_port}: a brace without its partner"),
        ("description: Mine", "description: Mine\naccept: {Filter-Id: 'v{vlan'}", "accept.Filter-Id: v{vlan: a brace"),
        ("description: Mine", "description: Mine\nprot: 5", "prot: unknown key prot; did you mean port?"),
        ("description: Mine", "description: Mine\nport: 0", "port: "),
        (
            "description: Mine",
            "description: Mine\nmac: 00_10",
            "2: mac: isn't text: expected one of as-sent, 00-10-A4-",
        ),
        ("description: Mine", "description: Mine\nmac: XX", "mac: unknown value XX"),
        ("description: Mine", "description: Mine\naccept: {State: x}", "accept.State: State is not for a policy"),
        ("description: Mine", "description: Mine\naccept: {Filter-Id: '{x}'}", "accept.Filter-Id: unknown field x"),
        (
            "description: Mine",
            "description: Mine\naccept: {reply-message: x}",
            "accept.reply-message: reply-message is for the policy to give; assign a label of kind reply_message",
        ),
        (
            "description: Mine",
            "description: Mine\naccept: {Framed-IP-Address: '{vlan}'}",
            "accept.Framed-IP-Address: Framed-IP-Address: 750 is not an IPv4 address",
        ),
    ],
)
def test_faults(tmp_path: Path, dictionary: Dictionary, old: str, new: str, fault: str) -> None:
    assert old in OWN
    with pytest.raises(ConfigurationError) as caught:
        own(tmp_path, dictionary, OWN.replace(old, new))
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    "attributes",
    [
        "{Acct-Terminate-Cause: 6}",
        "{NAS-Port-Type: 15, Called-Station-Id: '{called_station_id}', NAS-Identifier: '{nas_identifier}'}",
        "{Cisco-AVPair: ['subscriber:command=reauthenticate', 'nas={nas_address}{nas_ipv6}']}",
    ],
)
def test_a_method_that_can_t_name_a_client(tmp_path: Path, dictionary: Dictionary, attributes: str) -> None:
    text = f"{OWN}  - name: bounce\n    packet: CoA-Request\n    attributes: {attributes}\n"
    with pytest.raises(ConfigurationError) as caught:
        own(tmp_path, dictionary, text)
    (problem,) = caught.value.problems
    said = "methods[2].attributes: no value names a client, and a NAS may take that for everybody; use one of {mac}, {"
    assert f"mine.yaml:9: {said}" in str(problem)


@pytest.mark.parametrize("field", [*SAMPLE])
def test_a_packet_names_a_client_or_is_none(tmp_path: Path, dictionary: Dictionary, field: str) -> None:
    """By whichever field; of the NAS alone nothing is made, where a client's only attribute isn't known."""
    of_nas = {"nas_address", "nas_ipv6", "nas_identifier", "called_station_id"}
    named = f"  - {{name: disconnect, packet: Disconnect-Request, attributes: {{Filter-Id: '{{{field}}}'}}}}\n"
    text = f"description: Mine\nmethods:\n{named}"
    if field in of_nas:
        with pytest.raises(ConfigurationError, match="names a client"):
            own(tmp_path, dictionary, text)
        return
    profile = own(tmp_path, dictionary, text)
    fields = {**SAMPLE, "nas_ipv6": ""}
    assert render(profile, profile.methods[0], fields)[-1] == ("Filter-Id", SAMPLE[field])
    with pytest.raises(CannotRenderError, match=f"disconnect would name no client: the session has no {field}"):
        render(profile, profile.methods[0], {**fields, field: ""})


def test_faults_of_every_kind_come_at_once(tmp_path: Path, dictionary: Dictionary) -> None:
    text = OWN.replace("{mac}", "{x}").replace("NAS-Port:", "NAS-Prot:").replace("description: Mine", "port: x")
    with pytest.raises(ConfigurationError) as caught:
        own(tmp_path, dictionary, text)
    assert len(caught.value.problems) == 4


def test_names_and_files() -> None:
    assert profile_file("cisco").name == "cisco.yaml"
    assert profile_file("/etc/mine.yaml") == Path("/etc/mine.yaml")
    with pytest.raises(ValueError, match=r"unknown profile cisko; did you mean cisco\?.* ends in \.yaml"):
        profile_file("cisko")
    with pytest.raises(ValueError, match="unknown profile cisko"):
        PROFILES("cisko")


FIELDS = st.text(min_size=0, max_size=300)


@given(
    st.sampled_from(built_in()),
    st.builds(
        Facts,
        mac=st.sampled_from(["", "0010a42319c0"]),
        calling_station_id=FIELDS,
        user_name=FIELDS,
        nas_address=st.one_of(FIELDS, st.ip_addresses().map(str)),
        nas_identifier=FIELDS,
        nas_port_id=FIELDS,
        acct_session_id=FIELDS,
        audit_session_id=FIELDS,
        framed_ip=FIELDS,
    ),
)
def test_whatever_a_session_says_each_attribute_is_one_line(name: str, facts: Facts) -> None:
    profile = PROFILES(name)
    for method in profile.methods:
        try:
            pairs = render(profile, method, fields_of(facts, profile.mac))
        except CannotRenderError:
            continue
        lines = packet_text(Packet(method.packet, "192.0.2.9", 3799, pairs), NOW).splitlines()
        assert len(lines) == 5 + len(pairs)
        of_nas = {"NAS-IP-Address", "NAS-IPv6-Address", "NAS-Identifier"}
        found = {line.partition(" = ")[0] for line in lines[3:-2]}
        assert found <= of_nas | {each for each, _ in method.attributes}
        assert found & {each for each, template in method.attributes if names_client(template)}


PROFILES = profile_reader(PolicyContext(dictionaries=(FREERADIUS,)))


def test_the_samples_name_every_field() -> None:
    assert set(fields_of(FACTS)) == set(SAMPLE)
