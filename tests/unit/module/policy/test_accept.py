"""The attributes that the profile of a NAS wants in the Access-Accept beside the VLAN."""

from dataclasses import replace
from pathlib import Path

import pytest

from radtune.config.policy_file import load_policy
from radtune.config.settings import read_configuration, read_settings
from radtune.dictionary.dictionary import Dictionary
from radtune.identity.matching import Match
from radtune.policy.decide import Policy
from radtune.policy.grants import Authorization, PerSiteValue, authorize, reply_pairs
from radtune.policy.labels import ClientContext
from radtune.policy.nas_directory import NasDirectory, NasIndex, NasList
from radtune.policy.templates import Accept, Pairs
from radtune.records.device_and_client import Facts
from radtune_tools.policy.lint import warnings
from unit.module.policy.test_grants import VLAN_7
from unit.samples import NOW, POLICY, SETTINGS, by_mac, vlan

MIKROTIK = Accept((("Mikrotik-Wireless-VLANID", "{vlan}"), ("Mikrotik-Wireless-VLANID-Type", "0")))
VLANID_7 = (("Mikrotik-Wireless-VLANID", "7"), ("Mikrotik-Wireless-VLANID-Type", "0"))
PLACES = NasDirectory(
    entries=(NasList("aps", ("192.0.2.0/24", "ap-*")), NasList("core", ("192.0.2.1",))), accepts={"aps": MIKROTIK}
)
NAS = """\
nas:
  - {name: aps, nas: [192.0.2.0/24], secret_file: s, profile: mikrotik}
  - {name: core, nas: [192.0.2.9], secret_file: s, profile: cisco}
"""


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    """Return FreeRADIUS's dictionary."""
    return Dictionary.read([Path("/usr/share/freeradius/dictionary")])


def client_at(directory: NasDirectory = PLACES, **more: str) -> ClientContext:
    """Return a client at a NAS."""
    facts = replace(by_mac(), **more)  # type: ignore[arg-type]  # fields of Facts that are text
    return ClientContext(facts, Match("not_enrolled", ""), "not_enrolled", NOW, directory)


def replied(grant: Authorization, client: ClientContext) -> Pairs:
    """Return the attributes of the reply."""
    return reply_pairs(authorize(client, grant), client.facts)


@pytest.mark.parametrize(
    ("address", "identifier", "wanted"),
    [
        ("192.0.2.2", "", VLANID_7),
        ("192.0.2.1", "", ()),
        ("192.0.2.1", "ap-1", ()),
        ("198.51.100.1", "AP-1", VLANID_7),
        ("", "ap-1", VLANID_7),
        ("198.51.100.1", "sw-1", ()),
        ("", "", ()),
    ],
)
def test_the_entry_is_the_one_that_names_a_nas_most_exactly(address: str, identifier: str, wanted: Pairs) -> None:
    client = client_at(nas_address=address, nas_identifier=identifier)
    assert replied(vlan("7"), client) == (*VLAN_7, *wanted)


def test_each_client_gets_its_own() -> None:
    """What depends on the client is never taken over from another one, and neither is a NAS's from another NAS."""
    grant, directory = (
        vlan("7"),
        replace(PLACES, accepts={"aps": Accept((("Filter-Id", "{vlan} {mac}"),), "aa-bb-cc-dd-ee-ff")}),
    )
    for mac in ("0016cbaabb01", "0016cbaabb02"):
        client = client_at(directory, nas_address="192.0.2.2", mac=mac, calling_station_id=mac)
        assert replied(grant, client)[-1] == ("Filter-Id", f"7 00-16-cb-aa-bb-{mac[-2:]}")
        assert replied(grant, client_at(directory, nas_address="192.0.2.1", mac=mac)) == VLAN_7


def test_it_goes_with_a_vlan_alone_and_is_no_part_of_the_outcome() -> None:
    client = client_at(nas_address="192.0.2.2")
    assert authorize(client, vlan("7")).outcome == "vlan 7"
    assert replied(Authorization(allow=True, session_timeout=60), client) == (
        ("Session-Timeout", "60"),
        ("Termination-Action", "RADIUS-Request"),
    )
    assert replied(Authorization(allow=False, vlan=PerSiteValue("7")), client) == ()


def test_what_the_rule_gives_by_itself_takes_its_place() -> None:
    own = Accept((("Filter-Id", "vlan-{vlan}"), ("Class", "0x41"), ("Idle-Timeout", "60")))
    client = client_at(replace(PLACES, accepts={"aps": own}), nas_address="192.0.2.2")
    grant = Authorization(
        allow=True, vlan=PerSiteValue("7"), role=PerSiteValue("staff"), attributes=(("Idle-Timeout", "5"),)
    )
    assert replied(grant, client) == (*VLAN_7, ("Class", "0x41"), ("Filter-Id", "staff"), ("Idle-Timeout", "5"))


def test_fields_of_the_client(dictionary: Dictionary) -> None:
    pairs = (("Filter-Id", "{vlan}/{mac}/{nas_port}"), ("Reply-Message", "{nas_port_id}"), ("Filter-Id", "x"))
    accept = Accept(pairs, "0010.a423.19c0", dictionary.fit)
    facts = replace(by_mac(), nas_port="7")
    assert accept.at("5", facts) == (("Filter-Id", "5/0016.cbaa.bb01/7"), ("Filter-Id", "x"))
    assert accept.at("5", replace(facts, nas_port="8"))[0] == ("Filter-Id", "5/0016.cbaa.bb01/8")


