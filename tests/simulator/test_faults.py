"""Faults that answer: statuses, bodies that are no JSON, withdrawn tokens, sign-in errors, met by the real clients."""

import base64
import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import msal
import pytest
import requests

from parts.graph_simulator import READ_DEVICES, App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client, sign_in
from parts.graph_simulator.fleet import fleet


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    app = App("app", secret=SECRET)
    with Simulator(tmp_path, tenant="contoso.example", app=app, devices=fleet(50)) as running:
        yield running


def unpacked(message: str, times: int) -> dict[str, Any]:
    for _ in range(times):
        inner = json.loads(message)
        assert inner["_version"] == 3
        message = inner["Message"]
    assert isinstance(inner, dict)
    return inner


@pytest.mark.parametrize(
    ("asked", "header"), [("2", "2"), ("2.128", "2.128"), ("date+30", None), ("absent", ""), (None, "")]
)
def test_throttling_with_every_form_of_retry_after(
    simulator: Simulator, client: Client, asked: str | None, header: str | None
) -> None:
    simulator.set_faults("page=1:status=429" + ("" if asked is None else f",retry-after={asked}"))
    response = client.get(LIST)
    assert (response.status_code, response.json()["error"]["code"]) == (429, "TooManyRequests")
    said = response.headers.get("Retry-After", "")
    if header is None:
        waits = parsedate_to_datetime(said).timestamp() - time.time()
        assert 25 < waits <= 30
    else:
        assert said == header
    assert client.get(LIST).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("body", "times"), [("json", 1), ("nested", 2)])
def test_outages_with_the_json_that_intune_wraps(
    simulator: Simulator, client: Client, status: int, body: str, times: int
) -> None:
    simulator.set_faults(f"page=1:status={status},body={body}")
    response = client.get(LIST)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, "UnknownError")
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    inner = unpacked(error["message"], times)
    assert "Activity ID: " in inner["Message"]
    assert {"CustomApiErrorPhrase", "RetryAfter", "ErrorSourceService", "HttpHeaders"} <= inner.keys()


def test_outages_of_a_proxy(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=1:status=502,body=html,retry-after=1", "page=1:status=503,body=empty")
    first, second = client.get(LIST), client.get(LIST)
    assert (first.status_code, first.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "502 Bad Gateway" in first.text
    assert first.headers["Retry-After"] == "1"
    assert (second.status_code, second.content) == (503, b"")
    with pytest.raises(requests.JSONDecodeError):
        first.json()


def test_refusals(simulator: Simulator, client: Client) -> None:
    simulator.set_faults(*(f"page=1:status={status}" for status in (400, 401, 403, 404, 410)))
    answers = [client.get(LIST) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [400, 401, 403, 404, 410]
    assert "not applicable to target tenant" in unpacked(answers[0].json()["error"]["message"], 1)["Message"]
    assert answers[1].json()["error"]["code"] == "InvalidAuthenticationToken"
    assert READ_DEVICES in unpacked(answers[2].json()["error"]["message"], 1)["Message"]


def test_bodies_that_are_no_json(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=1:not-json", "page=1:not-json=half")
    page, part = client.get(LIST), client.get(LIST)
    assert (page.status_code, part.status_code) == (200, 200)
    assert page.headers["Content-Type"].startswith("text/html")
    assert part.text.startswith('{"@odata.context"')
    for answer in (page, part):
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_withdrawn_token_and_a_new_one(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=1:withdraw=claims")
    answers = [client.get(LIST) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 401]
    challenge = answers[0].headers["WWW-Authenticate"]
    claims = json.loads(base64.b64decode(challenge.partition('claims="')[2].partition('"')[0]))
    assert claims["access_token"]["nbf"]["essential"] is True
    assert "claims" not in answers[1].headers["WWW-Authenticate"]
    assert Client(simulator, client.session, "app", SECRET).get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        (7000215, 401, "invalid_client"),
        (7000222, 401, "invalid_client"),
        (700016, 400, "unauthorized_client"),
        (90002, 400, "invalid_tenant"),
        (900021, 400, "invalid_request"),
        (700027, 401, "invalid_client"),
        (700024, 401, "invalid_client"),
        (7000218, 401, "invalid_client"),
        (53003, 400, "invalid_grant"),
        (500011, 400, "invalid_resource"),
        (50196, 400, "invalid_grant"),
    ],
)
def test_sign_in_errors_on_demand(simulator: Simulator, client: Client, code: int, status: int, error: str) -> None:
    simulator.set_faults(f"request=token:aadsts={code}")
    result = sign_in(simulator, client.session, "app", SECRET)
    assert (result["error"], result["error_codes"]) == (error, [code])
    assert simulator.requests()[-1].status == status
    assert "access_token" in sign_in(simulator, client.session, "app", SECRET)


def test_sign_in_hosts_that_are_out_of_order(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("request=token:aadsts=90033", "request=token:status=429,retry-after=60")
    with pytest.raises((requests.HTTPError, msal.exceptions.MsalError), match="503"):
        sign_in(simulator, client.session, "app", SECRET)
    limited = sign_in(simulator, client.session, "app", SECRET)
    assert limited["error"] == "temporarily_unavailable"
    simulator.set_faults("request=discovery:aadsts=90002", "request=discovery:status=503,body=html")
    with pytest.raises(ValueError, match="authority"):
        sign_in(simulator, client.session, "app", SECRET)
    with pytest.raises((requests.HTTPError, msal.exceptions.MsalError, ValueError)):
        sign_in(simulator, client.session, "app", SECRET)


def test_requests_tell_what_happened_to_them(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=2:status=504", "request=single:reset")
    own = "11111111-2222-3333-4444-555555555555"
    link = client.get(f"{LIST}?$top=20", **{"client-request-id": own}).json()["@odata.nextLink"]
    assert [client.get(link).status_code for _ in range(2)] == [504, 200]
    with pytest.raises(requests.ConnectionError):
        client.get(f"{LIST}/some-id")
    seen = simulator.requests()[2:]
    assert [(each.kind, each.page, each.status, each.fault) for each in seen] == [
        ("list", 1, 200, None),
        ("list", 2, 504, "page=2:status=504"),
        ("list", 2, 200, None),
        ("single", None, 0, "request=single:reset"),
    ]
    assert seen[0].client_request_id == own
    assert seen[0].at <= seen[1].at <= time.time()
