"""The sign-in errors of Microsoft Entra that the simulator can give, and the flat body they come in.

Codes, statuses and `error` values are Entra's; the sentences are not, and nobody may branch on them.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from parts.graph_simulator.messages import JsonObject, RefusalError, Request, Response


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    error: str
    text: str


UNKNOWN_TENANT: Final = 90002
INVALID_TENANT: Final = 900021
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
BAD_FEDERATED_SIGNATURE: Final = 50013
UNKNOWN_ISSUER: Final = 700211
UNKNOWN_AUDIENCE: Final = 700212
UNKNOWN_SUBJECT: Final = 700213
UNKNOWN_REDIRECT: Final = 50011
CONSENT_DECLINED: Final = 65004
TRANSIENT: Final = 90033

KINDS: Final[Mapping[int, _Kind]] = {
    UNKNOWN_TENANT: _Kind(400, "invalid_tenant", "Tenant '{}' not found. Check the tenant id and the cloud."),
    INVALID_TENANT: _Kind(400, "invalid_request", "Requested tenant identifier '{}' is not valid."),
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
    BAD_FEDERATED_SIGNATURE: _Kind(401, "invalid_client", "Assertion failed signature validation: {}."),
    UNKNOWN_ISSUER: _Kind(401, "invalid_client", "No matching federated identity record for the issuer '{}'."),
    UNKNOWN_AUDIENCE: _Kind(401, "invalid_client", "No matching federated identity record for the audience '{}'."),
    UNKNOWN_SUBJECT: _Kind(401, "invalid_client", "No matching federated identity record for the subject '{}'."),
    UNKNOWN_REDIRECT: _Kind(400, "invalid_request", "The redirect URI '{}' is not one of those of the application."),
    CONSENT_DECLINED: _Kind(400, "access_denied", "The resource owner or authorization server denied the request."),
    TRANSIENT: _Kind(
        503, "temporarily_unavailable", "The service has a passing fault; the same request may succeed later."
    ),
    7000112: _Kind(400, "unauthorized_client", "Application '{}' is disabled."),
    700038: _Kind(400, "unauthorized_client", "'{}' is not a valid application identifier."),
    53003: _Kind(400, "invalid_grant", "Access has been blocked by Conditional Access policies."),
    50196: _Kind(400, "invalid_grant", "The server ended the operation because it met a client request loop."),
}
_MORE: Final[Mapping[int, JsonObject]] = {53003: {"suberror": "message_only"}}


def refuse(request: Request, code: int, detail: str = "") -> RefusalError:
    """Make the error that ends a sign-in request; `detail` is put into the code's sentence."""
    kind = KINDS[code]
    ids = _Ids(request)
    body: dict[str, Any] = {
        "error": kind.error,
        "error_description": ids.describe(code, detail),
        "error_codes": [code],
        "timestamp": ids.timestamp,
        "trace_id": ids.trace_id,
        "correlation_id": request.client_request_id,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
        **_MORE.get(code, {}),
    }
    return RefusalError(Response(kind.status, body))


def description(request: Request, code: int, detail: str = "") -> str:
    """Give the sentence of an error with the ids that end it."""
    return _Ids(request).describe(code, detail)


class _Ids:
    def __init__(self, request: Request) -> None:
        self.trace_id, self._correlation_id = str(uuid.uuid4()), request.client_request_id
        self.timestamp = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%SZ}"

    def describe(self, code: int, detail: str) -> str:
        ids = f"Trace ID: {self.trace_id} Correlation ID: {self._correlation_id} Timestamp: {self.timestamp}"
        return f"AADSTS{code}: {KINDS[code].text.format(detail)} {ids}"
