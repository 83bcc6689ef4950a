"""Several tenants in one simulator, each with its app, devices and faults, and the steering of each."""

import http.client
import json
import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from parts.graph_simulator import (
    READ_DEVICES,
    READ_DIRECTORY,
    FaultState,
    InvalidEntraDeviceError,
    InvalidFaultError,
    SimulatorProcess,
    TenantSetup,
    UnknownEntraDeviceError,
    fleet,
)
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import Client, Running, sign_in, trusting
from parts.graph_simulator.control_actions import InvalidControlError
from parts.graph_simulator.kinds import DELTA

ONE, TWO = "contoso.example", "fabrikam.example"
ENTRA = "e0e0e0e0-0000-4000-8000-000000000001"
LAPTOP = {"id": "laptop", "deviceName": "LAPTOP", "azureADDeviceId": ENTRA, "complianceState": "compliant"}


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SimulatorProcess]:
    other = TenantSetup(TWO, "app-two", client_secret="two", devices=7, seed=2, faults=("page=1:status=429",))
    with SimulatorProcess(
        tmp_path,
        tenant=ONE,
        client_id="app-one",
        client_secret="one",
        devices=5,
        fleet=[LAPTOP],
        roles=(READ_DEVICES, READ_DIRECTORY),
        others=[other],
    ) as running:
        yield running


@pytest.fixture
def session(process: SimulatorProcess) -> Iterator[requests.Session]:
    with trusting(process.ca_file) as session:
        yield session


def ids(running: Running, session: requests.Session, client_id: str, secret: str) -> set[str]:
    pages = Client(running, session, client_id, secret).pages(f"{LIST}?$select=id")
    return {device["id"] for page in pages for device in page["value"]}


def test_each_tenant_has_its_own_app_devices_and_faults(process: SimulatorProcess, session: requests.Session) -> None:
    two = process.steer(TWO)
    assert (process.authority, two.authority) == (f"{process.url}/{ONE}", f"{process.url}/{TWO}")
    assert ids(process, session, "app-one", "one") == {"laptop", *(device["id"] for device in fleet(5))}
    with pytest.raises(requests.HTTPError, match="429"):
        ids(two, session, "app-two", "two")
    assert ids(two, session, "app-two", "two") == {device["id"] for device in fleet(7, seed=2)}
    assert sign_in(two, session, "app-one", "one")["error_codes"] == [700016]
    assert process.counts() == {"discovery": 1, "token": 1, "list": 1}
    assert two.counts() == {"discovery": 3, "token": 3, "list": 2}
    assert two.faults() == [FaultState("page=1:status=429", 2, 1)]
    two.forget_requests()
    assert (two.requests(), two.counts()) == ([], {})


def test_a_tenant_is_called_by_name_or_id(process: SimulatorProcess, session: requests.Session) -> None:
    overview = session.get(f"{process.url}/simulator/").json()
    [one, two] = overview["tenants"]
    assert (one["name"], one["client_id"], one["devices"], two["devices"]) == (ONE, "app-one", 6, 7)
    assert str(uuid.UUID(two["id"])) == two["id"]
    for name in (two["id"].upper(), TWO.upper()):
        assert session.get(f"{process.url}/{name}/v2.0/.well-known/openid-configuration").status_code == 200
    unknown = session.get(f"{process.url}/nobody.example/v2.0/.well-known/openid-configuration")
    assert unknown.json()["error_codes"] == [90002]
    empty = session.get(f"{process.url}/{uuid.UUID(int=0)}/v2.0/.well-known/openid-configuration")
    assert empty.json()["error_codes"] == [900021]


def test_faults_are_set_added_and_cleared(process: SimulatorProcess, session: requests.Session) -> None:
    client = Client(process, session, "app-one", "one")
    process.set_faults("page=1:status=503")
    process.add_faults("page=1:status=504")
    assert [client.get(LIST).status_code for _ in range(3)] == [503, 504, 200]
    assert [(state.counted, state.happened) for state in process.faults()] == [(3, 1), (3, 1)]
    process.set_faults()
    assert process.faults() == []
    with pytest.raises(InvalidFaultError, match=r"^fault 'page=x:reset': page: expected a whole number"):
        process.set_faults("page=x:reset")


