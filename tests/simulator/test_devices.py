"""How the simulated Graph shows one device, and what it holds."""

from typing import Any

import pytest

from parts.graph_simulator import InvalidDeviceError, Simulator, UnknownDeviceError
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import Client


def device_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def device(number: int, name: str = "", **properties: Any) -> dict[str, Any]:
    return {"id": device_id(number), "deviceName": name or f"LAPTOP-{number:05}", **properties}


def test_device_shows_all_properties_with_their_defaults(simulator: Simulator, client: Client) -> None:
    simulator.put(device(1))
    [shown] = next(client.pages(LIST))["value"]
    assert shown["azureADDeviceId"] == "00000000-0000-0000-0000-000000000000"
    assert (shown["complianceState"], shown["jailBroken"]) == ("unknown", "Unknown")
    assert shown["complianceGracePeriodExpirationDateTime"] == "9999-12-31T23:59:59Z"
    assert (shown["lastSyncDateTime"], shown["azureADRegistered"]) == ("0001-01-01T00:00:00Z", None)
    assert (shown["wiFiMacAddress"], shown["serialNumber"], shown["ethernetMacAddress"]) == ("", "", None)
    single = client.get(f"{LIST}/{device_id(1)}").json()
    assert single.keys() - {"@odata.context"} == shown.keys()
    assert {"managementState", "userPrincipalName", "udid", "enrollmentProfileName"} <= shown.keys()
    assert single["wiFiMacAddress"] is None
    assert single["complianceGracePeriodExpirationDateTime"] == "9999-12-31T23:59:59.9999999Z"


def test_some_properties_show_only_by_id_with_select(simulator: Simulator, client: Client) -> None:
    hidden: dict[str, Any] = {
        "ethernetMacAddress": "005056949D3E",
        "udid": "u",
        "physicalMemoryInBytes": 8,
        "notes": "n",
    }
    nothing = {"ethernetMacAddress": None, "udid": None, "physicalMemoryInBytes": 0, "notes": None}
    simulator.put(device(1, wiFiMacAddress="D46E0E022896", **hidden))
    select = f"$select={','.join(hidden)},wiFiMacAddress"
    [listed] = next(client.pages(f"{LIST}?{select}"))["value"]
    assert listed == nothing | {"wiFiMacAddress": "D46E0E022896"}
    single = client.get(f"{LIST}/{device_id(1)}?{select}").json()
    context = f"{simulator.url}/v1.0/$metadata#deviceManagement/managedDevices({select[8:]})/$entity"
    assert single == hidden | {"wiFiMacAddress": "D46E0E022896", "@odata.context": context}
    assert client.get(f"{LIST}/{device_id(1)}").json().items() >= nothing.items()


@pytest.mark.parametrize(
    ("given", "listed", "single"),
    [
        ("2026-03-01T08:15:30Z", "2026-03-01T08:15:30Z", "2026-03-01T08:15:30.0000000Z"),
        ("2026-03-01T08:15:30.1234567Z", "2026-03-01T08:15:30Z", "2026-03-01T08:15:30.1234567Z"),
        ("2026-03-01T08:15:30.5Z", "2026-03-01T08:15:30Z", "2026-03-01T08:15:30.5000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        (None, None, None),
    ],
)
def test_timestamps_are_whole_in_lists_and_fractional_by_id(
    simulator: Simulator, client: Client, given: str | None, listed: str | None, single: str | None
) -> None:
    simulator.put(device(1, lastSyncDateTime=given))
    [shown] = next(client.pages(f"{LIST}?$select=lastSyncDateTime"))["value"]
    assert shown["lastSyncDateTime"] == listed
    assert client.get(f"{LIST}/{device_id(1)}").json()["lastSyncDateTime"] == single


def test_changes_while_running(simulator: Simulator, client: Client) -> None:
    simulator.put(device(1, complianceState="compliant", serialNumber="S1"))
    simulator.patch(device_id(1), complianceState="noncompliant")
    [shown] = next(client.pages(f"{LIST}?$select=complianceState,serialNumber"))["value"]
    assert shown == {"complianceState": "noncompliant", "serialNumber": "S1"}
    simulator.put(device(1, name="NEW"))
    [shown] = next(client.pages(f"{LIST}?$select=deviceName,serialNumber"))["value"]
    assert shown == {"deviceName": "NEW", "serialNumber": ""}
    simulator.delete(device_id(1))
    assert next(client.pages(LIST))["value"] == []
    with pytest.raises(UnknownDeviceError):
        simulator.patch(device_id(1), complianceState="compliant")
    with pytest.raises(UnknownDeviceError):
        simulator.delete(device_id(1))


@pytest.mark.parametrize(
    ("changes", "property_name"),
    [
        ({"macAddress": "x"}, "macAddress"),
        ({"isEncrypted": "yes"}, "isEncrypted"),
        ({"deviceName": ""}, "deviceName"),
        ({"deviceName": None}, "deviceName"),
        ({"lastSyncDateTime": "yesterday"}, "lastSyncDateTime"),
        ({"ethernetMacAddress": 5}, "ethernetMacAddress"),
        ({"id": "another"}, "id"),
    ],
)
def test_device_that_graph_could_not_hold_is_refused(
    simulator: Simulator, changes: dict[str, Any], property_name: str
) -> None:
    simulator.put(device(1, complianceState="compliant"))
    with pytest.raises(InvalidDeviceError, match=f"^{property_name}: "):
        simulator.devices.patch(device_id(1), changes)
    assert simulator.devices.get(device_id(1)) == device(1, complianceState="compliant")
