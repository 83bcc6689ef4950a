"""The credential of the application: a secret, a certificate with its key, or another issuer's token."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from radtune.config.tenants import Tenant
from radtune.text import counted
from radtune_tools.secret_file import read_secret

if TYPE_CHECKING:
    from radtune_tools.graph.certificate_file import AppCertificate

ASSERTION_SECONDS = 600
"""The life of an assertion, which is used at once."""
WARN_DAYS = 30
"""Days before the end of a credential from which on radtune warns of it."""


def credential(tenant: Tenant) -> str | dict[str, Any]:
    """Return the credential of an application as msal takes it.

    A certificate signs an assertion with PS256 and is named by its SHA-256 thumbprint, which every msal hands on.
    https://learn.microsoft.com/entra/identity-platform/certificate-credentials
    Raises ConfigurationError or NotPermittedError if a file is missing, not what it should be, or open to others.
    """
    if tenant.client_secret_file is not None:
        return read_secret(tenant.client_secret_file, "the client secret")
    if tenant.federated_token_file is not None:
        # Read anew each time, for it may be renewed meanwhile; read now, so that faults show.
        token = partial(read_secret, tenant.federated_token_file, "the federated token")
        token()
        return {"client_assertion": token}
    return {"client_assertion": _assertion(tenant, _certificate(tenant))}


def expires(tenant: Tenant) -> datetime | None:
    """Return the end of the tenant's credential, None if unknown. Raises what `credential` raises."""
    if tenant.certificate_file is not None:
        return _certificate(tenant).expires
    if tenant.client_secret_expires:
        return datetime.fromisoformat(tenant.client_secret_expires).replace(tzinfo=UTC)
    return None


def expiry_warning(tenant: Tenant, now: datetime) -> str:
    """Return a warning if the credential ends within WARN_DAYS days or has ended, else ''."""
    end = expires(tenant)
    if end is None or (days := (end - now).days) >= WARN_DAYS:
        return ""
    when, before = (
        (f"expires in {counted(days, 'day')}, on", " before syncs fail") if end > now else ("has expired on", "")
    )
    return f"{tenant.name}: the {tenant.credential_kind} {when} {end:%Y-%m-%d}; renew it{before}"


def _assertion(tenant: Tenant, certificate: "AppCertificate") -> Callable[[], str]:
    import uuid

    import jwt
    from jwt.utils import base64url_encode

    audience = f"{tenant.authority}/{tenant.name}/oauth2/v2.0/token"

    def sign() -> str:
        now = int(time.time())
        claims = {"aud": audience, "iss": tenant.client_id, "sub": tenant.client_id, "jti": str(uuid.uuid4())}
        times = {"nbf": now, "iat": now, "exp": now + ASSERTION_SECONDS}
        thumbprint = base64url_encode(certificate.thumbprint).decode()
        return jwt.encode({**claims, **times}, certificate.key, algorithm="PS256", headers={"x5t#S256": thumbprint})

    return sign


def _certificate(tenant: Tenant) -> "AppCertificate":
    from radtune_tools.graph.certificate_file import read_app_certificate

    if tenant.certificate_file is None:
        raise AssertionError("settings name a credential")
    passphrase = read_secret(tenant.passphrase_file, "the passphrase") if tenant.passphrase_file is not None else ""
    return read_app_certificate(tenant.certificate_file, tenant.private_key_file, passphrase)
