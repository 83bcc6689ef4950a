"""Microsoft Graph v1.0, as far as it speaks of Intune's managed devices and of their objects in Entra."""

from typing import Final

from parts.graph_simulator import graph_errors, managed_device, odata
from parts.graph_simulator.delta import Delta, selected
from parts.graph_simulator.devices import UnknownDeviceError
from parts.graph_simulator.directory import PROPERTIES, UnknownEntraDeviceError
from parts.graph_simulator.fault import Change, Shape
from parts.graph_simulator.kinds import GRAPH, Kind
from parts.graph_simulator.listing import JSON_TYPE, Listing, changed_link
from parts.graph_simulator.messages import JsonObject, Request, Response
from parts.graph_simulator.roles import needed_roles
from parts.graph_simulator.tenant import Tenant
from parts.graph_simulator.tokens import NoGrant

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
    """Answers for one tenant; `url` is the scheme, host and port that its links carry."""

    def __init__(self, url: str, tenant: Tenant) -> None:
        self._url, self._tenant = url, tenant
        self._listing = Listing(url, tenant.devices)
        self._delta = Delta(url, tenant.directory)

    def authorize(self, request: Request, kind: Kind) -> None:
        """Check the access token; RefusalError with 401 or 403 if it doesn't allow the request."""
        grant = self._tenant.tokens.grant(request.headers.get("authorization", ""))
        if isinstance(grant, NoGrant):
            raise graph_errors.unauthorized(request, self._url, grant.value)
        needed = needed_roles(kind)
        if needed and not grant.roles & {*needed}:
            raise graph_errors.not_consented(request, needed)

    def respond(self, request: Request, kind: Kind, name: str, shape: Shape | None) -> Response:
        """Answer an authorized request below /v1.0/, but for a batch; `name` is the id of a single device."""
        if kind is Kind.LIST:
            response, link = self._listing.page(request, shape, self._own_link(request))
            return self._noted(request, response, link)
        if kind is Kind.DELTA:
            return self._delta_page(request, shape)
        if kind is Kind.ENTRA:
            return self._entra(request, name)
        if kind is Kind.SINGLE:
            return self._single(request, name)
        if kind is Kind.OVERVIEW:
            return self._overview(request)
        if request.method != "GET" and kind not in GRAPH:
            raise graph_errors.refuse(request, 405, "MethodNotAllowed", f"{request.method} is not simulated here.")
        segment = request.path.rpartition("/")[2]
        raise graph_errors.bad_request(request, f"Resource not found for the segment '{segment}'.")

    def _own_link(self, request: Request) -> str:
        return self._tenant.walks.link(request) or self._url + request.target

    def _noted(self, request: Request, response: Response, link: str | None) -> Response:
        if link is not None:
            self._tenant.walks.note(request, link)
        return response

    def _single(self, request: Request, device_id: str) -> Response:
        query = odata.read(request, frozenset({"$select"}))
        try:
            device = self._tenant.devices.get(device_id)
        except UnknownDeviceError:
            raise graph_errors.not_found(request) from None
        context = {"@odata.context": f"{self._listing.context(query.select)}/$entity"}
        return Response(200, context | managed_device.by_id(device, query.select), JSON_TYPE)

    def _entra(self, request: Request, device_id: str) -> Response:
        options = odata.system_options(request, frozenset({"$select"}))
        try:
            shown = self._tenant.directory.get(device_id)
        except UnknownEntraDeviceError:
            raise graph_errors.not_found(request) from None
        if "$select" in options:
            shown = selected(shown, odata.selected(request, options["$select"], "device", PROPERTIES))
        return Response(200, {"@odata.context": f"{self._url}/v1.0/$metadata#devices/$entity", **shown}, JSON_TYPE)

    def _overview(self, request: Request) -> Response:
        odata.read(request, frozenset())
        systems = self._tenant.devices.operating_systems()
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

    def _delta_page(self, request: Request, shape: Shape | None) -> Response:
        objects, links = self._delta.page(request)
        body: JsonObject = {"@odata.context": f"{self._url}/v1.0/$metadata#devices", **links, "value": objects}
        if shape is not None:
            body = self._changed(shape, request, body)
        return self._noted(request, Response(200, body, JSON_TYPE), body.get("@odata.nextLink"))

    def _changed(self, shape: Shape, request: Request, body: JsonObject) -> JsonObject:
        """Give a page of the delta to which a fault happens."""
        if shape.change is Change.NO_VALUE:
            return {name: value for name, value in body.items() if name != "value"}
        without = {name: value for name, value in body.items() if not name.endswith("Link")}
        if shape.change is Change.END:
            return without
        if shape.change is Change.EMPTY_PAGE:
            return {**without, "@odata.nextLink": self._delta.next_after(request), "value": []}
        link = changed_link(shape, self._own_link(request), body.get("@odata.nextLink"))
        return {**without, "@odata.nextLink": link}
