"""$filter on managedDevices: what Graph documents and what tools use, carried from page to page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from parts.graph_simulator import App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client, trusting
from parts.graph_simulator.fleet import fleet

ENTRA = "e0e0e0e0-0000-4000-8000-00000000000"
DEVICES: list[dict[str, Any]] = [
    {
        "id": f"{number}",
        "deviceName": f"PC-{number}",
        "azureADDeviceId": f"{ENTRA}{number}",
        "serialNumber": f"SN'{number}",
        "complianceState": "compliant" if number % 2 else "noncompliant",
        "userPrincipalName": f"user{number % 3}@contoso.example",
        "operatingSystem": "Windows",
        "lastSyncDateTime": f"2026-03-0{number}T12:00:00.5Z",
        "enrolledDateTime": f"2025-01-0{number}T00:00:00Z",
    }
    for number in range(1, 7)
]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(tmp_path, tenant="contoso.example", app=App("app", secret=SECRET)) as running:
        for device in DEVICES:
            running.put(device)
        yield running


def found(client: Client, text: str, more: str = "") -> list[str]:
    target = f"{LIST}?$select=id&$filter={quote(text, safe='')}{more}"
    return [device["id"] for page in client.pages(target) for device in page["value"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lastSyncDateTime gt 2026-03-04T12:00:00.5Z", "56"),
        ("lastSyncDateTime ge 2026-03-04T12:00:00.5Z", "456"),
        ("lastSyncDateTime lt 2026-03-03T12:00:00.5000001Z", "12"),
        ("lastSyncDateTime le 2026-03-03T12:00:00.5000000Z", "123"),
        ("lastSyncDateTime gt 2026-03-04T14:00:01+02:00", "56"),
        ("enrolledDateTime gt 2025-01-02T00:00:00Z and lastSyncDateTime lt 2026-03-05T00:00:00Z", "34"),
        (f"azureADDeviceId eq '{ENTRA}3'", "3"),
        (f"azureADDeviceId eq '{ENTRA.upper()}3'", "3"),
        ("azureADDeviceId eq '00000000-0000-0000-0000-000000000000'", ""),
        ("serialNumber eq 'SN''2'", "2"),
        ("deviceName eq 'PC-4'", "4"),
        ("complianceState eq 'noncompliant'", "246"),
        ("userPrincipalName eq 'user1@contoso.example'", "14"),
        ("operatingSystem eq 'Windows' and complianceState eq 'compliant'", "135"),
        ("operatingSystem eq 'iOS'", ""),
    ],
)
def test_what_is_found(client: Client, text: str, expected: str) -> None:
    assert found(client, text) == list(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wiFiMacAddress eq '0016CB000001'",
        "ethernetMacAddress eq '0016CB000001'",
        "model eq 'x'",
        "deviceName ne 'PC-1'",
        "deviceName eq PC-1",
        "contains(deviceName,'PC')",
        "deviceName eq 'PC-1' or deviceName eq 'PC-2'",
        "(operatingSystem eq 'Windows')",
        "deviceName eq 'PC-1' and",
        "deviceName eq 'PC-1'and serialNumber eq 'x'",
        "deviceName eq 'PC-1",
        "lastSyncDateTime eq 2026-03-04T12:00:00Z",
        "lastSyncDateTime gt '2026-03-04T12:00:00Z'",
        "lastSyncDateTime gt 2026-03-04T12:00:00",
        "lastSyncDateTime gt 2026-03-04",
        "lastSyncDateTime gt yesterday",
    ],
)
def test_what_graph_does_not_filter_by(client: Client, text: str) -> None:
    response = client.get(f"{LIST}?$filter={quote(text, safe='')}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BadRequest")


def test_filter_is_carried_from_page_to_page(simulator: Simulator, client: Client) -> None:
    text = "complianceState eq 'compliant' and lastSyncDateTime gt 2026-03-01T00:00:00Z"
    assert found(client, text, "&$top=1") == ["1", "3", "5"]
    asked = [seen.path for seen in simulator.requests() if seen.kind == "list"]
    assert len(asked) == 3
    assert all("$filter=complianceState%20eq%20%27compliant%27" in path for path in asked)


def test_filter_of_a_generated_fleet(tmp_path: Path) -> None:
    made = list(fleet(3000, seed=5))
    app = App("app", secret=SECRET)
    with (
        Simulator(tmp_path, tenant="t", app=app, devices=fleet(3000, seed=5)) as simulator,
        trusting(simulator.ca_file) as session,
    ):
        client = Client(simulator, session, "app", SECRET)
        since = "2025-12-20T00:00:00Z"
        recent = {device["id"] for device in made if device["lastSyncDateTime"] > since}
        assert {*found(client, f"lastSyncDateTime gt {since}")} == recent
        chosen = next(device for device in made if device["azureADDeviceId"].count("-") == 4)
        for name in ("azureADDeviceId", "serialNumber"):
            assert found(client, f"{name} eq '{chosen[name]}'") == [chosen["id"]]
        simulator.patch(chosen["id"], complianceState="error", lastSyncDateTime="2026-06-01T00:00:00Z")
        assert found(client, "lastSyncDateTime gt 2026-05-31T00:00:00Z") == [chosen["id"]]
        assert found(client, f"azureADDeviceId eq '{chosen['azureADDeviceId']}'") == [chosen["id"]]
        simulator.delete(chosen["id"])
        assert found(client, f"azureADDeviceId eq '{chosen['azureADDeviceId']}'") == []
        unknown = [device["id"] for device in made if device["azureADDeviceId"].startswith("00000000-0000-0000")]
        assert {*found(client, "azureADDeviceId eq '00000000-0000-0000-0000-000000000000'")} == {*unknown}
