"""The simulator without its network: every request passes Service.respond, whatever it asks."""

import re
from typing import Final

from parts.graph_simulator.app import App
from parts.graph_simulator.control import PREFIX, Control
from parts.graph_simulator.devices import Devices
from parts.graph_simulator.graph import Graph
from parts.graph_simulator.graph_errors import refuse
from parts.graph_simulator.login import Login
from parts.graph_simulator.messages import RefusalError, Request, Response
from parts.graph_simulator.requests_seen import RequestsSeen, SeenRequest
from parts.graph_simulator.tokens import Tokens

_DISCOVERY: Final = re.compile(r"/([^/]+)/v2\.0/\.well-known/openid-configuration")
_TOKEN: Final = re.compile(r"/([^/]+)/oauth2/v2\.0/token")


class Service:
    """One tenant: its sign-in endpoints, its Graph and the control interface, over the same state."""

    def __init__(self, url: str, tenant: str, app: App, devices: Devices, token_lifetime: int) -> None:
        tokens = Tokens(token_lifetime)
        self.seen = RequestsSeen()
        self._login = Login(url, tenant, app, tokens)
        self._graph = Graph(url, devices, tokens)
        self._control = Control(devices, self.seen)

    def respond(self, request: Request) -> Response:
        """Answer any request. What is not asked of the control interface is logged, with the ids Graph adds."""
        try:
            response = self._route(request)
        except RefusalError as refusal:
            response = refusal.response
        if request.path.startswith(PREFIX):
            return response
        self.seen.add(SeenRequest(request.method, request.target, response.status))
        ids = {"request-id": request.request_id, "client-request-id": request.client_request_id}
        return Response(response.status, response.body, {**response.headers, **ids})

    def _route(self, request: Request) -> Response:
        if request.path.startswith(PREFIX):
            return self._control.respond(request)
        if request.path.startswith("/v1.0/"):
            return self._graph.respond(request)
        if request.method == "GET" and (match := _DISCOVERY.fullmatch(request.path)):
            return self._login.openid_configuration(request, match[1])
        if request.method == "POST" and (match := _TOKEN.fullmatch(request.path)):
            return self._login.token(request, match[1])
        version = request.path.split("/")[1]
        raise refuse(request, 404, "ResourceNotFound", f"Invalid version: {version}")
