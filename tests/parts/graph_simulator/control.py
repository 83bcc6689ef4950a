"""The control interface of a running simulator, below /simulator/: no part of Graph, and open to whoever reaches it."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from parts.graph_simulator.control_actions import ACTIONS, InvalidControlError
from parts.graph_simulator.devices import UnknownDeviceError
from parts.graph_simulator.directory import InvalidEntraDeviceError, UnknownEntraDeviceError
from parts.graph_simulator.fault import InvalidFaultError
from parts.graph_simulator.managed_device import InvalidDeviceError
from parts.graph_simulator.messages import RefusalError, Request, Response
from parts.graph_simulator.tenant import Tenant

PREFIX: Final = "/simulator/"
TENANTS: Final = "tenants/"

# The errors that an answer can stand for, by the name in its `type`.
ERRORS: Final[dict[str, type[Exception]]] = {
    "unknown-device": UnknownDeviceError,
    "unknown-entra-device": UnknownEntraDeviceError,
    "invalid-device": InvalidDeviceError,
    "invalid-entra-device": InvalidEntraDeviceError,
    "invalid-fault": InvalidFaultError,
    "invalid-request": InvalidControlError,
}


class Control:
    """Steers the tenants: /simulator/... the first, /simulator/tenants/{name}/... any of them."""

    def __init__(self, url: str, identity_url: str | None, tenants: Sequence[Tenant]) -> None:
        self._url, self._identity_url, self._tenants = url, identity_url, tenants

    def respond(self, request: Request) -> Response:
        """Answer any request below /simulator/; an error is {"error": text, "type": a name in ERRORS}.

        GET / itself tells what runs. The rest is in control_actions.
        """
        rest, tenant = request.path.removeprefix(PREFIX), self._tenants[0]
        if (request.method, rest) == ("GET", ""):
            return self._overview()
        if rest.startswith(TENANTS):
            name, _, rest = rest.removeprefix(TENANTS).partition("/")
            tenant = self._called(unquote(name))
        resource, _, item = rest.partition("/")
        action = ACTIONS.get((request.method, resource, bool(item)))
        if action is None:
            raise _refuse(404, f"{request.method} {request.path} is not part of the control interface")
        try:
            body = action(tenant, request, unquote(item))
        except (UnknownDeviceError, UnknownEntraDeviceError) as error:
            raise _refuse(404, f"no device has the id {error.args[0]}", error) from error
        except (InvalidDeviceError, InvalidEntraDeviceError, InvalidFaultError, InvalidControlError) as error:
            raise _refuse(400, str(error), error) from error
        return Response(204 if body is None else 200, body)

    def _overview(self) -> Response:
        tenants = [
            {
                "name": tenant.name,
                "id": tenant.id,
                "client_id": tenant.app.client_id,
                "authority": f"{self._url}/{tenant.name}",
                "devices": len(tenant.devices),
            }
            for tenant in self._tenants
        ]
        return Response(200, {"url": self._url, "identity_url": self._identity_url, "tenants": tenants})

    def _called(self, name: str) -> Tenant:
        tenant = next((each for each in self._tenants if each.is_called(name)), None)
        if tenant is None:
            raise _refuse(404, f"no tenant is called {name}")
        return tenant


def _refuse(status: int, text: str, error: Exception | None = None) -> RefusalError:
    kind = next((name for name, known in ERRORS.items() if type(error) is known), "unknown-resource")
    return RefusalError(Response(status, {"error": text, "type": kind}))
