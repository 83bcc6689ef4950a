"""How the simulated Graph lists devices page by page, against the real requests and msal."""

from typing import Any

from parts.graph_simulator import Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import Client


def device_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def device(number: int, name: str = "", **properties: Any) -> dict[str, Any]:
    return {"id": device_id(number), "deviceName": name or f"LAPTOP-{number:05}", **properties}


def fill(simulator: Simulator, count: int) -> None:
    for number in reversed(range(count)):
        simulator.put(device(number))


def names(page: dict[str, Any]) -> list[str]:
    return [shown["deviceName"] for shown in page["value"]]


def test_pages_by_key_and_counts_only_the_page(simulator: Simulator, client: Client) -> None:
    fill(simulator, 25)
    pages = list(client.pages(f"{LIST}?$select=id,deviceName&$top=10"))
    assert [page["@odata.count"] for page in pages] == [10, 10, 5]
    assert [name for page in pages for name in names(page)] == [f"LAPTOP-{number:05}" for number in range(25)]
    assert {tuple(shown) for page in pages for shown in page["value"]} == {("id", "deviceName")}
    assert pages[0]["@odata.context"].endswith("/v1.0/$metadata#deviceManagement/managedDevices(id,deviceName)")
    last = f"LastDeviceName%3d%27LAPTOP-00009%27%2cLastDeviceId%3d%27{device_id(9)}%27"
    assert pages[0]["@odata.nextLink"] == (f"{simulator.url}{LIST}?$select=id%2cdeviceName&$top=10&$skiptoken={last}")
    asked = [seen.path for seen in simulator.requests() if seen.path.startswith(LIST)]
    assert len(asked) == 3
    assert all("$select=id" in path and "$top=10" in path for path in asked)


def test_page_is_a_thousand_unless_asked_for_less(simulator: Simulator, client: Client) -> None:
    fill(simulator, 1001)
    assert [page["@odata.count"] for page in client.pages(f"{LIST}?$select=id")] == [1000, 1]
    assert [page["@odata.count"] for page in client.pages(f"{LIST}?$select=id&$top=1000")] == [1000, 1]


def test_full_last_page_has_no_next_link(simulator: Simulator, client: Client) -> None:
    fill(simulator, 20)
    assert ["@odata.nextLink" in page for page in client.pages(f"{LIST}?$top=10")] == [True, False]


def test_empty_tenant_is_one_empty_page(client: Client) -> None:
    [page] = client.pages(LIST)
    assert (page["value"], page["@odata.count"]) == ([], 0)


def test_same_name_is_ordered_by_id_and_any_name_survives_the_link(simulator: Simulator, client: Client) -> None:
    awkward = ["Anna's iPad", "Zoë’s Mac", "kiosk_5/1/2025_2:56 PM", "a&b=c+d%20#?", "',LastDeviceId='"]  # noqa: RUF001  # names are like that
    for number, name in enumerate(["iPhone", "iPhone", "iPhone", *awkward]):
        simulator.put(device(number, name))
    seen = [(shown["deviceName"], shown["id"]) for page in client.pages(f"{LIST}?$top=1") for shown in page["value"]]
    assert seen == sorted(seen)
    assert len(set(seen)) == 8


def test_device_renamed_across_the_cursor_is_missed_or_seen_twice(simulator: Simulator, client: Client) -> None:
    fill(simulator, 4)
    walk = client.pages(f"{LIST}?$top=2")
    first = names(next(walk))
    simulator.patch(device_id(0), deviceName="ZZZ")
    simulator.patch(device_id(3), deviceName="AAA")
    assert (first, [name for page in walk for name in names(page)]) == (
        ["LAPTOP-00000", "LAPTOP-00001"],
        ["LAPTOP-00002", "ZZZ"],
    )
