"""radtune sync --changes, several tenants, and two syncs at once: on real parts."""

import time
from collections.abc import Iterator

import pytest

from parts.office import Office, device
from parts.raddb import server_directory
from parts.radius_client import mac_login


@pytest.fixture
def office() -> Iterator[Office]:
    fleet = [device(number) for number in range(1, 6)]
    with server_directory() as directory, Office(directory, fleet) as office:
        office.intune.forget_requests()
        yield office


def asked(office: Office) -> dict[str, int]:
    """Give how often Graph was asked for what since the last time."""
    counts = dict(office.intune.counts())
    office.intune.forget_requests()
    return {kind: count for kind, count in counts.items() if count and kind not in ("token", "discovery")}


def test_with_nothing_changed_it_costs_one_request(office: Office) -> None:
    office.radtune("--quiet", "sync", "--changes", expect=0)
    assert asked(office) == {"list": 1}


def test_a_device_that_has_checked_in_is_seen(office: Office) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    office.intune.patch(device(2)["id"], complianceState="noncompliant", lastSyncDateTime=now)
    assert "LAPTOP-2" in office.radtune("sync", "--changes", expect=0).stdout
    assert [row["compliance"] for row in office.ask("devices", "LAPTOP-2")] == ["noncompliant"]


def test_recovery_is_seen_at_once_without_a_check_in(office: Office) -> None:
    office.intune.patch(device(1)["id"], complianceState="noncompliant")
    office.radtune("sync", expect=0)
    assert office.client.login(*mac_login("0016cb000001")).vlan == "1"
    office.intune.patch(device(1)["id"], complianceState="compliant")
    office.intune.forget_requests()
    told = office.radtune("sync", "--changes", expect=0).stdout
    assert "changed: LAPTOP-1" in told and "noncompliant -> compliant" in told
    assert asked(office) == {"list": 1, "batch": 1, "single": 1}
    assert office.client.login(*mac_login("0016cb000001")).vlan == "750"


@pytest.mark.parametrize("fault", ["request=single:withdraw", "request=single:status=429,retry-after=1"])
def test_a_fault_inside_of_a_batch_is_got_over(office: Office, fault: str) -> None:
    office.intune.patch(device(1)["id"], complianceState="noncompliant")
    office.radtune("sync", expect=0)
    office.client.login(*mac_login("0016cb000001"))
    office.intune.patch(device(1)["id"], complianceState="compliant")
    office.intune.set_faults(fault)
    office.radtune("--quiet", "sync", "--changes", expect=0)
    assert [row["compliance"] for row in office.ask("devices", "LAPTOP-1")] == ["compliant"]


def test_a_newcomer_with_a_live_session_is_asked_for(office: Office) -> None:
    policy = office.policy_file.read_text().replace("default: deny", "default: {policy: allow, assign: [quarantine]}")
    office.policy_file.write_text(policy)
    assert office.server.stop() == 0
    office.server.start()
    pair = office.authority.issue_client("newcomer", dns=[device(9)["id"]])
    (login,) = office.eap_tls(pair, "02:00:00:00:00:09")
    assert login.code == "Access-Accept"
    assert "looked at" in office.radtune("sync", "--changes", expect=0).stdout
    office.intune.put(device(9))
    office.intune.forget_requests()
    office.radtune("sync", "--changes", expect=0)
    assert "single" not in asked(office), "asked for again too soon"
    office.radtune("sync", expect=0)
    assert [row["name"] for row in office.ask("devices", device(9)["id"])] == ["LAPTOP-9"]


def test_a_limit_stands_in_the_way_of_changes_too(office: Office) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for number in range(1, 6):
        office.intune.patch(device(number)["id"], complianceState="error", lastSyncDateTime=now)
    office.write_settings(limits={"devices_lost_compliance": 2})
    refused = office.radtune("sync", "--changes", expect=3)
    assert "5 of 5 devices would cease to be compliant" in refused.stderr
    assert {row["compliance"] for row in office.ask("devices")} == {"compliant"}


def test_one_tenants_failure_touches_no_others_devices(office: Office) -> None:
    tenant = office.intune_settings()
    office.write_settings(intune=[{**tenant, "tenant": "fabrikam.example"}, tenant])
    office.intune.delete(device(5)["id"])
    done = office.radtune("sync", expect=77)
    assert "fabrikam.example" in done.stderr and "AADSTS90002" in done.stderr
    assert "1 expired" in done.stdout
    assert len(office.ask("devices")) == 4


def test_a_second_run_waits_as_told_or_says_so(office: Office) -> None:
    office.intune.set_faults("page=1:slow=3")
    first = office.start("sync")
    time.sleep(1.5)
    busy = office.radtune("sync", expect=75)
    assert "another sync is running" in busy.stderr
    office.radtune("sync", "--lock-wait", "60", expect=0)
    assert first.wait(60) == 0
