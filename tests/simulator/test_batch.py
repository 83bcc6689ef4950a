"""$batch: up to 20 requests in one, each answered for itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from parts.graph_simulator import READ_DIRECTORY, App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client

SELECT = "$select=id,ethernetMacAddress"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    devices = [
        {"id": f"dev-{number:02}", "deviceName": f"PC-{number}", "ethernetMacAddress": f"0016CB0000{number:02}"}
        for number in range(30)
    ]
    with Simulator(tmp_path, tenant="contoso.example", app=App("app", secret=SECRET), devices=devices) as running:
        yield running


def post(simulator: Simulator, client: Client, body: Any) -> requests.Response:
    bearer = {"Authorization": f"Bearer {client.token}"}
    return client.session.post(f"{simulator.url}/v1.0/$batch", json=body, headers=bearer)


def ask(simulator: Simulator, client: Client, urls: list[str]) -> dict[str, dict[str, Any]]:
    steps = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    response = post(simulator, client, {"requests": steps})
    assert response.status_code == 200, response.text
    answers = response.json()["responses"]
    assert len(answers) == len(urls)
    return {answer["id"]: answer for answer in answers}


def single(number: int) -> str:
    return f"/deviceManagement/managedDevices/dev-{number:02}?{SELECT}"


def test_twenty_devices_with_their_ethernet_macs_in_any_order(simulator: Simulator, client: Client) -> None:
    answers = ask(simulator, client, [single(number) for number in range(20)])
    macs = [answers[str(number)]["body"]["ethernetMacAddress"] for number in range(20)]
    assert macs == [f"0016CB0000{number:02}" for number in range(20)]
    assert {answer["status"] for answer in answers.values()} == {200}
    assert len({answer["headers"]["request-id"] for answer in answers.values()}) == 20
    orders = {tuple(ask(simulator, client, [single(number) for number in range(20)])) for _ in range(3)}
    assert orders != {tuple(str(number) for number in range(20))}


def test_each_request_has_an_answer_of_its_own(simulator: Simulator, client: Client) -> None:
    simulator.set_faults(
        "request=single,path=*/dev-01:status=429,retry-after=2.5",
        "request=single,path=*/dev-02:status=503,body=html",
        "request=single:reset",
    )
    simulator.delete("dev-03")
    urls = [single(number) for number in range(5)]
    urls += [
        f"deviceManagement/managedDevices('dev-04')?{SELECT}",
        "/deviceManagement/managedDevices?$top=2&$select=id",
        "/devices/delta",
        "/deviceManagement/managedDeviceOverview",
    ]
    answers = ask(simulator, client, urls)
    assert [answers[str(number)]["status"] for number in range(9)] == [200, 429, 503, 404, 200, 200, 200, 403, 200]
    assert answers["1"]["headers"]["Retry-After"] == "2.5"
    assert answers["1"]["body"]["error"]["code"] == "TooManyRequests"
    assert answers["2"]["body"].startswith("<html>")
    assert [device["id"] for device in answers["6"]["body"]["value"]] == ["dev-00", "dev-01"]
    seen = [each for each in simulator.requests() if each.inner]
    assert len(seen) == 9
    assert simulator.tenants[0].seen.counts() == {
        "discovery": 1,
        "token": 1,
        "batch": 1,
        "single": 6,
        "list": 1,
        "delta": 1,
        "overview": 1,
    }


def test_fault_of_the_whole_batch(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("request=batch:status=429,retry-after=1", "request=batch:withdraw")
    body = {"requests": [{"id": "1", "method": "GET", "url": single(0)}]}
    assert [post(simulator, client, body).status_code for _ in range(3)] == [429, 401, 401]
    assert not [each for each in simulator.requests() if each.inner]


def test_batch_needs_a_token_and_its_requests_need_their_roles(simulator: Simulator, client: Client) -> None:
    assert client.session.post(f"{simulator.url}/v1.0/$batch", json={"requests": []}).status_code == 401
    simulator.app.roles = frozenset({READ_DIRECTORY})
    without = Client(simulator, client.session, "app", SECRET)
    answers = ask(simulator, without, [single(0), "/devices/delta"])
    assert (answers["0"]["status"], answers["1"]["status"]) == (403, 200)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"requests": []},
        {"requests": [{"id": str(number), "method": "GET", "url": single(number)} for number in range(21)]},
        {"requests": [{"id": "1", "method": "GET", "url": single(0)}] * 2},
        {"requests": [{"id": 1, "method": "GET", "url": single(0)}]},
        {"requests": [{"id": "1", "method": "GET"}]},
        {"requests": [{"id": "1", "method": "GET", "url": f"https://graph.microsoft.com{LIST}"}]},
        {"requests": [{"id": "1", "method": "GET", "url": single(0), "dependsOn": ["2"]}]},
    ],
)
def test_malformed_batches(simulator: Simulator, client: Client, body: Any) -> None:
    response = post(simulator, client, body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BadRequest")


def test_batch_in_a_batch(simulator: Simulator, client: Client) -> None:
    steps = [{"id": "1", "method": "POST", "url": "/$batch", "body": {}}]
    assert post(simulator, client, {"requests": steps}).json()["responses"][0]["status"] == 400