@pytest.mark.parametrize(
    ("accept", "vlan_name", "why"),
    [
        (MIKROTIK, "staff", "Mikrotik-Wireless-VLANID: staff is not a whole number in plain decimal digits"),
        (Accept((("Filter-Id", "{user_name}"),)), "7", "Filter-Id: has characters in it that can't be printed"),
        (Accept((("Filter-Id", "{nas_port_id}"),)), "7", "Filter-Id: 300 bytes are too long; it can carry 253"),
    ],
)
def test_a_client_whose_vlan_can_not_be_given_is_denied(
    dictionary: Dictionary, accept: Accept, vlan_name: str, why: str
) -> None:
    directory = replace(PLACES, accepts={"aps": accept}).fitting(dictionary.fit)
    given = authorize(
        client_at(directory, nas_address="192.0.2.2", user_name="a\nb", nas_port_id="x" * 300), vlan(vlan_name)
    )
    assert (given.outcome, given.missing) == (
        "deny",
        f"the VLAN {vlan_name} can't be given as its NAS wants it: {why}",
    )
    assert authorize(client_at(directory, nas_address="192.0.2.1"), vlan(vlan_name)).allow


def test_no_nas_is_looked_up_if_no_profile_wants_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NasIndex, "lists_of", lambda *_: pytest.fail("looked up"))
    assert replied(vlan("7"), client_at(replace(PLACES, accepts={}))) == VLAN_7


def test_a_nas_is_looked_up_once_and_its_attributes_are_made_once_for_each_vlan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked, made = list[str](), list[str]()
    lists_of = NasIndex.lists_of

    def look(index: NasIndex, address: str, identifier: str) -> list[str]:
        looked.append(address)
        return lists_of(index, address, identifier)

    def fit(name: str, value: str) -> tuple[str, str]:
        made.append(value)
        return name, value

    monkeypatch.setattr(NasIndex, "lists_of", look)
    directory = PLACES.fitting(fit)
    for number in "778":
        client = client_at(directory, nas_address="192.0.2.2")
        assert ("Mikrotik-Wireless-VLANID", number) in replied(vlan(number), client)
    assert (looked, made) == (["192.0.2.2"], ["7", "0", "8", "0"])


def configured(directory: Path, nas: str) -> Policy:
    """Return the policy as a server with these entries judges by it."""
    (directory / "policy.yaml").write_text(POLICY)
    (directory / "settings.yaml").write_text(SETTINGS + nas)
    return read_configuration(directory / "settings.yaml")[1]


def test_the_policy_of_settings_knows_what_the_profiles_want(tmp_path: Path) -> None:
    policy = configured(tmp_path, NAS)
    accept = policy.nas_directory.find(Facts(nas_address="192.0.2.2")).accept
    assert accept is not None and accept.at("7", Facts()) == VLANID_7
    assert policy.nas_directory.find(Facts(nas_address="192.0.2.9")).accept is None
    with pytest.raises(ValueError, match="staff is not a whole number"):
        accept.at("staff", Facts())
    assert read_settings(tmp_path / "settings.yaml").nas_directory == policy.nas_directory


def test_attributes_are_sent_as_the_dictionary_spells_them(tmp_path: Path) -> None:
    method = "{name: bounce, packet: CoA-Request, attributes: {User-Name: '{user_name}'}}"
    profile = f"description: x\nmethods: [{method}]\n"
    (tmp_path / "mine.yaml").write_text(f"{profile}accept: {{filter-id: '{{vlan}}', service-type: framed-user}}\n")
    policy = configured(tmp_path, NAS.replace("mikrotik", "mine.yaml"))
    accept = policy.nas_directory.find(Facts(nas_address="192.0.2.2")).accept
    assert accept is not None
    assert accept.at("7", Facts()) == (("Filter-Id", "7"), ("Service-Type", "Framed-User"))


def test_a_server_that_does_not_know_what_profiles_want_judges_by_another_policy(tmp_path: Path) -> None:
    """So that nobody is moved until it was restarted; entries that want nothing make no difference."""
    without = configured(tmp_path, "").fingerprint
    assert configured(tmp_path, NAS.replace("mikrotik", "cisco")).fingerprint == without
    wanted = {configured(tmp_path, NAS.replace("192.0.2.0/24", nas)).fingerprint for nas in ("192.0.2.0/24", "ap-*")}
    assert len(wanted | {without}) == 3


@pytest.mark.parametrize(
    ("written", "nas", "count"),
    [
        ("750", "mikrotik", 0),
        ("staff", "mikrotik", 1),
        ("staff", "cisco", 0),
        ("{sites: {berlin: staff, paris: 7}, default: Guests}", "mikrotik", 2),
        ("{sites: {berlin: 7}, default: Guests}", "mikrotik", 1),
        ("{sites: {berlin: 7}}", "mikrotik", 0),
    ],
)
def test_policy_check_warns_of_a_vlan_that_a_nas_can_not_be_given(
    tmp_path: Path, written: str, nas: str, count: int
) -> None:
    sites = "sites: [{name: berlin, nas: [b]}, {name: paris, nas: [p]}]\n"
    (tmp_path / "policy.yaml").write_text(POLICY.replace("vlan: 750", f"vlan: {written}"))
    (tmp_path / "settings.yaml").write_text(SETTINGS + sites + NAS.replace("mikrotik", nas))
    settings, _ = read_configuration(tmp_path / "settings.yaml")
    found = [
        str(each) for each in warnings(*load_policy(settings.policy, settings.policy_context), settings.nas_directory)
    ]
    about = [each for each in found if "at a NAS of the entry aps are denied: Mikrotik-Wireless-VLANID: " in each]
    assert len(about) == count
    assert all(": labels.corp-vlan.vlan: warning: clients at a NAS" in each for each in about)
