"""A quarantine against the whole system, whose server isn't restarted for it."""

from collections.abc import Iterator

import pytest

from parts.office import NAS_ADDRESS, Office, device, mac_of
from parts.raddb import server_directory
from parts.radius_client import mac_login


@pytest.fixture
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1), device(2)]) as office:
        yield office


def vlan(office: Office, number: int = 1) -> str:
    return office.client.login(*mac_login(f"0016cb{number:06x}")).vlan


def test_the_next_login_after_quarantine_and_release(office: Office) -> None:
    starts = office.server.log.count("Ready to process requests")
    assert vlan(office) == "750"
    said = office.ask("quarantine", "SN000001", "--for", "2h", "--reason", "lost")
    session = f"{NAS_ADDRESS}/0016cb000001"
    assert [(each["session"], each["before"], each["after"]) for each in said["effects"]] == [
        (session, "vlan 750", "vlan 1"),
        ("", "vlan 750", "vlan 1"),
    ]
    assert [row["session"] for row in office.ask("plan")["moves"]] == [session]
    assert vlan(office) == "1"
    (login,) = office.eap_tls(office.authority.issue_client("x", dns=[device(1)["id"]]), mac_of(99))
    assert login.vlan == "1"
    assert vlan(office, 2) == "750"
    event = office.events()[-2]
    assert (event["compliance"], event["rule"]) == ("noncompliant", "Quarantine")
    assert event["reason"].startswith(
        f"quarantined by {said['by']} since {said['since']}, until {said['until']}: lost; "
    )
    assert office.ask("plan")["moves"] == []
    assert [row["device"] for row in office.ask("quarantine")] == ["LAPTOP-1"]
    office.radtune("release", "LAPTOP-1", expect=0)
    assert vlan(office) == "750"
    assert [event["event"] for event in office.events()] == [
        *("accept", "quarantine", "accept", "accept", "accept", "release", "accept")
    ]
    assert office.server.log.count("Ready to process requests") == starts
    assert office.ask("quarantine") == []


def test_without_the_device_store_and_after_a_restart_it_holds(office: Office) -> None:
    office.policy_file.write_text(
        office.policy_file.read_text().replace("default: deny", "default: {policy: allow, assign: [corp-vlan]}")
    )
    office.radtune("quarantine", "LAPTOP-1", expect=0)
    office.server.stop()
    office.server.start()
    assert (vlan(office), vlan(office, 2)) == ("1", "750")
    for file in (office.store / "devices").glob("cache.db*"):
        file.write_bytes(b"not a database " * 1000)
    assert (vlan(office), vlan(office, 2)) == ("1", "750")
    assert [event["compliance"] for event in office.events()[-2:]] == ["noncompliant", "unavailable"]
