"""Entra's word about devices, where it is followed: disabled, deleted, and said before Intune knew of the device."""

from collections.abc import Iterator

import pytest

from parts.graph_simulator import READ_DEVICES, READ_DIRECTORY
from parts.office import Office, device
from parts.raddb import server_directory


@pytest.fixture
def office() -> Iterator[Office]:
    """An office that follows Entra, after its first sync."""
    fleet = [device(number) for number in range(1, 5)]
    with server_directory() as directory, Office(directory, fleet, synced=False) as office:
        office.intune.change_app(roles=[READ_DEVICES, READ_DIRECTORY])
        office.write_settings(intune={**office.intune_settings(), "entra_changes": True})
        office.radtune("--quiet", "sync", expect=0)
        yield office


def enabled(office: Office) -> dict[str, str]:
    return {row["name"]: row["account_enabled"] for row in office.ask("devices")}


def entra_id(number: int) -> str:
    return str(device(number)["azureADDeviceId"])


@pytest.mark.parametrize("changes", [[], ["--changes"]])
def test_disabled_and_deleted_devices_are_noticed_by_any_sync(office: Office, changes: list[str]) -> None:
    assert set(enabled(office).values()) == {"yes"}
    office.intune.patch_entra(entra_id(1), accountEnabled=False)
    office.intune.delete_entra(entra_id(2))
    office.intune.delete_entra(entra_id(3), for_good=True)
    office.radtune("--quiet", "sync", *changes, expect=0)
    assert enabled(office) == {"LAPTOP-1": "no", "LAPTOP-2": "no", "LAPTOP-3": "no", "LAPTOP-4": "yes"}


def test_what_was_said_before_a_device_was_known_counts(office: Office) -> None:
    """A look at changes reads it, and not the devices, which haven't checked in for long."""
    for number in (5, 6, 7):
        office.intune.put(device(number))
    office.intune.patch_entra(entra_id(5), accountEnabled=False)
    office.intune.delete_entra(entra_id(6))
    office.radtune("--quiet", "sync", "--changes", expect=0)
    assert len(enabled(office)) == 4
    office.intune.forget_requests()
    office.radtune("--quiet", "sync", expect=0)
    assert office.intune.counts()["entra"] == 3
    assert enabled(office) == {
        **dict.fromkeys(("LAPTOP-5", "LAPTOP-6"), "no"),
        **{f"LAPTOP-{number}": "yes" for number in (1, 2, 3, 4, 7)},
    }


@pytest.mark.parametrize("expired", [True, False])
def test_where_entra_has_forgotten_how_far_it_was_read_all_is_read_anew(office: Office, expired: bool) -> None:
    office.intune.patch_entra(entra_id(1), accountEnabled=False)
    office.intune.void_delta_tokens(expired=expired)
    office.radtune("sync", "--changes", expect=0)
    assert enabled(office)["LAPTOP-1"] == "no"


def test_without_the_permission_the_list_is_kept_and_it_is_said_what_is_missing(office: Office) -> None:
    office.intune.change_app(roles=[READ_DEVICES])
    office.intune.put(device(8))
    refused = office.radtune("sync", expect=77)
    assert "grant the application Device.Read.All" in refused.stderr
    assert "LAPTOP-8" in enabled(office)
    assert "Device.Read.All" in office.radtune("status", expect=1).stderr
    office.intune.change_app(roles=[READ_DEVICES, READ_DIRECTORY])
    office.radtune("sync", "--changes", expect=0)
    assert "Device.Read.All" not in office.radtune("status").stderr
