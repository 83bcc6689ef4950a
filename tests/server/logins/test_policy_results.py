"""What a policy gives, on the wire: VLANs by site, roles by vendor, time-outs, messages and other attributes."""

import shutil
from collections.abc import Iterator

import pytest

from parts.office import Office, device
from parts.raddb import server_directory
from parts.radius_client import Pair, Reply, mac_login

POLICY = """\
labels:
  ok: {mdm_compliance: compliant}
  bad: {mdm_compliance: noncompliant}
  grace: {mdm_compliance: in_grace_period}
  byod: {ownership: personal}
  corp: {vlan: {sites: {berlin: 20, paris: Paris-Corp}}}
  staff: {role: {vendors: {aruba: staff-role}, default: STAFF}}
  day: {session_timeout: 8h}
  more: {attributes: {Idle-Timeout: 600, Cisco-AVPair: ["a=b\\\\c", "say=%{User-Name} 'x' \\"y\\""], Class: "0x0102"}}
  sorry: {reply_message: "Call the help desk, 5 % of us do"}
  guests: {vlan: Guests}
rules:
  - {name: Private, match: [ok, byod], policy: allow, assign: [guests]}
  - {name: Corp, match: [ok], policy: allow, assign: [corp, staff, day, more]}
  - {name: Bad, match: [bad], policy: deny, assign: [sorry]}
default: deny
on_failure:
  unavailable: {policy: allow, assign: [guests]}
"""
SITES = [{"name": "berlin", "nas": ["192.0.2.0/24"]}, {"name": "paris", "nas": ["par-*"]}]
GROUPS = [{"name": "aps", "nas": ["par-ap*"], "vendor": "aruba"}]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    fleet = [
        device(1),
        device(2, complianceState="noncompliant"),
        device(3, managedDeviceOwnerType="personal"),
        device(4, complianceState="inGracePeriod"),
    ]
    with server_directory() as directory, Office(directory, fleet, policy=POLICY, synced=False) as office:
        office.write_settings(sites=SITES, nas_groups=GROUPS)
        office.radtune("sync", expect=0)
        with office.server:
            yield office


def login(office: Office, number: int, *pairs: Pair) -> Reply:
    return office.client.login(*mac_login(f"0016cb00000{number}"), *pairs)


BERLIN: Pair = ("NAS-IP-Address", "192.0.2.7")


def test_everything_that_a_rule_gives_arrives_as_it_is_written(office: Office) -> None:
    reply = login(office, 1, BERLIN)
    assert reply.vlan == "20"
    assert reply.all("Filter-Id") == ("STAFF",)
    assert reply.all("Session-Timeout") == ("28800",)
    assert reply.all("Termination-Action") == ("RADIUS-Request",)
    assert reply.all("Idle-Timeout") == ("600",)
    assert reply.all("Class") == ("0x0102",)
    assert reply.all("Cisco-AVPair") == ("a=b\\\\c", "say=%{User-Name} 'x' \\\"y\\\"")


def test_another_site_and_another_vendor(office: Office) -> None:
    reply = login(office, 1, ("NAS-Identifier", "par-ap7"))
    assert reply.vlan == "Paris-Corp"
    assert (reply.all("Aruba-User-Role"), reply.all("Filter-Id")) == (("staff-role",), ())


def test_a_place_without_its_vlan_lets_nobody_in(office: Office) -> None:
    assert login(office, 1, ("NAS-Identifier", "rome")).code == "Access-Reject"
    assert "there is no VLAN for a NAS of no known site" in office.events()[-1]["reason"]


def test_a_refusal_with_a_message(office: Office) -> None:
    reply = login(office, 2)
    assert (reply.code, reply.all("Reply-Message")) == ("Access-Reject", ("Call the help desk, 5 % of us do",))
    assert reply.vlan == ""


def test_what_intune_says_of_the_device_counts(office: Office) -> None:
    assert login(office, 3, BERLIN).vlan == "Guests"
    assert login(office, 4, BERLIN).code == "Access-Reject"


def test_a_store_that_can_not_be_read(office: Office) -> None:
    away = office.store / "devices.away"
    (office.store / "devices").rename(away)
    try:
        assert login(office, 1, BERLIN).vlan == "Guests"
        assert login(office, 9, BERLIN).vlan == "Guests"
        assert office.events()[-1]["compliance"] == "unavailable"
    finally:
        shutil.move(away, office.store / "devices")
    assert login(office, 1, BERLIN).vlan == "20"


def test_sessions_are_held_to_vlan_role_and_attributes(office: Office) -> None:
    login(office, 1, BERLIN)
    (session,) = [each for each in office.ask("sessions") if each["session"] == "192.0.2.7/0016cb000001"]
    assert session["granted"].startswith("vlan 20, role STAFF, Idle-Timeout=600, Cisco-AVPair=a=b")
    assert session["session"] not in [move["session"] for move in office.ask("plan")["moves"]]
