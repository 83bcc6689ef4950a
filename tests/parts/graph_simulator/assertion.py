"""Client assertions: signed by the app's own certificate, or by an issuer that the app trusts."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from parts.graph_simulator import aadsts
from parts.graph_simulator.messages import Request

# msal's `iat` has fractions of a second, and older versions of PyJWT compare it with a clock that has none.
LEEWAY_SECONDS: Final = 5
TOKEN_EXCHANGE: Final = "api://AzureADTokenExchange"
_REQUIRED: Final = ["aud", "exp", "iss", "sub"]
_OUT_OF_TIME: Final = (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError)


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """An issuer whose tokens for one subject stand for the app's own credential; `key` is its public key in PEM."""

    issuer: str
    subject: str
    key: str
    audience: str = TOKEN_EXCHANGE


def issuer(assertion: str) -> str | None:
    """Give who an assertion says it is from, unverified; None where it can't be read."""
    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except jwt.InvalidTokenError:
        return None
    return claimed if isinstance(claimed, str) else None


def check_own(
    client_id: str, certificates: Iterable[bytes], request: Request, assertion: str, audiences: tuple[str, ...]
) -> None:
    """Check an assertion of the app's own; RefusalError if it isn't one for these audiences."""
    try:
        algorithm, key = _verification_key(certificates, jwt.get_unverified_header(assertion))
        claims = jwt.decode(
            assertion,
            key,
            algorithms=[algorithm],
            audience=list(audiences),
            issuer=client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
    except _OUT_OF_TIME as error:
        raise aadsts.refuse(request, aadsts.ASSERTION_NOT_IN_TIME, str(error)) from error
    except jwt.InvalidTokenError as error:
        raise aadsts.refuse(request, aadsts.BAD_ASSERTION, str(error)) from error
    if claims["sub"] != client_id:
        raise aadsts.refuse(request, aadsts.BAD_ASSERTION, "its subject is not the app")


def check_federated(trusted: Iterable[FederatedCredential], request: Request, assertion: str) -> None:
    """Check an assertion of another issuer; RefusalError if no credential of the app stands for it."""
    same_issuer = [credential for credential in trusted if credential.issuer == issuer(assertion)]
    if not same_issuer:
        raise aadsts.refuse(request, aadsts.UNKNOWN_ISSUER, str(issuer(assertion)))
    try:
        claims = jwt.decode(
            assertion,
            same_issuer[0].key,
            algorithms=["RS256", "PS256", "ES256"],
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED, "verify_aud": False},
        )
    except _OUT_OF_TIME as error:
        raise aadsts.refuse(request, aadsts.ASSERTION_NOT_IN_TIME, str(error)) from error
    except jwt.InvalidTokenError as error:
        raise aadsts.refuse(request, aadsts.BAD_FEDERATED_SIGNATURE, str(error)) from error
    same_subject = [credential for credential in same_issuer if credential.subject == claims["sub"]]
    if not same_subject:
        raise aadsts.refuse(request, aadsts.UNKNOWN_SUBJECT, str(claims["sub"]))
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not any(credential.audience in audiences for credential in same_subject):
        raise aadsts.refuse(request, aadsts.UNKNOWN_AUDIENCE, str(claims["aud"]))


def _verification_key(certificates: Iterable[bytes], header: dict[str, Any]) -> tuple[str, rsa.RSAPublicKey]:
    """Find the registered certificate that the assertion's header names: x5t goes with RS256, x5t#S256 with PS256."""
    algorithm = header.get("alg")
    sha1 = hashes.SHA1()  # noqa: S303  # an x5t is a SHA-1 thumbprint by definition (RFC 7515 4.1.7)
    name, digest = ("x5t", sha1) if algorithm == "RS256" else ("x5t#S256", hashes.SHA256())
    if algorithm not in ("RS256", "PS256") or not isinstance(header.get(name), str):
        raise jwt.InvalidTokenError("expected RS256 with x5t or PS256 with x5t#S256")
    thumbprint = _from_base64url(header[name])
    for pem in certificates:
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
