"""The page of admin consent: an administrator who consents or declines at once, and who is sent where."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from parts.graph_simulator import READ_DEVICES, READ_DIRECTORY, App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client

TENANT = "7c4f1f0e-6d1b-4f0a-9a53-2f1d3a5b8c60"
CLIENT = "0f3b8a52-98a5-4a1e-8f57-0d0f6f3c9b11"
REDIRECT = "http://localhost:8400/consented"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    app = App(
        CLIENT,
        secret=SECRET,
        roles=frozenset(),
        requested=frozenset({READ_DEVICES, READ_DIRECTORY}),
        redirect_uris=(REDIRECT, "https://radtune.example/done?from=entra"),
    )
    with Simulator(tmp_path, tenant=TENANT, app=app) as running:
        yield running


def visit(
    simulator: Simulator, session: requests.Session, tenant: str = TENANT, /, **changes: str | None
) -> requests.Response:
    options = {
        "client_id": CLIENT,
        "scope": simulator.scope,
        "redirect_uri": REDIRECT,
        "state": "st&te=1",
        **changes,
    }
    return session.get(f"{simulator.url}/{tenant}/v2.0/adminconsent", params=options, allow_redirects=False)


def told(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def test_consent_gives_the_app_its_roles(simulator: Simulator, session: requests.Session) -> None:
    before = Client(simulator, session, CLIENT, SECRET)
    assert before.get(LIST).status_code == 403
    response = visit(simulator, session)
    assert response.headers["Location"].startswith(f"{REDIRECT}?admin_consent=True&")
    assert told(response) == {
        "admin_consent": "True",
        "tenant": TENANT,
        "scope": simulator.scope,
        "state": "st&te=1",
    }
    assert before.get(LIST).status_code == 403
    assert Client(simulator, session, CLIENT, SECRET).get(LIST).status_code == 200
    assert Client(simulator, session, CLIENT, SECRET).get("/v1.0/devices/delta").status_code == 200


def test_declined_consent_says_so_and_says_true_all_the_same(simulator: Simulator, session: requests.Session) -> None:
    simulator.app.consent_error = "access_denied"
    answer = told(visit(simulator, session))
    assert answer["error_description"].startswith("AADSTS65004: ")
    assert (answer["error"], answer["admin_consent"], answer["state"]) == ("access_denied", "True", "st&te=1")
    assert "tenant" not in answer
    assert simulator.app.roles == frozenset()


def test_administrator_of_whatever_organization(simulator: Simulator, session: requests.Session) -> None:
    assert told(visit(simulator, session, "organizations"))["tenant"] == TENANT
    assert visit(simulator, session, "common").status_code == 400


def test_redirect_uri_with_a_query_of_its_own_and_no_state(simulator: Simulator, session: requests.Session) -> None:
    response = visit(simulator, session, redirect_uri="https://radtune.example/done?from=entra", state=None)
    assert response.headers["Location"].startswith("https://radtune.example/done?from=entra&admin_consent=True&")
    assert "state" not in told(response)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "http://localhost:8400/consented/"}, 50011),
        ({"redirect_uri": "https://evil.example/"}, 50011),
        ({"redirect_uri": None}, 900144),
        ({"client_id": "another"}, 700016),
        ({"scope": "https://graph.microsoft.com/.default"}, 70011),
        ({"scope": None}, 900144),
    ],
)
def test_wrong_requests_get_a_page_and_no_redirect(
    simulator: Simulator, session: requests.Session, changes: dict[str, str | None], code: int
) -> None:
    response = visit(simulator, session, **changes)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert f"AADSTS{code}: " in response.text
    assert response.headers["Content-Type"].startswith("text/html")
    assert simulator.app.roles == frozenset()


def test_faults_of_the_consent_page(simulator: Simulator, session: requests.Session) -> None:
    simulator.set_faults("request=consent:status=503,body=html", "request=consent:aadsts=90033")
    assert [visit(simulator, session).status_code for _ in range(3)] == [503, 503, 302]
    assert simulator.requests()[-1].kind == "consent"
