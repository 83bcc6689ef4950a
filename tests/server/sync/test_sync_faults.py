"""Faults between Microsoft and the store: what passes is got over, what doesn't leaves the store as it was."""

from collections.abc import Iterator

import pytest

from parts.office import Office, device
from parts.raddb import server_directory

DEVICES = 9
"""Five pages of two."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Office]:
    fleet = [device(number) for number in range(1, DEVICES + 1)]
    with server_directory() as directory, Office(directory, fleet, synced=False) as office:
        office.radtune("sync", expect=0)
        yield office


@pytest.fixture
def office(shared: Office) -> Iterator[Office]:
    """An office whose store is full, with one device that Intune shows otherwise than the store."""
    shared.write_settings(sync={"keep_missing": "0s", "deadline": "20s"})
    shared.intune.patch(device(9)["id"], complianceState="noncompliant")
    yield shared
    shared.intune.set_faults()
    shared.intune.patch(device(9)["id"], complianceState="compliant")
    shared.radtune("sync", expect=0)


def compliance(office: Office) -> str:
    (row,) = office.ask("devices", "LAPTOP-9")
    return str(row["compliance"])


@pytest.mark.parametrize(
    "fault",
    [
        "page=2:status=429,retry-after=1",
        "page=2:status=429,retry-after=0.25",
        "page=2:status=429,retry-after=date+1",
        "page=2:status=429",
        "page=3:status=500",
        "page=3:status=502,body=html",
        "page=3:status=503,body=nested",
        "page=3:status=504,body=empty",
        "page=1:reset",
        "page=3:reset=body",
        "page=3:truncate",
        "page=3:not-json",
        "page=3:not-json=half",
        "page=3:withdraw",
        "page=2:empty-page",
        "request=discovery:reset",
        "request=overview:status=500",
    ],
)
def test_what_passes_is_got_over(office: Office, fault: str) -> None:
    office.intune.set_faults(fault)
    done = office.radtune("sync")
    assert (done.returncode, done.stderr) == (0, "")
    assert compliance(office) == "noncompliant"
    assert len(office.ask("devices")) == DEVICES
    assert [state.happened for state in office.intune.faults()] == [1]


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("page=4,times=always:status=503,body=nested", 75, "answered 503"),
        ("page=4,times=always:status=429,retry-after=1000", 75, "answered 429"),
        ("page=4,times=always:reset", 75, "can't be reached"),
        ("page=4,times=always:truncate", 75, "deadline"),
        ("page=4,times=always:not-json", 75, "is there a proxy or a portal in between?"),
        ("page=4,times=always:withdraw", 77, "answered 401"),
        ("page=4:status=403", 77, "DeviceManagementManagedDevices.Read.All"),
        ("request=list,nth=4,times=always:repeat-link", 75, "doesn't end"),
        ("page=4:foreign-link", 75, "said to be elsewhere"),
        ("page=4:no-value", 75, "no list of devices"),
        ("request=token:aadsts=7000222", 77, "the client secret has expired"),
        ("request=token:aadsts=53003", 77, "Conditional Access"),
        ("request=token:aadsts=700016", 77, "client_id or tenant is wrong"),
    ],
)
def test_what_does_not_pass_leaves_the_store_as_it_was(office: Office, fault: str, code: int, says: str) -> None:
    office.intune.set_faults(fault)
    before = office.ask("devices")
    done = office.radtune("sync")
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert office.ask("devices") == before
    assert compliance(office) == "compliant"
    office.intune.set_faults()
    office.radtune("sync", expect=0)
    assert compliance(office) == "noncompliant"


def test_a_list_that_ends_early_removes_nobody_and_is_warned_of(office: Office) -> None:
    office.write_settings(sync={"keep_missing": "1h"}, limits={"devices_missing": 20})
    office.intune.set_faults("page=2:end")
    office.radtune("sync", expect=0)
    assert len(office.ask("devices")) == DEVICES
    office.intune.set_faults()
    assert "5 changed" in office.radtune("sync", expect=0).stdout


def test_a_device_that_was_renamed_during_the_walk_stays(office: Office) -> None:
    office.write_settings(sync={"keep_missing": "1h"})
    office.intune.set_faults("page=2:rename")
    office.radtune("sync", expect=0)
    assert len(office.ask("devices")) == DEVICES
    office.intune.set_faults()
    office.radtune("sync", expect=0)
    assert sorted(row["name"] for row in office.ask("devices")) == [f"LAPTOP-{number}" for number in range(1, 10)]
    assert [len(office.ask("devices", f"SN00000{number}")) for number in range(1, 10)] == [1] * 9
