"""The simulator without its network: every request passes Service.respond, whatever it asks."""

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Event

from parts.graph_simulator import batch, fault_answers, graph_errors
from parts.graph_simulator.control import PREFIX, Control
from parts.graph_simulator.fault import Fault
from parts.graph_simulator.graph import Graph
from parts.graph_simulator.identity import ManagedIdentity
from parts.graph_simulator.kinds import SIGN_IN, WALKS, Kind, classify
from parts.graph_simulator.login import Login
from parts.graph_simulator.messages import RefusalError, Request, Response
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.tenant import Tenant


class Service:
    """All tenants behind one URL. A request that belongs to none of them counts as the first one's.

    `ending` cuts pauses short when the simulator ends.
    """

    def __init__(self, url: str, tenants: Sequence[Tenant], identity: ManagedIdentity | None, ending: Event) -> None:
        self._url, self._tenants, self._identity, self._ending = url, tenants, identity, ending
        self._logins = {tenant: Login(url, tenant) for tenant in tenants}
        self._graphs = {tenant: Graph(url, tenant) for tenant in tenants}
        self._control = Control(url, None if identity is None else identity.url, tenants)

    def respond(self, request: Request) -> Response:
        """Answer any request. What is not asked of the control interface is logged, with the ids Graph adds."""
        if request.secure and request.path.startswith(PREFIX):
            try:
                return self._control.respond(request)
            except RefusalError as refusal:
                return refusal.response
        kind, name = classify(request)
        return self._serve(self._tenant(request, kind, name), request, kind, name)

    def _tenant(self, request: Request, kind: Kind, name: str) -> Tenant:
        if kind in SIGN_IN:
            client_id = dict(request.options()).get("client_id", "").lower() if kind is Kind.CONSENT else None
            same_name = (each for each in self._tenants if each.is_called(name))
            same_app = (each for each in self._tenants if each.app.client_id.lower() == client_id)
            return next(same_name, None) or next(same_app, self._tenants[0])
        authorization = request.headers.get("authorization", "")
        return next((each for each in self._tenants if each.tokens.issued(authorization)), self._tenants[0])

    def _serve(self, tenant: Tenant, request: Request, kind: Kind, name: str) -> Response:
        came = time.time()
        page = tenant.walks.page(request) if kind in WALKS else None
        fault = tenant.faults.meet(kind, request.path, page, inner=request.inner)
        if fault is not None and fault.slow:
            self._ending.wait(fault.slow)
        try:
            response = self._answer(tenant, request, kind, name, fault)
        except RefusalError as refusal:
            response = refusal.response
        if fault is not None and fault.answer is not None and fault.answer.how == "half-json":
            response = fault_answers.half(response)
        cut = None if fault is None else fault.cut
        status = 0 if cut is not None and cut.how == "reset" else response.status
        tenant.seen.add(
            SeenRequest(
                request.method,
                request.target,
                status,
                kind=kind,
                page=page,
                fault=None if fault is None else fault.text,
                at=came,
                client_request_id=request.client_request_id,
                inner=request.inner,
            )
        )
        ids = {"request-id": request.request_id, "client-request-id": request.client_request_id}
        return replace(response, headers={**response.headers, **ids}, cut=cut)

    def _answer(self, tenant: Tenant, request: Request, kind: Kind, name: str, fault: Fault | None) -> Response:
        if fault is not None and fault.answer is not None and fault.answer.how != "half-json":
            return fault_answers.give(fault.answer, request, kind, self._url, tenant.tokens)
        if kind is Kind.IDENTITY and self._identity is not None:
            return self._identity.respond(request)
        if kind in SIGN_IN:
            return self._logins[tenant].respond(request, kind, name)
        if not request.secure or not request.path.startswith("/v1.0/"):
            version = request.path.split("/")[1]
            raise graph_errors.refuse(request, 404, "ResourceNotFound", f"Invalid version: {version}")
        graph = self._graphs[tenant]
        graph.authorize(request, kind)
        if kind is Kind.BATCH:
            return batch.respond(request, lambda inner: self._serve_inner(tenant, inner))
        return graph.respond(request, kind, name, None if fault is None else fault.shape)

    def _serve_inner(self, tenant: Tenant, request: Request) -> Response:
        kind, name = classify(request)
        if kind is Kind.BATCH:
            return graph_errors.bad_request(request, "A batch can't be in a batch.").response
        return self._serve(tenant, request, kind, name)
