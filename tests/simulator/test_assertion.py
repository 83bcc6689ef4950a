"""Client assertions at the simulated token endpoint that msal would never make."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from parts.graph_simulator import App, Simulator
from parts.pki import KeyPair, app_credential

CLIENT = "0f3b8a52-98a5-4a1e-8f57-0d0f6f3c9b11"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def simulator(tmp_path: Path, credential: KeyPair) -> Iterator[Simulator]:
    app = App(CLIENT, certificates=(credential.certificate_pem,))
    with Simulator(tmp_path, tenant="contoso.example", app=app) as running:
        yield running


class Assertion(NamedTuple):
    """What a test may change before an assertion is signed."""

    claims: dict[str, Any]
    headers: dict[str, Any]
    key: Any
    algorithm: str


def _wrong_audience(good: Assertion) -> Assertion:
    return good._replace(claims={**good.claims, "aud": "https://login.example/token"})


def _wrong_issuer(good: Assertion) -> Assertion:
    return good._replace(claims={**good.claims, "iss": "another-app"})


def _wrong_subject(good: Assertion) -> Assertion:
    return good._replace(claims={**good.claims, "sub": "another-app"})


def _no_expiry(good: Assertion) -> Assertion:
    return good._replace(claims={name: value for name, value in good.claims.items() if name != "exp"})


def _forged_signature(good: Assertion) -> Assertion:
    return good._replace(key=app_credential("forger").key_pem)


def _shared_key(good: Assertion) -> Assertion:
    return good._replace(key="k" * 32, algorithm="HS256")


def _no_signature(good: Assertion) -> Assertion:
    return good._replace(key=None, algorithm="none")


def _no_thumbprint(good: Assertion) -> Assertion:
    return good._replace(headers={})


def _thumbprint_of_the_other_algorithm(good: Assertion) -> Assertion:
    return good._replace(algorithm="RS256")


def _thumbprint_of_another_certificate(good: Assertion) -> Assertion:
    return good._replace(headers={"x5t#S256": "A" * 43})


def _thumbprint_that_is_no_base64(good: Assertion) -> Assertion:
    return good._replace(headers={"x5t#S256": "=x"})


def assertion(simulator: Simulator, credential: KeyPair) -> Assertion:
    certificate = x509.load_pem_x509_certificate(credential.certificate_pem)
    thumbprint = jwt.utils.base64url_encode(certificate.fingerprint(hashes.SHA256())).decode()
    claims = {
        "aud": f"{simulator.authority}/oauth2/v2.0/token",
        "iss": CLIENT,
        "sub": CLIENT,
        "exp": time.time() + 600,
        "jti": "one",
    }
    return Assertion(claims, {"x5t#S256": thumbprint}, credential.key_pem, "PS256")


def post(simulator: Simulator, session: requests.Session, text: str) -> requests.Response:
    form = {
        "client_id": CLIENT,
        "grant_type": "client_credentials",
        "scope": simulator.scope,
        "client_assertion": text,
        "client_assertion_type": ASSERTION_TYPE,
    }
    return session.post(f"{simulator.authority}/oauth2/v2.0/token", data=form)


def present(simulator: Simulator, session: requests.Session, made: Assertion) -> requests.Response:
    return post(simulator, session, jwt.encode(made.claims, made.key, made.algorithm, made.headers))


def assert_refused(response: requests.Response, code: int) -> None:
    body = response.json()
    assert (response.status_code, body["error"], body["error_codes"]) == (401, "invalid_client", [code])


def test_assertion_for_the_token_endpoint_or_the_issuer(
    simulator: Simulator, session: requests.Session, credential: KeyPair
) -> None:
    good = assertion(simulator, credential)
    assert present(simulator, session, good).status_code == 200
    for_issuer = good._replace(claims={**good.claims, "aud": f"{simulator.authority}/v2.0"})
    assert present(simulator, session, for_issuer).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        _wrong_audience,
        _wrong_issuer,
        _wrong_subject,
        _no_expiry,
        _forged_signature,
        _shared_key,
        _no_signature,
        _no_thumbprint,
        _thumbprint_of_the_other_algorithm,
        _thumbprint_of_another_certificate,
        _thumbprint_that_is_no_base64,
    ],
)
def test_spoilt_assertions(
    simulator: Simulator, session: requests.Session, credential: KeyPair, spoil: Callable[[Assertion], Assertion]
) -> None:
    response = present(simulator, session, spoil(assertion(simulator, credential)))
    assert_refused(response, 700027)


@pytest.mark.parametrize("claims", [{"exp": 1_000_000_000}, {"nbf": 9_000_000_000}])
def test_assertion_out_of_time(
    simulator: Simulator, session: requests.Session, credential: KeyPair, claims: dict[str, int]
) -> None:
    good = assertion(simulator, credential)
    response = present(simulator, session, good._replace(claims=good.claims | claims))
    assert_refused(response, 700024)


def test_text_that_is_no_assertion(simulator: Simulator, session: requests.Session) -> None:
    assert_refused(post(simulator, session, "a.b.c"), 700027)


def test_assertion_of_any_registered_certificate(
    simulator: Simulator, session: requests.Session, credential: KeyPair
) -> None:
    simulator.app.certificates = (app_credential("the old one").certificate_pem, credential.certificate_pem)
    assert present(simulator, session, assertion(simulator, credential)).status_code == 200
    simulator.app.certificates = simulator.app.certificates[:1]
    assert_refused(present(simulator, session, assertion(simulator, credential)), 700027)
