"""What the simulated Graph refuses, and what surrounds its answers: ids, compression, connections."""

import gzip
import http.client
import json
import re
import ssl
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from parts.graph_simulator import READ_DEVICES, App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client, trusting


def assert_graph_error(response: requests.Response, status: int, code: str) -> str:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert error["innerError"]["client-request-id"] == response.headers["client-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", error["innerError"]["date"])
    message: str = error["message"]
    return message


@pytest.mark.parametrize(
    "query",
    [
        "$select=id,macAddress",
        "$select=",
        "$top=0",
        "$top=1001",
        "$top=ten",
        "$skiptoken=1000",
        "$skip=1000",
        "$filter=model%20eq%20'x'",
        "$top=1&$top=2",
    ],
)
def test_queries_that_graph_cannot_read(client: Client, query: str) -> None:
    assert_graph_error(client.get(f"{LIST}?{query}"), 400, "BadRequest")


def test_unknown_property_is_named(client: Client) -> None:
    assert "'macAddress'" in assert_graph_error(client.get(f"{LIST}?$select=macAddress"), 400, "BadRequest")


def test_id_is_found_in_either_case(simulator: Simulator, client: Client) -> None:
    simulator.put({"id": "ABCDEF00-0000-4000-8000-000000000001", "deviceName": "x"})
    assert client.get(f"{LIST}/ABCDEF00-0000-4000-8000-000000000001").json()["id"].startswith("abcdef00")


def test_unknown_device_is_404_with_a_message_that_is_json(client: Client) -> None:
    message = json.loads(
        assert_graph_error(client.get(f"{LIST}/00000000-0000-4000-8000-000000000009"), 404, "ResourceNotFound")
    )
    assert message["_version"] == 3
    assert "Activity ID: " in message["Message"]


def test_overview_counts_all_devices(simulator: Simulator, client: Client) -> None:
    for number, system in enumerate(["Windows", "Windows", "iOS", "macOS", "Android", "ChromeOS", ""]):
        simulator.put({"id": f"{number}", "deviceName": f"LAPTOP-{number}", "operatingSystem": system})
    overview = client.get("/v1.0/deviceManagement/managedDeviceOverview").json()
    assert (overview["enrolledDeviceCount"], overview["mdmEnrolledCount"]) == (7, 7)
    assert overview["dualEnrolledDeviceCount"] == 0
    assert overview["deviceOperatingSystemSummary"] == {
        "androidCount": 1,
        "iosCount": 1,
        "macOSCount": 1,
        "windowsCount": 2,
        "windowsMobileCount": 0,
        "unknownCount": 2,
    }


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic eDp5"}])
def test_no_token_is_401(simulator: Simulator, client: Client, header: dict[str, str]) -> None:
    response = client.session.get(simulator.url + LIST, headers=header)
    assert "empty" in assert_graph_error(response, 401, "InvalidAuthenticationToken")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def test_made_up_token_is_401(client: Client) -> None:
    client.token = client.token[:-1]
    assert "malformed" in assert_graph_error(client.get(LIST), 401, "InvalidAuthenticationToken")


def test_expired_token_is_401(tmp_path: Path) -> None:
    with (
        Simulator(tmp_path, tenant="t", app=App("app", secret=SECRET), token_lifetime=0) as simulator,
        trusting(simulator.ca_file) as session,
    ):
        response = Client(simulator, session, "app", SECRET).get(LIST)
        assert "expired" in assert_graph_error(response, 401, "InvalidAuthenticationToken")


def test_consent_given_later_needs_a_new_token(simulator: Simulator, client: Client) -> None:
    simulator.app.roles = frozenset()
    without = Client(simulator, client.session, "app", SECRET)
    message = json.loads(assert_graph_error(without.get(LIST), 403, "Forbidden"))
    scopes = re.search(r"must have one of the following scopes:\s*(.+?)\s*-\s*Operation ID", message["Message"])
    assert scopes is not None
    assert READ_DEVICES in scopes[1].split(", ")
    simulator.app.roles = frozenset({READ_DEVICES})
    assert without.get(LIST).status_code == 403
    assert Client(simulator, client.session, "app", SECRET).get(LIST).status_code == 200


def test_other_paths_and_methods(simulator: Simulator, client: Client) -> None:
    message = assert_graph_error(client.get("/v1.0/deviceManagement/managedApps"), 400, "BadRequest")
    assert message == "Resource not found for the segment 'managedApps'."
    assert_graph_error(client.get("/v2.0/me"), 404, "ResourceNotFound")
    deleted = client.session.delete(f"{simulator.url}{LIST}/x", headers={"Authorization": f"Bearer {client.token}"})
    assert deleted.status_code == 405


def test_every_answer_carries_ids_and_date(client: Client) -> None:
    own = "11111111-2222-3333-4444-555555555555"
    first, second = client.get(LIST, **{"client-request-id": own}), client.get(LIST)
    assert first.headers["client-request-id"] == own
    assert first.headers["request-id"] != second.headers["request-id"]
    assert second.headers["client-request-id"] == second.headers["request-id"]
    assert parsedate_to_datetime(first.headers["Date"]).tzinfo is not None
    assert first.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")


def test_gzip_when_accepted_and_one_connection_for_all(simulator: Simulator, client: Client) -> None:
    for number in range(100):
        simulator.put({"id": f"{number}", "deviceName": f"LAPTOP-{number}"})
    context = ssl.create_default_context(cafile=str(simulator.ca_file))
    connection = http.client.HTTPSConnection(simulator.url.removeprefix("https://"), context=context)
    try:
        bodies, ports = [], set()
        for accepted in ("gzip, deflate", "identity", "deflate, gzip;q=0"):
            headers = {"Authorization": f"Bearer {client.token}", "Accept-Encoding": accepted}
            connection.request("GET", LIST, headers=headers)
            response = connection.getresponse()
            bodies.append((response.headers["Content-Encoding"], response.read()))
            ports.add(connection.sock.getsockname()[1])
    finally:
        connection.close()
    (coding, packed), (_, plain), (refused, _) = bodies
    assert (coding, bodies[1][0], refused) == ("gzip", None, None)
    assert json.loads(gzip.decompress(packed)) == json.loads(plain)
    assert len(packed) < len(plain) / 5
    assert len(ports) == 1
