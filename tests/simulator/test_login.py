"""The simulated sign-in host against the real msal."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msal
import pytest
import requests

from parts.graph_simulator import App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES, SECRET, sign_in
from parts.pki import KeyPair, app_credential, sha1_thumbprint

TENANT = "7c4f1f0e-6d1b-4f0a-9a53-2f1d3a5b8c60"
CLIENT = "0f3b8a52-98a5-4a1e-8f57-0d0f6f3c9b11"

# msal signs RS256 when it is given a thumbprint. From 1.35 on it signs PS256 when it is given the certificate alone.
CERTIFICATE_FORMS = ["thumbprint"]
if tuple(map(int, msal.__version__.split(".")[:2])) >= (1, 35):
    CERTIFICATE_FORMS.append("public_certificate")


@pytest.fixture
def simulator(tmp_path: Path, credential: KeyPair) -> Iterator[Simulator]:
    app = App(CLIENT, secret=SECRET, certificates=(credential.certificate_pem,))
    with Simulator(tmp_path, tenant=TENANT, app=app) as running:
        yield running


def list_status(simulator: Simulator, session: requests.Session, token: str) -> int:
    return session.get(simulator.url + MANAGED_DEVICES, headers={"Authorization": f"Bearer {token}"}).status_code


def assert_refused(result: dict[str, Any], error: str, code: int) -> None:
    assert result["error"] == error
    assert result["error_codes"] == [code]
    assert "access_token" not in result
    form = r"AADSTS{}: .+ Trace ID: {} Correlation ID: {} Timestamp: {}"
    ids = (re.escape(result[name]) for name in ("trace_id", "correlation_id", "timestamp"))
    assert re.fullmatch(form.format(code, *ids), result["error_description"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", result["timestamp"])


def test_msal_with_a_secret_gets_a_token_that_graph_takes(simulator: Simulator, session: requests.Session) -> None:
    result = sign_in(simulator, session, CLIENT, SECRET)
    assert (result["token_type"], result["expires_in"]) == ("Bearer", 3599)
    assert list_status(simulator, session, result["access_token"]) == 200
    assert [(seen.method, seen.path) for seen in simulator.requests()] == [
        ("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration"),
        ("POST", f"/{TENANT}/oauth2/v2.0/token"),
        ("GET", "/v1.0/deviceManagement/managedDevices"),
    ]


@pytest.mark.parametrize("form", CERTIFICATE_FORMS)
def test_msal_with_a_certificate_gets_a_token_that_graph_takes(
    simulator: Simulator, session: requests.Session, credential: KeyPair, form: str
) -> None:
    forms = {
        "thumbprint": sha1_thumbprint(credential.certificate_pem),
        "public_certificate": credential.certificate_pem.decode(),
    }
    key = {"private_key": credential.key_pem.decode(), form: forms[form]}
    result = sign_in(simulator, session, CLIENT, key)
    assert list_status(simulator, session, result["access_token"]) == 200


def test_msal_is_refused_with_a_certificate_that_is_not_registered(
    simulator: Simulator, session: requests.Session
) -> None:
    other = app_credential("another app")
    key = {"private_key": other.key_pem.decode(), "thumbprint": sha1_thumbprint(other.certificate_pem)}
    assert_refused(sign_in(simulator, session, CLIENT, key), "invalid_client", 700027)
    assert simulator.requests()[-1].status == 401


def test_msal_is_refused_with_a_wrong_secret(simulator: Simulator, session: requests.Session) -> None:
    assert_refused(sign_in(simulator, session, CLIENT, SECRET + "x"), "invalid_client", 7000215)
    assert simulator.requests()[-1].status == 401


def test_msal_is_refused_with_an_expired_secret(simulator: Simulator, session: requests.Session) -> None:
    simulator.app.secret_expired = True
    assert_refused(sign_in(simulator, session, CLIENT, SECRET), "invalid_client", 7000222)
    assert_refused(sign_in(simulator, session, CLIENT, "another"), "invalid_client", 7000215)


def test_msal_is_refused_as_an_unknown_client(simulator: Simulator, session: requests.Session) -> None:
    assert_refused(sign_in(simulator, session, "no-such-app", SECRET), "unauthorized_client", 700016)
    assert simulator.requests()[-1].status == 400


def test_msal_finds_no_authority_for_an_unknown_tenant(simulator: Simulator, session: requests.Session) -> None:
    with pytest.raises(ValueError, match="authority"):
        msal.ConfidentialClientApplication(
            CLIENT,
            client_credential=SECRET,
            authority=f"{simulator.url}/no-such-tenant",
            instance_discovery=False,
            http_client=session,
        ).acquire_token_for_client(scopes=[simulator.scope])
    response = session.get(f"{simulator.url}/no-such-tenant/v2.0/.well-known/openid-configuration")
    assert response.status_code == 400
    assert_refused(response.json(), "invalid_tenant", 90002)


def test_app_without_consent_gets_a_token_that_graph_forbids(simulator: Simulator, session: requests.Session) -> None:
    simulator.app.roles = frozenset()
    result = sign_in(simulator, session, CLIENT, SECRET)
    assert list_status(simulator, session, result["access_token"]) == 403


def token_request(simulator: Simulator, session: requests.Session, **changes: str | None) -> requests.Response:
    form = {
        "client_id": CLIENT,
        "grant_type": "client_credentials",
        "scope": simulator.scope,
        "client_secret": SECRET,
        **changes,
    }
    return session.post(f"{simulator.authority}/oauth2/v2.0/token", data=form)


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_secret": None, "client_assertion": "x"}, 401, "invalid_client", 7000218),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"scope": "User.Read"}, 400, "invalid_scope", 70011),
        ({"scope": "https://graph.microsoft.us/.default"}, 400, "invalid_resource", 500011),
    ],
)
def test_malformed_token_requests(
    simulator: Simulator,
    session: requests.Session,
    changes: dict[str, str | None],
    status: int,
    error: str,
    code: int,
) -> None:
    response = token_request(simulator, session, **changes)
    assert response.status_code == status
    assert_refused(response.json(), error, code)


def test_scope_of_another_permission_is_refused(simulator: Simulator, session: requests.Session) -> None:
    response = token_request(simulator, session, scope=f"{simulator.url}/DeviceManagementManagedDevices.Read.All")
    assert_refused(response.json(), "invalid_scope", 70011)


def test_tenant_is_checked_at_the_token_endpoint_too(simulator: Simulator, session: requests.Session) -> None:
    response = session.post(f"{simulator.url}/other/oauth2/v2.0/token", data={})
    assert_refused(response.json(), "invalid_tenant", 90002)


def test_the_callers_request_id_comes_back_as_correlation_id(simulator: Simulator, session: requests.Session) -> None:
    url = f"{simulator.authority}/oauth2/v2.0/token"
    response = session.post(url, data={}, headers={"client-request-id": "11111111-2222-3333-4444-555555555555"})
    assert response.json()["correlation_id"] == "11111111-2222-3333-4444-555555555555"


def test_tokens_are_never_the_same_nor_stored(simulator: Simulator, session: requests.Session) -> None:
    first, second = token_request(simulator, session), token_request(simulator, session)
    assert first.json()["access_token"] != second.json()["access_token"]
    assert "no-store" in first.headers["Cache-Control"]
