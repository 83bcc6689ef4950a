"""A quarantine against the whole system, whose server isn't restarted for it."""

import json
from collections.abc import Iterator
from shutil import rmtree

import pytest

from parts.access_network import AccessNetwork, Client, Nas
from parts.office import NAS_ADDRESS, Office, device, mac_of
from parts.raddb import server_directory
from parts.radius_client import mac_login

STARTED = "rules, store"


@pytest.fixture
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1), device(2)]) as office:
        yield office


def vlan(office: Office, number: int = 1) -> str:
    return office.client.login(*mac_login(f"0016cb{number:06x}")).vlan


def test_its_sessions_are_moved_at_once(office: Office) -> None:
    with AccessNetwork(office.client, "secret") as network:
        office.secret_file("coa-secret", "secret")
        entry = {"name": "nas", "nas": [NAS_ADDRESS], "port": network.port, "secret_file": "coa-secret"}
        office.write_settings(nas=[entry], limits={"sessions_moved": 0, "sessions_moved_percent": 0})
        for number in (1, 2):
            network.connect(Client(f"LAPTOP-{number}", mac_of(number), Nas("switch-1")))
        assert [row["granted"] for row in office.ask("sessions")] == ["vlan 750", "vlan 750"]
        assert "vlan 750 -> vlan 1: enforced" in office.radtune("quarantine", "LAPTOP-1", expect=0).stdout
        assert "vlan 1 -> vlan 750: enforced" in office.radtune("release", "LAPTOP-1", expect=0).stdout
        logins = [event["device"] for event in office.events() if event["event"] == "login_allowed"]
        assert logins == ["LAPTOP-1", "LAPTOP-2", "LAPTOP-1", "LAPTOP-1"]


def test_the_next_login_after_quarantine_and_release(office: Office) -> None:
    starts = office.server.log.count(STARTED)
    assert vlan(office) == "750"
    # No entry under nas names the NAS: whoever is connected stays so, and the command says that.
    done = office.radtune(*["--json", "quarantine", "SN000001", "--for", "2h", "--reason", "lost"], expect=4)
    assert "no entry under nas" in done.stderr
    said = json.loads(done.stdout)
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
    office.radtune("release", "LAPTOP-1", expect=4)
    assert vlan(office) == "750"
    kinds = [event["event"] for event in office.events() if event["event"] != "move_requested"]
    assert kinds == [
        "login_allowed",
        "quarantined",
        "login_allowed",
        "login_allowed",
        "login_allowed",
        "released",
        "login_allowed",
    ]
    assert office.server.log.count(STARTED) == starts
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


def test_it_outlives_the_session_store(office: Office) -> None:
    """Removed under the running server and changed more than once, or removed right before the server is stopped."""
    office.radtune("quarantine", "LAPTOP-2", expect=0)
    assert vlan(office, 2) == "1"
    rmtree(office.store / "sessions")
    for reason in ("lost", "stolen"):
        office.radtune("quarantine", "LAPTOP-1", "--reason", reason, expect=0)
    assert (vlan(office), vlan(office, 2)) == ("1", "1")
    rmtree(office.store / "sessions")
    office.server.stop()
    office.server.start()
    assert (vlan(office), vlan(office, 2)) == ("1", "1")
    office.radtune("release", "LAPTOP-2", expect=4)
    assert (vlan(office), vlan(office, 2)) == ("1", "750")
