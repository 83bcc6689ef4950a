"""Tokens of another issuer in place of a secret, through the real msal."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from parts.graph_simulator import App, FederatedCredential, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import Client, sign_in
from parts.pki import KeyPair, app_credential, sha1_thumbprint

CLIENT = "0f3b8a52-98a5-4a1e-8f57-0d0f6f3c9b11"
ISSUER, SUBJECT, AUDIENCE = "https://issuer.example/", "system:radius-1", "api://AzureADTokenExchange"


def public_key(pair: KeyPair) -> str:
    key = x509.load_pem_x509_certificate(pair.certificate_pem).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.fixture(scope="module")
def issuer() -> KeyPair:
    return app_credential("the issuer")


@pytest.fixture
def simulator(tmp_path: Path, issuer: KeyPair) -> Iterator[Simulator]:
    app = App(CLIENT, federated=(FederatedCredential(ISSUER, SUBJECT, public_key(issuer)),))
    with Simulator(tmp_path, tenant="contoso.example", app=app) as running:
        yield running


def assertion(issuer: KeyPair, **changes: Any) -> dict[str, str]:
    """Give msal's form of a credential that another issuer has signed."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "exp": now + 600, **changes}
    return {"client_assertion": jwt.encode(claims, issuer.key_pem, "RS256")}


@pytest.mark.filterwarnings("ignore:.*client_assertion:DeprecationWarning")
def test_token_of_a_trusted_issuer(simulator: Simulator, session: requests.Session, issuer: KeyPair) -> None:
    assert Client(simulator, session, CLIENT, assertion(issuer)).get(LIST).status_code == 200
    listed = assertion(issuer, aud=["another", AUDIENCE])
    assert Client(simulator, session, CLIENT, listed).get(LIST).status_code == 200


@pytest.mark.filterwarnings("ignore:.*client_assertion:DeprecationWarning")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://other.example/"}, 700211),
        ({"sub": "system:radius-2"}, 700213),
        ({"aud": "api://another"}, 700212),
        ({"exp": 1_000_000_000}, 700024),
        ({"nbf": 9_000_000_000}, 700024),
    ],
)
def test_tokens_that_no_credential_stands_for(
    simulator: Simulator, session: requests.Session, issuer: KeyPair, changes: dict[str, Any], code: int
) -> None:
    result = sign_in(simulator, session, CLIENT, assertion(issuer, **changes))
    assert (result["error"], result["error_codes"]) == ("invalid_client", [code])


@pytest.mark.filterwarnings("ignore:.*client_assertion:DeprecationWarning")
def test_token_that_someone_else_has_signed(simulator: Simulator, session: requests.Session) -> None:
    result = sign_in(simulator, session, CLIENT, assertion(app_credential("a forger")))
    assert result["error_codes"] == [50013]


def test_certificates_go_on_beside_it(simulator: Simulator, session: requests.Session) -> None:
    own = app_credential("radtune")
    key = {"private_key": own.key_pem.decode(), "thumbprint": sha1_thumbprint(own.certificate_pem)}
    assert sign_in(simulator, session, CLIENT, key)["error_codes"] == [700027]
    simulator.app.certificates = (own.certificate_pem,)
    assert Client(simulator, session, CLIENT, key).get(LIST).status_code == 200
