"""The simulator under load, as a process of its own, and the fleet it can make up."""

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests

from parts.graph_simulator import (
    App,
    InvalidDeviceError,
    SeenRequest,
    Simulator,
    SimulatorProcess,
    UnknownDeviceError,
    fleet,
)
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import Client, trusting
from parts.pki import app_credential, sha1_thumbprint
from parts.ports import free_tcp_port

TENANT, CLIENT, SECRET = "contoso.example", "app", "s3cret~value"
LAPTOP = "5f0c7a10-0000-4000-8000-000000000001"
TESTS = str(Path(__file__).resolve().parents[1])


def walk(running: Simulator | SimulatorProcess, query: str, credential: Any = SECRET) -> Iterator[list[dict[str, Any]]]:
    with trusting(running.ca_file) as session:
        for page in Client(running, session, CLIENT, credential).pages(f"{LIST}?{query}"):
            yield page["value"]


def test_a_hundred_thousand_devices_in_a_hundred_pages(tmp_path: Path) -> None:
    app = App(CLIENT, secret=SECRET)
    with Simulator(tmp_path, tenant=TENANT, app=app, devices=fleet(100_000)) as simulator:
        ids = [device["id"] for page in walk(simulator, "$select=id,deviceName") for device in page]
        asked = [seen for seen in simulator.requests() if seen.path.startswith(LIST)]
    assert (len(ids), len(set(ids)), len(asked)) == (100_000, 100_000, 100)


def test_changes_from_many_threads_leave_every_page_whole(tmp_path: Path) -> None:
    with Simulator(tmp_path, tenant=TENANT, app=App(CLIENT, secret=SECRET), devices=fleet(300)) as simulator:
        own = [device["id"] for device in fleet(300)]

        def rename(part: int) -> None:
            for number, device_id in enumerate(own[part::3]):
                simulator.patch(device_id, deviceName=f"renamed-{number % 7}")
                simulator.put({"id": f"extra-{part}-{number}", "deviceName": "extra"})
                simulator.delete(f"extra-{part}-{number}")

        def read(_: int) -> int:
            return sum(len(page) for page in walk(simulator, "$top=50"))

        with ThreadPoolExecutor(6) as pool:
            changes, reads = [pool.submit(rename, part) for part in range(3)], [pool.submit(read, 0) for _ in range(3)]
            for change in changes:
                change.result()
            assert all(read.result() > 0 for read in reads)
        names = [device["deviceName"] for page in walk(simulator, "$select=deviceName&$top=17") for device in page]
    assert names == sorted(names)
    assert Counter(names) == Counter(f"renamed-{number % 7}" for number in range(100) for _ in range(3))


def test_connections_that_never_finish_neither_stall_others_nor_the_end(tmp_path: Path) -> None:
    with Simulator(tmp_path, tenant=TENANT, app=App(CLIENT, secret=SECRET)) as simulator:
        port = int(simulator.url.rpartition(":")[2])
        context = ssl.create_default_context(cafile=str(simulator.ca_file))
        silent = socket.create_connection(("127.0.0.1", port))
        idle = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        idle.sendall(b"GET /v1.0/x HTTP/1.1\r\n")
        stranger = socket.create_connection(("127.0.0.1", port))
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(stranger, server_hostname="localhost")
        assert list(walk(simulator, "$top=1")) == [[]]
    assert idle.recv(1) == b""
    silent.close()
    idle.close()
    stranger.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SimulatorProcess]:
    given = [{"id": LAPTOP, "deviceName": "AAA-LAPTOP", "complianceState": "compliant"}]
    with SimulatorProcess(
        tmp_path, tenant=TENANT, client_id=CLIENT, client_secret=SECRET, devices=5, seed=3, fleet=given
    ) as running:
        yield running


def test_process_serves_its_fleet_and_follows_changes(process: SimulatorProcess) -> None:
    [page] = walk(process, "$select=deviceName,id,complianceState")
    assert page[0] == {"id": LAPTOP, "deviceName": "AAA-LAPTOP", "complianceState": "compliant"}
    assert {device["id"] for device in page[1:]} == {device["id"] for device in fleet(5, seed=3)}
    process.patch(LAPTOP, complianceState="noncompliant")
    process.put({"id": "another", "deviceName": "AAB"})
    process.delete(page[-1]["id"])
    [page] = walk(process, "$select=deviceName,complianceState")
    assert len(page) == 6
    assert page[:2] == [
        {"deviceName": "AAA-LAPTOP", "complianceState": "noncompliant"},
        {"deviceName": "AAB", "complianceState": "unknown"},
    ]


def test_process_tells_what_it_was_asked(process: SimulatorProcess) -> None:
    sizes = [len(page) for page in walk(process, "$top=4")]
    process.patch(LAPTOP, notes="the control interface is not logged")
    discovery, token, first, second = process.requests()
    assert sizes == [4, 2]
    assert discovery == SeenRequest("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", 200)
    assert token == SeenRequest("POST", f"/{TENANT}/oauth2/v2.0/token", 200)
    assert first == SeenRequest("GET", f"{LIST}?$top=4", 200)
    assert second.path.startswith(f"{LIST}?$top=4&$skiptoken=LastDeviceName")


