"""Managed identities of a virtual machine and of Azure Arc, through the real msal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
import requests

from parts.graph_simulator import App, Simulator, SimulatorProcess
from parts.graph_simulator.client import MANAGED_DEVICES as LIST

ENDPOINT = "/metadata/identity/oauth2/token"
METADATA = {"Metadata": "true"}

needs_new_msal = pytest.mark.skipif(
    not hasattr(msal, "ManagedIdentityClient"), reason="this msal knows no managed identities"
)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(tmp_path, tenant="contoso.example", app=App("app"), identity="imds") as running:
        yield running


@pytest.fixture
def arc(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(tmp_path, tenant="contoso.example", app=App("app"), identity="arc") as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def acquire(session: requests.Session, resource: str) -> dict[str, Any]:
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session)
    result: dict[str, Any] = client.acquire_token_for_client(resource=resource)
    return result


def listed(simulator: Simulator, session: requests.Session, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return session.get(simulator.url + LIST, headers=headers, verify=str(simulator.ca_file)).status_code


@needs_new_msal
def test_msal_on_a_virtual_machine(
    machine: Simulator, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.identity_url is not None
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.identity_url)
    result = acquire(session, machine.url)
    assert (result["token_type"], result["expires_in"]) == ("Bearer", 3599)
    assert listed(machine, session, result["access_token"]) == 200
    assert machine.requests()[0].kind == "identity"


@needs_new_msal
def test_msal_by_azure_arc_proves_that_it_can_read_a_file(
    arc: Simulator, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{arc.identity_url}{ENDPOINT}")
    monkeypatch.setenv("IMDS_ENDPOINT", "http://localhost:40342")
    # msal looks nowhere but in the agent's own directory, which belongs to the machine and not to a test.
    places = msal.managed_identity._supported_arc_platforms_and_their_prefixes
    monkeypatch.setitem(places, "linux", str(arc.arc_directory))
    assert listed(arc, session, acquire(session, arc.url)["access_token"]) == 200
    assert [seen.status for seen in arc.requests() if seen.kind == "identity"] == [401, 200]
    assert list(arc.arc_directory.iterdir()) == []


def test_challenge_is_good_for_one_request(arc: Simulator, session: requests.Session) -> None:
    url = f"{arc.identity_url}{ENDPOINT}?api-version=2020-06-01&resource={arc.url}"
    challenge = session.get(url, headers=METADATA)
    scheme, _, file = challenge.headers["WWW-Authenticate"].partition("=")
    assert (challenge.status_code, scheme) == (401, "Basic realm")
    assert Path(file).parent == arc.arc_directory
    assert Path(file).suffix == ".key"
    proof = {**METADATA, "Authorization": f"Basic {Path(file).read_text()}"}
    assert [session.get(url, headers=proof).status_code for _ in range(2)] == [200, 401]
    assert session.get(url, headers={**METADATA, "Authorization": "Basic x"}).status_code == 401


@pytest.mark.parametrize(
    ("query", "headers", "error"),
    [
        ("api-version=2018-02-01&resource={url}", {}, "invalid_request"),
        ("api-version=2018-02-01", METADATA, "invalid_request"),
        ("resource={url}", METADATA, "invalid_request"),
        ("api-version=2018-02-01&resource=https://graph.microsoft.us", METADATA, "invalid_resource"),
        ("api-version=2018-02-01&resource={url}&client_id=another", METADATA, "invalid_request"),
    ],
)
def test_what_gets_no_token(
    machine: Simulator, session: requests.Session, query: str, headers: dict[str, str], error: str
) -> None:
    response = session.get(f"{machine.identity_url}{ENDPOINT}?{query.format(url=machine.url)}", headers=headers)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_plain_http_gives_tokens_and_nothing_else(machine: Simulator, session: requests.Session) -> None:
    for path in (LIST, "/simulator/requests", "/contoso.example/v2.0/.well-known/openid-configuration"):
        assert session.get(f"{machine.identity_url}{path}").status_code == 404
    over_tls = session.get(machine.url + ENDPOINT, headers=METADATA, verify=str(machine.ca_file))
    assert over_tls.status_code == 404


def test_faults_of_the_identity(machine: Simulator, session: requests.Session) -> None:
    machine.set_faults("request=identity:status=503", "request=identity:reset")
    url = f"{machine.identity_url}{ENDPOINT}?api-version=2018-02-01&resource={machine.url}"
    first = session.get(url, headers=METADATA)
    assert (first.status_code, first.json()["error"]) == (503, "unknown")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        session.get(url, headers=METADATA)
    assert session.get(url, headers=METADATA).json()["client_id"] == "app"


def test_identity_of_a_process(tmp_path: Path, session: requests.Session) -> None:
    with SimulatorProcess(tmp_path, tenant="contoso.example", client_id="app", identity="imds") as process:
        url = f"{process.identity_url}{ENDPOINT}?api-version=2018-02-01&resource={process.url}"
        assert session.get(url, headers=METADATA).json()["token_type"] == "Bearer"
        assert process.counts() == {"identity": 1}
