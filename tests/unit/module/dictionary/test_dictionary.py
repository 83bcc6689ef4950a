"""What a policy may say of a reply and ask of a request."""

import re
from pathlib import Path

import pytest

from radtune.dictionary.dictionary import Dictionary
from radtune.errors import ConfigurationError
from unit.dictionaries import write_all


@pytest.fixture
def dictionary(tmp_path: Path) -> Dictionary:
    return Dictionary.read([write_all(tmp_path)])


def test_an_attribute_goes_by_its_name_whatever_the_case(dictionary: Dictionary) -> None:
    found = dictionary.attribute("FILTER-id")
    assert found is not None
    assert (found.name, found.type, found.has_tag) == ("Filter-Id", "string", False)
    assert dictionary.attribute("Filter") is None


def test_a_dictionary_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        Dictionary.read([tmp_path / "dictionary"])


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("filter-id", "Staff", ("Filter-Id", "Staff")),
        ("Framed-Filter-Id", "Staff", ("Filter-Id", "Staff")),
        ("Session-Timeout", 3600, ("Session-Timeout", "3600")),
        ("Service-Type", "framed-user", ("Service-Type", "Framed-User")),
        ("User-Service-Type", "login", ("Service-Type", "Login")),
        ("Reply-Message", '100% \\ "quoted"', ("Reply-Message", '100% \\ "quoted"')),
        ("tunnel-server-endpoint:1", "x", ("Tunnel-Server-Endpoint:1", "x")),
        ("Tunnel-Server-Endpoint:31", "x", ("Tunnel-Server-Endpoint:31", "x")),
        ("Tunnel-Server-Endpoint", "x", ("Tunnel-Server-Endpoint", "x")),
        ("cisco-avpair", "a=b", ("Cisco-AVPair", "a=b")),
        ("Ruckus-Quota-Name", "x", ("Ruckus-Quota-Name", "x")),
        ("User-Name", "laptop", ("User-Name", "laptop")),
        ("Last-Word", "x", ("Last-Word", "x")),
        ("Number-Of-Key", 3, ("Number-Of-Key", "3")),
    ],
)
def test_what_may_stand_in_a_reply(dictionary: Dictionary, name: str, value: str | int, given: tuple[str, str]) -> None:
    assert dictionary.reply_problem(name, value) == ""
    assert dictionary.fit(name, value) == given


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Filterid", "x", "unknown attribute Filterid; did you mean Filter-Id?"),
        ("Zzz", "x", "unknown attribute Zzz"),
        ("", "x", "unknown attribute "),
        ("Session-Timeout", "long", "not a whole number"),
        ("Cisco-AVPair", "x" * 248, "can carry 247"),
        ("Local-Word", "x", "lives inside of the server and is never sent"),
        ("Packet-Type", 2, "lives inside of the server"),
        ("User-Password", "x", "secrets don't belong into a policy"),
        ("Tunnel-Password:1", "x", "secrets don't belong into a policy"),
        ("Ruckus-PSK", "x", "secrets don't belong into a policy"),
        ("EAP-Message", "0x03", "belongs to the server's authentication"),
        ("State", "0x03", "belongs to the server's authentication"),
        ("Proxy-State", "0x03", "belongs to the proxies"),
        ("Tunnel-Type", "VLAN", "assign a label with vlan"),
        ("MS-CHAP-Word", "x", "belongs to the server's authentication"),
        ("MS-MPPE-Word", "0x00", "belongs to the server's authentication"),
        ("ARAP-Word", "0x00", "belongs to the server's authentication"),
        ("Hidden-Word", 1, "secrets don't belong into a policy"),
        ("Silent-Word", 1, "secrets don't belong into a policy"),
        ("Tunnel-Private-Group-Id:1", "7", "assign a label with vlan"),
        ("Filter-Id:1", "x", "Filter-Id can't have a tag"),
        ("Filter-Id:", "x", "Filter-Id can't have a tag"),
        ("Tunnel-Server-Endpoint:32", "x", "the tag has to be a number from 0 to 31"),
        ("Tunnel-Server-Endpoint:01", "x", "the tag has to be a number"),
        ("Tunnel-Server-Endpoint:", "x", "the tag has to be a number"),
        ("Tunnel-Server-Endpoint:1:2", "x", "the tag has to be a number"),
        ("Vendor-Specific", "0x00", "of type vsa"),
        ("Extended-Attribute-1", "0x00", "of type extended"),
        ("Ruckus-Quota", "0x00", "of type tlv"),
        ("X-Ascend-Idle-Limit", 5, "has the number 244, which is Extended-Attribute-4 now"),
    ],
)
def test_what_may_not_stand_in_a_reply(dictionary: Dictionary, name: str, value: str | int, said: str) -> None:
    assert said in dictionary.reply_problem(name, value)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("filter-id", "x", ("Filter-Id", "x")),
        ("SERVICE-TYPE", 1, ("Service-Type", "Login-User")),
        ("Service-Type", "login", ("Service-Type", "Login-User")),
        ("Tunnel-Type:0", 13, ("Tunnel-Type:0", "VLAN")),
        ("Class", "0xAB", ("Class", "0xab")),
        ("Local-Word", "x", ("Local-Word", "x")),
        ("Cisco-AVPair", "a=b", ("Cisco-AVPair", "a=b")),
    ],
)
def test_what_a_policy_may_ask_for(dictionary: Dictionary, name: str, value: str | int, shown: tuple[str, str]) -> None:
    assert dictionary.request_name(name).partition(":")[0] == shown[0].partition(":")[0]
    assert dictionary.as_freeradius_shows(name, value) == shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Filterid", "did you mean Filter-Id?"),
        ("User-Password", "part of a login's proof"),
        ("CHAP-Password", "part of a login's proof"),
        ("Tunnel-Password:0", "part of a login's proof"),
        ("EAP-Message", "part of a login's proof"),
        ("State", "part of a login's proof"),
        ("MS-CHAP-Word", "part of a login's proof"),
        ("MS-MPPE-Word", "part of a login's proof"),
        ("ARAP-Word", "part of a login's proof"),
        ("CHAP-Challenge", "part of a login's proof"),
        ("Digest-Response", "part of a login's proof"),
        ("Hidden-Word", "part of a login's proof"),
        ("Packet-Type", "never among the attributes of a request"),
        ("Vendor-Specific", "never among the attributes of a request"),
        ("Ruckus-Quota", "never among the attributes of a request"),
        ("Event-Timestamp", "a date, which a policy can't compare"),
        ("Framed-Filter-Id", "FreeRADIUS shows Framed-Filter-Id as Filter-Id"),
        ("Tunnel-Type", "ask for Tunnel-Type:0 if it has none"),
        ("Filter-Id:0", "can't have a tag"),
    ],
)
def test_what_a_policy_may_not_ask_for(dictionary: Dictionary, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        dictionary.request_name(name)


def test_a_value_that_no_request_can_have(dictionary: Dictionary) -> None:
    with pytest.raises(ValueError, match="did you mean Framed-User"):
        dictionary.as_freeradius_shows("Service-Type", "Framed-Usr")
    with pytest.raises(ValueError, match="not an IPv4 address"):
        dictionary.as_freeradius_shows("Framed-IP-Address", "10.0.0.")


def test_an_unknown_name_has_no_spelling(dictionary: Dictionary) -> None:
    with pytest.raises(ValueError, match="unknown attribute Nothing"):
        dictionary.fit("Nothing", "x")
    with pytest.raises(ValueError, match="unknown attribute Nothing"):
        dictionary.as_freeradius_shows("Nothing", "x")


def test_values_of_an_older_attribute_of_the_same_number_are_not_its_own(tmp_path: Path) -> None:
    main = write_all(tmp_path)
    more = "ATTRIBUTE Old-Flag 126 integer\nVALUE Old-Flag true 1\nATTRIBUTE Operator 126 string\n"
    main.write_text(main.read_text() + more)
    dictionary = Dictionary.read([main])
    assert dictionary.fit("Operator", "TRUE") == ("Operator", "TRUE")
    assert "which is Operator now" in dictionary.reply_problem("Old-Flag", "true")


def test_an_older_attribute_of_a_vendor_is_sent_as_the_newest_by_some_servers(tmp_path: Path) -> None:
    main = write_all(tmp_path)
    more = "VENDOR Altiga 3076\nBEGIN-VENDOR Altiga\nATTRIBUTE Old 25 integer\nATTRIBUTE New 25 string\n"
    main.write_text(main.read_text() + more)
    dictionary = Dictionary.read([main])
    assert dictionary.reply_problem("Old", 1) == "Old has the number 25, which is New now, of another type"
    assert dictionary.reply_problem("New", "x") == ""