def test_control_refuses_what_it_cannot_do(process: SimulatorProcess) -> None:
    with pytest.raises(UnknownDeviceError, match="nobody"):
        process.patch("nobody", complianceState="compliant")
    with pytest.raises(UnknownDeviceError, match="nobody"):
        process.delete("nobody")
    with pytest.raises(InvalidDeviceError, match=r"^macAddress: "):
        process.patch(LAPTOP, macAddress="x")
    with pytest.raises(InvalidDeviceError, match=r"^deviceName: "):
        process.put({"id": "another"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", f"devices/{LAPTOP}", "{", 400),
        ("PATCH", f"devices/{LAPTOP}", "[]", 400),
        ("PUT", f"devices/{LAPTOP}", '{"id": "other", "deviceName": "x"}', 400),
        ("GET", f"devices/{LAPTOP}", None, 404),
        ("POST", "requests", None, 404),
        ("DELETE", "devices/", None, 404),
        ("PATCH", f"devices/{LAPTOP}", "{}", 200),
        ("DELETE", f"devices/{LAPTOP}", None, 204),
    ],
)
def test_control_interface_on_the_wire(
    process: SimulatorProcess, method: str, path: str, body: str | None, status: int
) -> None:
    context = ssl.create_default_context(cafile=str(process.ca_file))
    connection = http.client.HTTPSConnection(process.url.removeprefix("https://"), context=context)
    try:
        connection.request(method, f"/simulator/{path}", body)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    assert response.status == status
    assert ("error" in json.loads(answer)) if status >= 400 else ((answer == b"") is (status == 204))


def test_process_takes_a_certificate_and_a_port(tmp_path: Path) -> None:
    credential, port = app_credential("app"), free_tcp_port()
    key = {"private_key": credential.key_pem.decode(), "thumbprint": sha1_thumbprint(credential.certificate_pem)}
    with SimulatorProcess(
        tmp_path, tenant=TENANT, client_id=CLIENT, client_certificate=credential.certificate_pem, port=port
    ) as running:
        assert running.url == f"https://127.0.0.1:{port}"
        assert list(walk(running, "$top=1", key)) == [[]]
        assert running.stop() == 0


@pytest.mark.parametrize(("options", "status"), [({"consent": False}, 403), ({"token_lifetime": 0}, 401)])
def test_process_with_an_app_that_graph_refuses(tmp_path: Path, options: dict[str, Any], status: int) -> None:
    with SimulatorProcess(tmp_path, tenant=TENANT, client_id=CLIENT, client_secret=SECRET, **options) as running:
        with pytest.raises(requests.HTTPError, match=str(status)):
            list(walk(running, "$top=1"))
        assert running.requests()[-1].status == status


def test_process_with_an_expired_secret(tmp_path: Path) -> None:
    with SimulatorProcess(
        tmp_path, tenant=TENANT, client_id=CLIENT, client_secret=SECRET, secret_expired=True
    ) as running:
        with pytest.raises(KeyError, match="access_token"):
            list(walk(running, "$top=1"))
        assert running.requests()[-1] == SeenRequest("POST", f"/{TENANT}/oauth2/v2.0/token", 401)


def test_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="deviceName: expected"),
        SimulatorProcess(tmp_path, tenant=TENANT, client_id=CLIENT, fleet=[{"id": "nameless"}]),
    ):
        pytest.fail("it started")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_program_says_when_it_listens_and_ends_cleanly(tmp_path: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "parts.graph_simulator", "--directory", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--tenant", "t", "--client-id", "c"],
        env={"PYTHONPATH": TESTS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert re.fullmatch(r"listening https://127\.0\.0\.1:\d+\n", program.stdout.readline())
        assert (tmp_path / "ca.pem").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        program.send_signal(end)
        assert program.communicate() == ("", "")
    assert program.returncode == 0


def test_secrets_are_in_files_of_the_owner_alone(process: SimulatorProcess, tmp_path: Path) -> None:
    for name in ("simulator-tenants", "server.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert process.url


def test_fleet_is_the_same_for_a_seed_and_grows_at_its_end() -> None:
    assert list(fleet(50, seed=7)) == list(islice(fleet(100_000, seed=7), 50))
    assert list(fleet(50, seed=7)) != list(fleet(50, seed=8))


def test_fleet_is_as_mixed_as_a_tenant() -> None:
    devices = list(fleet(5000))
    by_system = Counter(device["operatingSystem"] for device in devices)
    assert set(by_system) == {"Windows", "iOS", "macOS", "Android"}
    states = {"compliant", "noncompliant", "inGracePeriod", "unknown", "error", "conflict", "configManager"}
    assert {device["complianceState"] for device in devices} == states
    entra = Counter(device["azureADDeviceId"] for device in devices)
    assert {value for value, count in entra.items() if count > 1} == {"", "00000000-0000-0000-0000-000000000000"}
    assert len({device["deviceName"] for device in devices}) < 4500
    assert len({device["id"] for device in devices}) == len({device["serialNumber"] for device in devices}) == 5000
    pattern = {"Windows": "[0-9A-F]{12}", "iOS": "[0-9a-f]{12}", "macOS": "[0-9a-f]{12}", "Android": "([0-9A-F]{12})?"}
    assert all(re.fullmatch(pattern[device["operatingSystem"]], device["wiFiMacAddress"]) for device in devices)
    wifi = Counter(device["wiFiMacAddress"] for device in devices)
    assert {value for value, count in wifi.items() if count > 1} == {"", "020000000000"}
    wired = [device["ethernetMacAddress"] for device in devices if device["ethernetMacAddress"]]
    assert len(wired) == len(set(wired)) == by_system["Windows"] + by_system["macOS"]
