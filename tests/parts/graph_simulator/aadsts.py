"""The sign-in errors of Microsoft Entra that the simulator can give, and the flat body they come in.

Codes, statuses and `error` values are Entra's; the sentences are not, and nobody may branch on them.
"""

import datetime
import uuid
from dataclasses import dataclass
from typing import Final

from parts.graph_simulator.messages import RefusalError, Request, Response


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    error: str
    text: str


UNKNOWN_TENANT: Final = 90002
MISSING_PARAMETER: Final = 900144
UNKNOWN_CLIENT: Final = 700016
UNSUPPORTED_GRANT: Final = 70003
BAD_SCOPE: Final = 70011
UNKNOWN_RESOURCE: Final = 500011
WRONG_SECRET: Final = 7000215
EXPIRED_SECRET: Final = 7000222
NO_CREDENTIAL: Final = 7000218
BAD_ASSERTION: Final = 700027
ASSERTION_NOT_IN_TIME: Final = 700024

_KINDS: Final = {
    UNKNOWN_TENANT: _Kind(400, "invalid_tenant", "Tenant '{}' not found. Check the tenant id and the cloud."),
    MISSING_PARAMETER: _Kind(400, "invalid_request", "The request body must contain the parameter '{}'."),
    UNKNOWN_CLIENT: _Kind(400, "unauthorized_client", "Application '{}' was not found in the directory."),
    UNSUPPORTED_GRANT: _Kind(400, "unsupported_grant_type", "The app requested an unsupported grant type '{}'."),
    BAD_SCOPE: _Kind(400, "invalid_scope", "The scope '{}' is not valid; it must end with '/.default'."),
    UNKNOWN_RESOURCE: _Kind(400, "invalid_resource", "The resource '{}' was not found in the tenant."),
    WRONG_SECRET: _Kind(401, "invalid_client", "Invalid client secret provided for app '{}'."),
    EXPIRED_SECRET: _Kind(401, "invalid_client", "The provided client secret keys for app '{}' are expired."),
    NO_CREDENTIAL: _Kind(401, "invalid_client", "The request body must contain client_assertion or client_secret."),
    BAD_ASSERTION: _Kind(401, "invalid_client", "Client assertion failed validation: {}."),
    ASSERTION_NOT_IN_TIME: _Kind(401, "invalid_client", "Client assertion is not within its valid time range: {}."),
}


def refuse(request: Request, code: int, detail: str = "") -> RefusalError:
    """Make the error that ends a sign-in request; `detail` is put into the code's sentence."""
    kind = _KINDS[code]
    timestamp = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%SZ}"
    trace_id, correlation_id = str(uuid.uuid4()), request.client_request_id
    ids = f"Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
    body = {
        "error": kind.error,
        "error_description": f"AADSTS{code}: {kind.text.format(detail)} {ids}",
        "error_codes": [code],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
    }
    return RefusalError(Response(kind.status, body))
