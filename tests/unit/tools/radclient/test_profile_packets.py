"""The exact packets of every profile that comes with radtune."""

from pathlib import Path

import pytest

from radtune.config.nas_profile import Method, Profile, built_in, profile_reader
from radtune.config.policy_labels import PolicyContext
from radtune.policy.templates import fields_of
from radtune.records.device_and_client import Facts
from radtune_tools.radclient.packet import render

DICTIONARY = Path("/usr/share/freeradius/dictionary")
FACTS = Facts(
    mac="0010a42319c0",
    calling_station_id="0010-a423-19c0",
    user_name="bob",
    nas_user_name="anonymous",
    nas_address="192.0.2.10",
    nas_identifier="switch-1",
    nas_port="7",
    nas_port_id="ge-0/0/7",
    acct_session_id="S1",
    audit_session_id="C0A8",
    framed_ip="192.0.2.77",
)
AV = "Cisco-AVPair = "
NAS, MAC, ID = "NAS-IP-Address = 192.0.2.10", "Calling-Station-Id = 0010-a423-19c0", "Acct-Session-Id = S1"
USER, PORT_ID = "User-Name = anonymous", "NAS-Port-Id = ge-0/0/7"
AUDIT = f"{AV}audit-session-id=C0A8"
REAUTHENTICATE = [f"{AV}subscriber:command=reauthenticate", f"{AV}subscriber:reauthenticate-type=last"]
BOUNCE = f"{AV}subscriber:command=bounce-host-port"
CX = [NAS, USER, MAC, ID, PORT_ID]
COA, DISCONNECT = "CoA-Request", "Disconnect-Request"

PACKETS = [
    ("aruba", "disconnect", 3799, DISCONNECT, [NAS, MAC]),
    ("aruba", "bounce", 3799, DISCONNECT, [NAS, MAC, "Aruba-Port-Bounce-Host = 12"]),
    ("aruba-aos-s", "disconnect", 3799, DISCONNECT, [NAS, MAC, USER, ID, "NAS-Port = 7"]),
    ("aruba-aos-s", "bounce", 3799, COA, [NAS, MAC, USER, "NAS-Port = 7", "HP-Port-Bounce-Host = 12"]),
    ("aruba-cx", "disconnect", 3799, DISCONNECT, CX),
    ("aruba-cx", "bounce", 3799, COA, [*CX, "Aruba-Port-Bounce-Host = 12"]),
    ("aruba-instant", "disconnect", 3799, DISCONNECT, [NAS, MAC, USER]),
    ("cambium", "disconnect", 3799, DISCONNECT, [NAS, MAC]),
    ("cisco", "reauthenticate", 1700, COA, [NAS, MAC, *REAUTHENTICATE, AUDIT]),
    ("cisco", "disconnect", 1700, DISCONNECT, [NAS, MAC, AUDIT]),
    ("cisco", "bounce", 1700, COA, [NAS, MAC, BOUNCE, AUDIT]),
    ("cisco-wlc", "reauthenticate", 1700, COA, [NAS, MAC, AUDIT, *REAUTHENTICATE]),
    ("cisco-wlc", "disconnect", 1700, DISCONNECT, [NAS, MAC]),
    ("extreme", "disconnect", 3799, DISCONNECT, [NAS, MAC]),
    ("fortigate", "disconnect", 3799, DISCONNECT, [NAS, ID, USER, "Framed-IP-Address = 192.0.2.77"]),
    ("fortiswitch", "reauthenticate", 3799, COA, [NAS, MAC, "Fortinet-Host-Port-AVPair = action=reauth-port"]),
    ("fortiswitch", "disconnect", 3799, DISCONNECT, [NAS, MAC]),
    ("fortiswitch", "bounce", 3799, COA, [NAS, MAC, "Fortinet-Host-Port-AVPair = action=bounce-port"]),
    ("hostapd", "disconnect", 3799, DISCONNECT, [NAS, MAC, ID]),
    ("huawei", "reauthenticate", 3799, COA, [NAS, MAC, ID, "Huawei-Ext-Specific = user-command=1"]),
    ("huawei", "disconnect", 3799, DISCONNECT, [NAS, MAC, ID]),
    ("huawei", "bounce", 3799, COA, [NAS, MAC, ID, "Huawei-Ext-Specific = user-command=2"]),
    ("juniper", "disconnect", 3799, DISCONNECT, [NAS, MAC, ID]),
    ("juniper", "bounce", 3799, COA, [NAS, MAC, ID, "Juniper-AV-Pair = Port-Bounce"]),
    ("meraki", "reauthenticate", 1700, COA, [NAS, MAC, AUDIT, *REAUTHENTICATE]),
    ("meraki", "disconnect", 1700, DISCONNECT, [NAS, MAC]),
    ("meraki", "bounce", 1700, COA, [NAS, MAC, AUDIT, BOUNCE]),
    ("mikrotik", "disconnect", 3799, DISCONNECT, [NAS, USER, ID, "Framed-IP-Address = 192.0.2.77"]),
    ("mist", "disconnect", 3799, DISCONNECT, [NAS, MAC, ID]),
    ("omada", "disconnect", 3799, DISCONNECT, [NAS, MAC, ID]),
    ("rfc5176", "disconnect", 3799, DISCONNECT, [NAS, MAC, ID]),
    ("rfc5176", "disconnect", 3799, DISCONNECT, [NAS, USER]),
    ("ruckus", "disconnect", 3799, DISCONNECT, [NAS, MAC]),
    ("ruckus-icx", "disconnect", 3799, DISCONNECT, [NAS, MAC]),
    ("ruckus-zonedirector", "disconnect", 3799, DISCONNECT, [NAS, MAC, "Service-Type = Login-User"]),
    ("unifi", "disconnect", 3799, DISCONNECT, ["NAS-Identifier = switch-1", MAC]),
]


