"""The control interface of a running simulator, below /simulator/: no part of Graph, and open to whoever reaches it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from parts.graph_simulator.devices import Devices, UnknownDeviceError
from parts.graph_simulator.managed_device import InvalidDeviceError
from parts.graph_simulator.messages import JsonObject, RefusalError, Request, Response
from parts.graph_simulator.requests_seen import RequestsSeen

PREFIX = "/simulator/"


class Control:
    """Changes devices and shows the requests that sign-in host and Graph were sent."""

    def __init__(self, devices: Devices, seen: RequestsSeen) -> None:
        self._devices, self._seen = devices, seen

    def respond(self, request: Request) -> Response:
        """Answer any request below /simulator/; an error is {"error": text}.

        GET requests; PATCH, PUT and DELETE devices/{id}. PATCH sets the properties in its JSON object, null included.
        """
        resource, _, device_id = request.path.removeprefix(PREFIX).partition("/")
        if (resource, device_id, request.method) == ("requests", "", "GET"):
            return Response(200, {"requests": [entry.as_json() for entry in self._seen.all()]})
        actions: dict[str, Callable[[Request, str], JsonObject | None]] = {
            "PATCH": self._patch,
            "PUT": self._put,
            "DELETE": self._delete,
        }
        if resource != "devices" or not device_id or request.method not in actions:
            raise _refuse(404, f"{request.method} {request.path} is not part of the control interface")
        try:
            body = actions[request.method](request, unquote(device_id))
        except UnknownDeviceError as error:
            raise _refuse(404, f"no device has the id {error.args[0]}") from error
        except InvalidDeviceError as error:
            raise _refuse(400, str(error)) from error
        return Response(204 if body is None else 200, body)

    def _patch(self, request: Request, device_id: str) -> JsonObject:
        return self._devices.patch(device_id, _json_object(request))

    def _put(self, request: Request, device_id: str) -> JsonObject:
        device = {"id": device_id, **_json_object(request)}
        if device["id"] != device_id:
            raise InvalidDeviceError("id: the body names another device than the path")
        return self._devices.put(device)

    def _delete(self, _request: Request, device_id: str) -> None:
        self._devices.delete(device_id)


def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise _refuse(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise _refuse(400, "the body is not a JSON object")
    return body


def _refuse(status: int, text: str) -> RefusalError:
    return RefusalError(Response(status, {"error": text}))