def test_faults_by_hand(process: SimulatorProcess, session: requests.Session) -> None:
    url = f"{process.url}/simulator/faults"
    shown = session.put(url, json={"faults": ["page=1:status=503"]}).json()
    assert shown == {"faults": [{"fault": "page=1:status=503", "counted": 0, "happened": 0}]}
    assert session.get(url).json() == shown
    bad = session.put(url, json={"faults": ["nonsense"]})
    assert (bad.status_code, bad.json()["type"]) == (400, "invalid-fault")
    assert session.put(url, json={"fault": "page=1:reset"}).status_code == 400
    assert session.delete(url).status_code == 204
    assert session.get(f"{process.url}/simulator/tenants/nobody/faults").status_code == 404


def test_tokens_and_the_app_are_changed_while_it_runs(process: SimulatorProcess, session: requests.Session) -> None:
    client = Client(process, session, "app-one", "one")
    process.withdraw_tokens()
    assert client.get(LIST).status_code == 401
    process.change_app(roles=[])
    assert Client(process, session, "app-one", "one").get(LIST).status_code == 403
    shown = process.change_app(roles=[READ_DEVICES, READ_DIRECTORY], secret="new", redirect_uris=["http://x/"])
    assert (shown["roles"], shown["redirect_uris"]) == ([READ_DIRECTORY, READ_DEVICES], ["http://x/"])
    assert "secret" not in shown
    assert sign_in(process, session, "app-one", "one")["error_codes"] == [7000215]
    process.change_app(secret="one")
    for wrong in ({"roles": "all"}, {"secret_expired": 1}, {"client_id": "x"}, {"nonsense": 1}):
        with pytest.raises(InvalidControlError):
            process.change_app(**wrong)


def test_entra_apart_from_intune(process: SimulatorProcess, session: requests.Session) -> None:
    client = Client(process, session, "app-one", "one")
    link = client.get(f"{DELTA}?$select=deviceId,accountEnabled,isCompliant&$deltatoken=latest").json()[
        "@odata.deltaLink"
    ]
    process.patch_entra(ENTRA, accountEnabled=False)
    [changed] = client.get(link).json()["value"]
    assert (changed["deviceId"], changed["accountEnabled"], changed["isCompliant"]) == (ENTRA, False, True)
    assert process.entra(ENTRA.upper())["accountEnabled"] is False
    with pytest.raises(InvalidEntraDeviceError, match=r"^isCompliant: "):
        process.patch_entra(ENTRA, isCompliant="no")
    process.void_delta_tokens()
    assert client.get(link).status_code == 410
    process.void_delta_tokens(expired=True)
    assert client.get(link).status_code == 400
    process.delete_entra(ENTRA, for_good=True)
    with pytest.raises(UnknownEntraDeviceError):
        process.entra(ENTRA)


def test_token_of_one_tenant_shows_nothing_of_another(process: SimulatorProcess, session: requests.Session) -> None:
    two = process.steer(TWO)
    two.set_faults()
    client = Client(two, session, "app-two", "two")
    assert client.get(f"{LIST}/laptop").status_code == 404
    process.withdraw_tokens()
    assert client.get(LIST).status_code == 200
    assert client.get(DELTA).status_code == 403


def test_setup_goes_through_json_and_names_what_it_does_not_know() -> None:
    setup = TenantSetup(TWO, "app", client_certificates=(b"PEM",), redirect_uris=("http://x/",), fleet=(LAPTOP,))
    again = TenantSetup.from_json(json.loads(json.dumps(setup.as_json())))
    assert again == setup
    wrongs: list[Any] = [[], {"tenant": TWO}, {"tenant": TWO, "client_id": "app", "device": 3}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="tenant"):
            TenantSetup.from_json(wrong)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", "{", 400),
        ("PATCH", f"entra/{ENTRA[:-1]}9", "{}", 404),
        ("DELETE", "delta-tokens?how=melted", None, 400),
        ("DELETE", "devices", None, 404),
        ("POST", "nonsense", None, 404),
        ("DELETE", f"entra/{ENTRA}?reason=bored", None, 400),
    ],
)
def test_control_refuses_what_it_cannot_do(
    process: SimulatorProcess, method: str, path: str, body: Any, status: int
) -> None:
    context = ssl.create_default_context(cafile=str(process.ca_file))
    connection = http.client.HTTPSConnection(process.url.removeprefix("https://"), context=context)
    try:
        connection.request(method, f"/simulator/tenants/{ONE}/{path}", body)
        response = connection.getresponse()
        answer = json.loads(response.read())
    finally:
        connection.close()
    assert (response.status, sorted(answer)) == (status, ["error", "type"])


def test_process_id_is_that_of_the_program(process: SimulatorProcess, tmp_path: Path) -> None:
    assert b"parts.graph_simulator" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    with pytest.raises(RuntimeError, match="not started"):
        _ = SimulatorProcess(tmp_path, tenant=ONE, client_id="x").pid
