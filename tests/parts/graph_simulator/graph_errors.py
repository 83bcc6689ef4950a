"""Graph's own errors: a nested body, and for what comes from Intune a message that is a JSON text itself."""

import base64
import datetime
import json
import uuid
from collections.abc import Mapping, Sequence

from parts.graph_simulator.messages import RefusalError, Request, Response
from parts.graph_simulator.roles import READ_DIRECTORY


def refuse(
    request: Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> RefusalError:
    """Make the error that ends a Graph request."""
    inner = {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%S}",
        "request-id": request.request_id,
        "client-request-id": request.client_request_id,
    }
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return RefusalError(Response(status, body, headers or {}))


def from_intune(request: Request, status: int, code: str, text: str, *, doubly: bool = False) -> RefusalError:
    """Make an error whose message is the JSON text in which Intune's own service wraps what it says, once or twice."""
    message = _embedded(request, text)
    return refuse(request, status, code, _embedded(request, message, whole=True) if doubly else message)


def bad_request(request: Request, message: str) -> RefusalError:
    """Make the 400 of a query that Graph can't read."""
    return refuse(request, 400, "BadRequest", message)


def not_found(request: Request) -> RefusalError:
    """Make the 404 of a device that Intune doesn't have."""
    return from_intune(request, 404, "ResourceNotFound", "An error has occurred")


def unauthorized(request: Request, url: str, text: str, *, claims: bool = False) -> RefusalError:
    """Make the 401 of a token that allows nothing; `claims` asks for a token that is not older than now."""
    challenge = f'Bearer realm="", authorization_uri="{url}/common/oauth2/authorize"'
    if claims:
        now = int(datetime.datetime.now(datetime.UTC).timestamp())
        wanted = json.dumps({"access_token": {"nbf": {"essential": True, "value": str(now)}}})
        challenge += f', error="insufficient_claims", claims="{base64.b64encode(wanted.encode()).decode()}"'
    return refuse(request, 401, "InvalidAuthenticationToken", text, {"WWW-Authenticate": challenge})


def not_consented(request: Request, roles: Sequence[str]) -> RefusalError:
    """Make the 403 of an app whose token has none of these roles; Intune names them, the directory doesn't."""
    if READ_DIRECTORY in roles:
        text = "Insufficient privileges to complete the operation."
        return refuse(request, 403, "Authorization_RequestDenied", text)
    text = (
        "Application is not authorized to perform this operation. Application must have one of the following scopes: "
        f"{', '.join(roles)}"
    )
    return from_intune(request, 403, "Forbidden", text)


def resync(request: Request, start: str) -> RefusalError:
    """Make the 410 of a delta token that can't be gone on from; `start` is the URL to begin anew at."""
    text = "The delta token is no longer good; begin anew at the location given."
    return refuse(request, 410, "resyncRequired", text, {"Location": f"{start}?$deltatoken="})


def sync_state_not_found(request: Request) -> RefusalError:
    """Make the 400 of a delta token that has expired."""
    text = "The delta token has expired; begin anew with a full synchronization."
    return refuse(request, 400, "syncStateNotFound", text)


def _embedded(request: Request, text: str, *, whole: bool = False) -> str:
    operation = f"Operation ID (for customer support): {uuid.UUID(int=0)} - Activity ID: {request.request_id}"
    back_end = f"https://intune.invalid/DeviceFE/StatelessDeviceFEService{request.path.removeprefix('/v1.0')}"
    message = {
        "_version": 3,
        "Message": text if whole else f"{text} - {operation} - Url: {back_end}",
        "CustomApiErrorPhrase": "",
        "RetryAfter": None,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return json.dumps(message, indent=2).replace("\n", "\r\n")
