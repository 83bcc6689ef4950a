"""One simulated tenant: its app, its devices in Intune and Entra, its faults, and what it was asked."""

import uuid
from collections.abc import Iterable
from typing import Final

from parts.graph_simulator.app import App
from parts.graph_simulator.devices import Devices
from parts.graph_simulator.directory import Directory
from parts.graph_simulator.fault_plan import FaultPlan
from parts.graph_simulator.requests_seen import RequestsSeen
from parts.graph_simulator.tokens import Tokens
from parts.graph_simulator.walks import Walks

# What Entra gives an app token: an hour less a second.
TOKEN_LIFETIME: Final = 3599
_NAMESPACE: Final = uuid.UUID("2f1d7a4e-91c5-4c9e-8f5a-6f0c1b7d3e90")


class Tenant:
    """Everything of one tenant that a request may change or ask for; `id` is a GUID even if `name` is a domain."""

    def __init__(
        self,
        name: str,
        app: App,
        devices: Devices | None = None,
        token_lifetime: int = TOKEN_LIFETIME,
        faults: Iterable[str] = (),
    ) -> None:
        self.name, self.app = name, app
        self.devices = Devices() if devices is None else devices
        self.directory = Directory(self.devices)
        self.tokens = Tokens(token_lifetime)
        self.faults = FaultPlan(faults)
        self.seen = RequestsSeen()
        self.walks = Walks()
        self.id = name.lower() if _is_guid(name) else str(uuid.uuid5(_NAMESPACE, name.lower()))

    def is_called(self, name: str) -> bool:
        """Tell whether a name or id is this tenant's."""
        return name.lower() in (self.name.lower(), self.id)


def _is_guid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False
