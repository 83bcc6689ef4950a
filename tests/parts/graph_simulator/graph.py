"""Microsoft Graph v1.0, as far as it speaks of Intune's managed devices."""

from typing import Final
from urllib.parse import unquote

from parts.graph_simulator import graph_errors, managed_device, odata
from parts.graph_simulator.app import READ_DEVICES, READ_WRITE_DEVICES
from parts.graph_simulator.devices import Devices, UnknownDeviceError
from parts.graph_simulator.messages import JsonObject, Request, Response
from parts.graph_simulator.tokens import NoGrant, Tokens

ROOT: Final = "/v1.0/deviceManagement"
COLLECTION: Final = f"{ROOT}/managedDevices"
OVERVIEW: Final = f"{ROOT}/managedDeviceOverview"
JSON_TYPE: Final = {"Content-Type": "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8"}

# operatingSystem in lower case -> its count's name in the overview.
_SUMMARY: Final = {
    "android": "androidCount",
    "ios": "iosCount",
    "ipados": "iosCount",
    "macos": "macOSCount",
    "windows": "windowsCount",
    "windows phone": "windowsMobileCount",
}


class Graph:
    """Answers for the managed devices it is given; `url` is the scheme, host and port that its links carry."""

    def __init__(self, url: str, devices: Devices, tokens: Tokens) -> None:
        self._url, self._devices, self._tokens = url, devices, tokens

    def respond(self, request: Request) -> Response:
        """Answer any request below /v1.0/."""
        self._authorize(request)
        if request.method != "GET":
            raise graph_errors.refuse(request, 405, "MethodNotAllowed", f"{request.method} is not simulated here.")
        if request.path == COLLECTION:
            return self._list(request)
        if request.path == OVERVIEW:
            return self._overview(request)
        collection, _, device_id = request.path.rpartition("/")
        if collection == COLLECTION and device_id:
            return self._single(request, unquote(device_id))
        raise graph_errors.bad_request(request, f"Resource not found for the segment '{device_id}'.")

    def _authorize(self, request: Request) -> None:
        grant = self._tokens.grant(request.headers.get("authorization", ""))
        if isinstance(grant, NoGrant):
            challenge = f'Bearer realm="", authorization_uri="{self._url}/common/oauth2/authorize"'
            raise graph_errors.refuse(request, 401, "InvalidAuthenticationToken", grant.value, challenge)
        if not grant.roles & {READ_DEVICES, READ_WRITE_DEVICES}:
            raise graph_errors.not_consented(request)

    def _list(self, request: Request) -> Response:
        query = odata.read(request, frozenset({"$select", "$top", "$skiptoken"}))
        devices, more = self._devices.page(query.after, query.top or odata.LARGEST_PAGE)
        body: JsonObject = {"@odata.context": self._context(query.select), "@odata.count": len(devices)}
        if more:
            last = devices[-1]
            body["@odata.nextLink"] = odata.next_link(self._url + COLLECTION, query, (last["deviceName"], last["id"]))
        names = query.select or tuple(managed_device.DEFAULTS)
        body["value"] = [managed_device.in_list(device, names) for device in devices]
        return Response(200, body, JSON_TYPE)

    def _single(self, request: Request, device_id: str) -> Response:
        query = odata.read(request, frozenset({"$select"}))
        try:
            device = self._devices.get(device_id)
        except UnknownDeviceError:
            raise graph_errors.not_found(request) from None
        context = {"@odata.context": f"{self._context(query.select)}/$entity"}
        return Response(200, context | managed_device.by_id(device, query.select), JSON_TYPE)

    def _overview(self, request: Request) -> Response:
        odata.read(request, frozenset())
        systems = self._devices.operating_systems()
        total = systems.total()
        summary = dict.fromkeys([*_SUMMARY.values(), "unknownCount"], 0)
        for system, count in systems.items():
            summary[_SUMMARY.get(system.lower(), "unknownCount")] += count
        body: JsonObject = {
            "@odata.context": f"{self._url}/v1.0/$metadata#deviceManagement/managedDeviceOverview/$entity",
            "id": "managedDeviceOverview",
            "enrolledDeviceCount": total,
            "mdmEnrolledCount": total,
            "dualEnrolledDeviceCount": 0,
            "deviceOperatingSystemSummary": summary,
        }
        return Response(200, body, JSON_TYPE)

    def _context(self, select: tuple[str, ...] | None) -> str:
        properties = f"({','.join(select)})" if select else ""
        return f"{self._url}/v1.0/$metadata#deviceManagement/managedDevices{properties}"