@pytest.fixture(scope="module")
def profiles() -> dict[str, Profile]:
    """Return every profile, checked against FreeRADIUS's dictionary."""
    known = profile_reader(PolicyContext(dictionaries=(DICTIONARY,)))
    return {name: known(name) for name in built_in()}


@pytest.fixture(scope="module")
def methods(profiles: dict[str, Profile]) -> list[tuple[Profile, Method]]:
    """Return every method of every profile."""
    return [(profile, method) for profile in profiles.values() for method in profile.methods]


def test_every_method_of_every_profile_is_here(methods: list[tuple[Profile, Method]]) -> None:
    assert [(profile.name, method.name) for profile, method in methods] == [row[:2] for row in PACKETS]


@pytest.mark.parametrize("number", range(len(PACKETS)), ids=lambda number: " ".join(PACKETS[number][:2]))
def test_a_packet(methods: list[tuple[Profile, Method]], number: int) -> None:
    _, _, port, kind, lines = PACKETS[number]
    profile, method = methods[number]
    pairs = render(profile, method, fields_of(FACTS, profile.mac))
    assert (profile.port, method.packet) == (port, kind)
    assert [f"{attribute} = {value}" for attribute, value in pairs] == lines


def test_what_goes_into_the_accept(profiles: dict[str, Profile]) -> None:
    wanted = {name: profile.accept for name, profile in profiles.items() if profile.accept}
    assert wanted == {
        "mikrotik": (("Mikrotik-Wireless-VLANID", "{vlan}"), ("Mikrotik-Wireless-VLANID-Type", "0")),
    }


def test_every_rule_says_where_it_is_from(profiles: dict[str, Profile]) -> None:
    assert [name for name, profile in profiles.items() if not all(each.source for each in profile.methods)] == []


def test_methods_stand_in_order_the_mildest_first(profiles: dict[str, Profile]) -> None:
    order = ["reauthenticate", "disconnect", "bounce"]
    for profile in profiles.values():
        names = profile.method_names()
        assert names == [name for name in order if name in names]
