"""What the profile of a NAS wants beside the VLAN, on the wire; and a server whose profiles are wrong."""

from collections.abc import Iterator

import pytest

from parts.office import Office, device
from parts.raddb import server_directory
from parts.radius_client import Reply, mac_login

POLICY = """\
labels:
  ok: {mdm_compliance: compliant}
  bad: {mdm_compliance: noncompliant}
  private: {ownership: personal}
  corp: {vlan: 750}
  guests: {vlan: Guests}
  own: {attributes: {Mikrotik-Wireless-VLANID: 9}}
rules:
  - {name: Private, match: [ok, private], policy: allow, assign: [guests]}
  - {name: Corp, match: [ok], policy: allow, assign: [corp]}
  - {name: Own, match: [bad], policy: allow, assign: [corp, own]}
default: {policy: allow}
"""
MINE = """\
description: Mine
mac: 0010.a423.19c0
methods: [{name: disconnect, packet: Disconnect-Request, attributes: {Calling-Station-Id: "{mac}"}}]
accept: {egress-vlan-name: "2{vlan}", Filter-Id: ["vlan %{vlan} of \\"{nas_identifier}\\"", "{mac}"], Class: "0x41"}
"""
NAS = [
    {"name": "aps", "nas": ["192.0.2.0/24"], "profile": "mikrotik", "secret_file": "intune-secret"},
    {"name": "core", "nas": ["192.0.2.9"], "profile": "cisco", "secret_file": "intune-secret"},
    {"name": "mine", "nas": ["sw-*"], "profile": "mine.yaml", "secret_file": "intune-secret"},
]
DEVICES = [device(1), device(2, complianceState="noncompliant"), device(3, managedDeviceOwnerType="personal")]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory:
        made = Office(directory, DEVICES, policy=POLICY, nas=NAS)
        (made.settings_file.parent / "mine.yaml").write_text(MINE)
        with made:
            yield made


def login(office: Office, number: int, address: str, identifier: str = "ap") -> Reply:
    nas = (("NAS-IP-Address", address), ("NAS-Identifier", identifier))
    return office.client.login(*mac_login(f"0016cb00000{number}"), *nas)


@pytest.mark.parametrize(
    ("number", "address", "wanted"),
    [(1, "192.0.2.7", ("750",)), (1, "192.0.2.9", ()), (1, "198.51.100.1", ()), (2, "192.0.2.7", ("9",))],
)
def test_the_vlan_as_the_vendor_wants_it(office: Office, number: int, address: str, wanted: tuple[str, ...]) -> None:
    reply = login(office, number, address)
    assert (reply.vlan, reply.all("Mikrotik-Wireless-VLANID")) == ("750", wanted)
    assert len(reply.all("Mikrotik-Wireless-VLANIDtype") + reply.all("Mikrotik-Wireless-VLANID-Type")) == len(
        [each for each in wanted if each]
    )


def test_without_a_vlan_nothing_is_wanted(office: Office) -> None:
    reply = login(office, 4, "192.0.2.7")
    assert (reply.code, reply.vlan, reply.all("Mikrotik-Wireless-VLANID")) == ("Access-Accept", "", ())


def test_a_name_where_a_number_is_wanted_lets_nobody_in(office: Office) -> None:
    assert login(office, 3, "192.0.2.9").vlan == "Guests"
    assert login(office, 3, "192.0.2.7").code == "Access-Reject"
    said = "the VLAN Guests can't be given as its NAS wants it: Mikrotik-Wireless-VLANID: Guests is not a whole number"
    assert said in office.events()[-1]["reason"]


def test_a_profile_of_the_operator_s_own(office: Office) -> None:
    reply = login(office, 1, "198.51.100.1", "sw-1")
    assert reply.all("Egress-VLAN-Name") == ("2750",)
    assert reply.all("Filter-Id") == ('vlan %750 of \\"sw-1\\"', "0016.cb00.0001")
    assert reply.all("Class") == ("0x41",)


def test_explain_and_policy_test_see_the_same_reply(office: Office) -> None:
    mac = "0016cb000001"
    reply = office.ask("explain", mac, "--nas", "192.0.2.7", "--auth-type", "mab")["reply"]
    assert ["Mikrotik-Wireless-VLANID", "750"] in reply
    cases = office.directory / "etc" / "policy-tests.yaml"
    cases.write_text(
        "cases:\n  - name: x\n"
        f"    request: {{User-Name: {mac}, Calling-Station-Id: {mac}, NAS-IP-Address: 192.0.2.7}}\n"
        "    device: {compliance: compliant, macs: [0016cb000001]}\n"
        "    expect: {vlan: 750, reply: {Mikrotik-Wireless-VLANID: 750}}\n"
    )
    office.radtune("policy", "test", expect=0)


def test_a_login_s_session_is_not_moved_for_it(office: Office) -> None:
    login(office, 1, "192.0.2.7")
    assert office.ask("plan") == {"moves": [], "held": [], "missing_attribute": []}


def test_a_server_whose_profiles_are_wrong_says_all_and_does_not_start(office: Office) -> None:
    wrong = [
        {**NAS[0], "profile": "mikrotick"},
        {**NAS[1], "methods": ["reauthenticate", "disconect"]},
        {**NAS[2], "profile": "wrong.yaml"},
    ]
    file = office.settings_file.parent / "wrong.yaml"
    file.write_text(MINE.replace("Filter-Id", "Filter-Idd").replace("{mac}", "{mack}"))
    office.write_settings(nas=wrong)
    # From 3.2.7 on `freeradius -C` loads no policy.
    office.server.stop()
    try:
        with pytest.raises(RuntimeError, match="the server can't start") as start:
            office.server.start()
        checked = office.radtune("policy", "check", expect=78).stderr
    finally:
        office.write_settings()
        office.server.start()
    for said in (str(start.value), checked):
        assert "nas[1].profile: unknown profile mikrotick; did you mean mikrotik?" in said
        assert "nas[2].methods[2]: profile " in said and "unknown method disconect; did you mean disconnect?" in said
        assert f"nas[3].profile: {file} can't be used: " in said
        assert f"{file}:3: methods[1].attributes.Calling-Station-Id: unknown field mack; did you mean mac?" in said
        assert f"{file}:4: accept.Filter-Idd: unknown" in said
