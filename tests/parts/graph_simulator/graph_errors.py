"""Graph's own errors: a nested body, and for what comes from Intune a message that is a JSON text itself."""

import datetime
import json
import uuid

from parts.graph_simulator.app import READ_DEVICES, READ_WRITE_DEVICES
from parts.graph_simulator.messages import RefusalError, Request, Response


def refuse(request: Request, status: int, code: str, message: str, challenge: str | None = None) -> RefusalError:
    """Make the error that ends a Graph request; `challenge` becomes the WWW-Authenticate header."""
    inner = {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%S}",
        "request-id": request.request_id,
        "client-request-id": request.client_request_id,
    }
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return RefusalError(Response(status, body, {"WWW-Authenticate": challenge} if challenge else {}))


def bad_request(request: Request, message: str) -> RefusalError:
    """Make the 400 of a query that Graph can't read."""
    return refuse(request, 400, "BadRequest", message)


def not_found(request: Request) -> RefusalError:
    """Make the 404 of a device that Intune doesn't have."""
    return refuse(request, 404, "ResourceNotFound", _from_intune(request, "An error has occurred"))


def not_consented(request: Request) -> RefusalError:
    """Make the 403 of an app whose token has no role for managed devices; it names the roles that would do."""
    text = (
        "Application is not authorized to perform this operation. Application must have one of the following scopes: "
        f"{READ_DEVICES}, {READ_WRITE_DEVICES}"
    )
    return refuse(request, 403, "Forbidden", _from_intune(request, text))


def _from_intune(request: Request, text: str) -> str:
    operation = f"Operation ID (for customer support): {uuid.UUID(int=0)} - Activity ID: {request.request_id}"
    back_end = f"https://intune.invalid/DeviceFE/StatelessDeviceFEService{request.path.removeprefix('/v1.0')}"
    message = {
        "_version": 3,
        "Message": f"{text} - {operation} - Url: {back_end}",
        "CustomApiErrorPhrase": "",
        "RetryAfter": None,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return json.dumps(message, indent=2).replace("\n", "\r\n")
