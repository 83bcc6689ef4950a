"""The one app registration of the simulated tenant, and how it proves to be itself."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from parts.graph_simulator import aadsts
from parts.graph_simulator.messages import Request

READ_DEVICES: Final = "DeviceManagementManagedDevices.Read.All"
READ_WRITE_DEVICES: Final = "DeviceManagementManagedDevices.ReadWrite.All"
# msal's `iat` has fractions of a second, and older versions of PyJWT compare it with a clock that has none.
LEEWAY_SECONDS: Final = 5
JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class App:
    """An app registration; set its fields while the simulator runs to change what the next request meets.

    `certificates` are PEM. `roles` are the application permissions an administrator has consented to; with none, the
    app still gets a token, and Graph then answers 403.
    """

    client_id: str
    secret: str | None = None
    secret_expired: bool = False
    certificates: tuple[bytes, ...] = ()
    roles: frozenset[str] = field(default=frozenset({READ_DEVICES}))


def authenticate(app: App, request: Request, form: dict[str, str], audiences: tuple[str, ...]) -> None:
    """Check the secret or the assertion in a token request; RefusalError when it doesn't prove to be the app.

    `audiences` are the values of `aud` an assertion may have.
    """
    if form.get("client_assertion") and form.get("client_assertion_type") == JWT_BEARER:
        _check_assertion(app, request, form["client_assertion"], audiences)
    elif form.get("client_secret"):
        if app.secret is None or not hmac.compare_digest(form["client_secret"].encode(), app.secret.encode()):
            raise aadsts.refuse(request, aadsts.WRONG_SECRET, app.client_id)
        if app.secret_expired:
            raise aadsts.refuse(request, aadsts.EXPIRED_SECRET, app.client_id)
    else:
        raise aadsts.refuse(request, aadsts.NO_CREDENTIAL)


def _check_assertion(app: App, request: Request, assertion: str, audiences: tuple[str, ...]) -> None:
    try:
        algorithm, key = _verification_key(app, jwt.get_unverified_header(assertion))
        claims = jwt.decode(
            assertion,
            key,
            algorithms=[algorithm],
            audience=list(audiences),
            issuer=app.client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["aud", "exp", "iss", "sub"]},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise aadsts.refuse(request, aadsts.ASSERTION_NOT_IN_TIME, str(error)) from error
    except jwt.InvalidTokenError as error:
        raise aadsts.refuse(request, aadsts.BAD_ASSERTION, str(error)) from error
    if claims["sub"] != app.client_id:
        raise aadsts.refuse(request, aadsts.BAD_ASSERTION, "its subject is not the app")


def _verification_key(app: App, header: dict[str, Any]) -> tuple[str, rsa.RSAPublicKey]:
    """Find the registered certificate that the assertion's header names: x5t goes with RS256, x5t#S256 with PS256."""
    algorithm = header.get("alg")
    # x5t is a SHA-1 thumbprint by definition (RFC 7515 4.1.7).
    name, digest = ("x5t", hashes.SHA1()) if algorithm == "RS256" else ("x5t#S256", hashes.SHA256())  # noqa: S303
    if algorithm not in ("RS256", "PS256") or not isinstance(header.get(name), str):
        raise jwt.InvalidTokenError("expected RS256 with x5t or PS256 with x5t#S256")
    thumbprint = _from_base64url(header[name])
    for pem in app.certificates:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        if certificate.fingerprint(digest) == thumbprint and isinstance(key, rsa.RSAPublicKey):
            return algorithm, key
    raise jwt.InvalidTokenError("no certificate with this thumbprint is registered for the app")


def _from_base64url(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise jwt.InvalidTokenError("the thumbprint in the header is not base64url") from error
