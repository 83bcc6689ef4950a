"""Faults of one page of a walk: what a client has to notice before it believes that it has seen every device."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.graph_simulator import READ_DEVICES, READ_DIRECTORY, App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client
from parts.graph_simulator.kinds import DELTA, OVERVIEW

WALK = f"{LIST}?$select=id,deviceName&$top=10"
NAMES = [f"LAPTOP-{number:02}" for number in range(30)]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    app = App("app", secret=SECRET, roles=frozenset({READ_DEVICES, READ_DIRECTORY}))
    devices = [
        {"id": f"{number:02}", "deviceName": name, "azureADDeviceId": f"e0e0e0e0-0000-4000-8000-{number:012}"}
        for number, name in enumerate(NAMES)
    ]
    with Simulator(tmp_path, tenant="contoso.example", app=app, devices=devices) as running:
        yield running


def walked(client: Client, most: int = 10) -> list[list[str]]:
    pages = []
    for page in client.pages(WALK):
        pages.append([device["deviceName"] for device in page["value"]])
        if len(pages) == most:
            break
    return pages


@pytest.mark.parametrize("page", [1, 2, 3])
def test_empty_page_with_a_link_to_what_belongs_there(simulator: Simulator, client: Client, page: int) -> None:
    simulator.set_faults(f"page={page}:empty-page")
    pages = walked(client)
    assert pages[page - 1] == []
    assert [name for page in pages for name in page] == NAMES
    assert len({seen.path for seen in simulator.requests() if seen.kind == "list"}) == 4


def test_several_empty_pages_have_links_of_their_own(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2:empty-page", "page=3:empty-page", "page=4:empty-page")
    assert [len(page) for page in walked(client)] == [10, 0, 0, 0, 10, 10]
    assert len({seen.path for seen in simulator.requests() if seen.kind == "list"}) == 6


def test_repeated_link_leads_in_a_circle(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2,times=always:repeat-link")
    assert walked(client, most=4) == [NAMES[:10], NAMES[10:20], NAMES[10:20], NAMES[10:20]]
    asked = [seen.path for seen in simulator.requests() if seen.kind == "list"]
    assert asked[1] == asked[2] == asked[3] != asked[0]
    link = client.get(WALK).json()["@odata.nextLink"]
    assert client.get(link).json()["@odata.nextLink"] == link


@pytest.mark.parametrize(("given", "host"), [("", "graph.invalid"), ("=127.0.0.1:1", "127.0.0.1:1")])
def test_link_to_another_host(simulator: Simulator, client: Client, given: str, host: str) -> None:
    honest = client.get(WALK).json()["@odata.nextLink"]
    simulator.set_faults(f"page=1:foreign-link{given}", f"page=3:foreign-link{given}")
    link = client.get(WALK).json()["@odata.nextLink"]
    assert link == honest.replace(simulator.url, f"https://{host}")
    last = client.get(client.get(honest).json()["@odata.nextLink"]).json()
    assert last["@odata.nextLink"].startswith(f"https://{host}{LIST}")


def test_page_without_value(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2:no-value")
    second = client.get(client.get(WALK).json()["@odata.nextLink"]).json()
    assert second.keys() == {"@odata.context", "@odata.count", "@odata.nextLink"}
    assert len(walked(client)) == 3


def test_device_renamed_across_the_cursor(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2:rename")
    [first, second, third] = list(client.pages(WALK))
    ids = [device["id"] for page in (first, second, third) for device in page["value"]]
    assert len(ids) == 30
    assert sorted(set(ids)) == [f"{number:02}" for number in range(30) if number != 19]
    assert ids.count("00") == 2
    assert second["value"][-1] == {"id": "00", "deviceName": "LAPTOP-00 (renamed)"}
    assert [name for page in walked(client) for name in page] == NAMES


def test_list_that_ends_early(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2:end")
    assert walked(client) == [NAMES[:10], NAMES[10:20]]
    assert client.get(OVERVIEW).json()["enrolledDeviceCount"] == 30


def test_pages_are_counted_for_each_walk(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2,times=2:status=503")
    link = client.get(WALK).json()["@odata.nextLink"]
    other = client.get(f"{LIST}?$top=3").json()["@odata.nextLink"]
    assert [client.get(url).status_code for url in (link, other, link, other)] == [503, 503, 200, 200]
    made_up = f"{LIST}?$skiptoken=LastDeviceName%3d%27LAPTOP-09%27%2cLastDeviceId%3d%2709%27"
    assert client.get(made_up).status_code == 200
    assert simulator.requests()[-1].page is None


def test_pages_of_the_delta(simulator: Simulator, client: Client) -> None:
    for number in range(300):
        simulator.put(
            {"id": f"x{number}", "deviceName": "X", "azureADDeviceId": f"f0f0f0f0-0000-4000-8000-{number:012}"}
        )
    start = f"{DELTA}?$select=deviceId"
    simulator.set_faults("request=delta,page=1:empty-page", "request=delta,page=2:no-value")
    first = client.get(start).json()
    second = client.get(first["@odata.nextLink"]).json()
    assert first["value"] == []
    assert "value" not in second
    simulator.set_faults("request=delta,page=1:repeat-link", "request=delta,page=1:end", "request=delta:foreign-link")
    assert client.get(start).json()["@odata.nextLink"].endswith(start.partition("?")[2])
    assert not [name for name in client.get(start).json() if name.endswith("Link")]
    assert client.get(start).json()["@odata.nextLink"].startswith("https://graph.invalid/v1.0/devices/delta?")
    assert [len(page["value"]) for page in client.pages(start)] == [200, 130]
