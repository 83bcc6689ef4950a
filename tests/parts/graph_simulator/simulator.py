"""The simulator inside the caller's own process."""

import ssl
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from parts.graph_simulator.app import App
from parts.graph_simulator.devices import Devices
from parts.graph_simulator.identity import Flavour, ManagedIdentity
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.server import HOST, Server
from parts.graph_simulator.service import Service
from parts.graph_simulator.tenant import TOKEN_LIFETIME, Tenant
from parts.pki import Authority

CA_FILE: Final = "ca.pem"
ARC_DIRECTORY: Final = "arc-tokens"


class Simulator:
    """A sign-in host and Graph on https://127.0.0.1:`port` (0: a free one).

    It serves one tenant that is described here (`tenant`, `app`, `devices`, `token_lifetime`, `faults`), the `tenants`,
    or both. What doesn't name a tenant here is the first one's: `authority` and `scope` are what msal is given, `app`,
    `devices`, `faults` and `directory` may be changed while it runs. `url` is the Graph root and the sign-in host.

    Writes ca.pem (the authority a client has to trust) and its own certificate into `directory`, and listens from
    `with` on. `identity` adds a managed identity of the first tenant's app at `identity_url`, plain HTTP on a port of
    its own; Azure Arc's challenges are put into `directory`/arc-tokens.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tenant: str = "",
        app: App | None = None,
        devices: Iterable[Mapping[str, Any]] | Devices = (),
        token_lifetime: int = TOKEN_LIFETIME,
        port: int = 0,
        faults: Iterable[str] = (),
        tenants: Iterable[Tenant] = (),
        identity: Flavour | None = None,
    ) -> None:
        self.tenants = [*tenants]
        if app is not None:
            held = devices if isinstance(devices, Devices) else Devices(devices)
            self.tenants.insert(0, Tenant(tenant, app, held, token_lifetime, faults))
        first = self.tenants[0]
        self.app, self.devices, self.faults, self.directory = first.app, first.devices, first.faults, first.directory
        self.ca_file = directory / CA_FILE
        self.arc_directory = directory / ARC_DIRECTORY
        self._server = Server(port, _tls(directory, self.ca_file))
        self._plain = None if identity is None else Server(0)
        self.url = self._server.url
        self.identity_url = None if self._plain is None else self._plain.url
        self.authority = f"{self.url}/{first.name}"
        self.scope = f"{self.url}/.default"
        managed = None
        if identity is not None and self.identity_url is not None:
            managed = ManagedIdentity(self.url, self.identity_url, first, identity, self.arc_directory)
        self._service = Service(self.url, self.tenants, managed, self._server.ending)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in (self._server, self._plain):
            if server is not None:
                self._stack.callback(server.stop)
                server.start(self._service.respond)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.ending.set()
        self._stack.close()

    def patch(self, device_id: str, **changes: Any) -> None:
        """Set properties of one device; UnknownDeviceError, InvalidDeviceError."""
        self.devices.patch(device_id, changes)

    def put(self, device: Mapping[str, Any]) -> None:
        """Add a device or replace the one with its id; InvalidDeviceError."""
        self.devices.put(device)

    def delete(self, device_id: str) -> None:
        """Take a device out; UnknownDeviceError."""
        self.devices.delete(device_id)

    def set_faults(self, *faults: str) -> None:
        """Set these faults in place of all others; InvalidFaultError."""
        self.faults.replace(faults)

    def requests(self) -> list[SeenRequest]:
        """Give what the first tenant was asked so far, oldest first, and what no tenant was."""
        return self.tenants[0].seen.all()


def _tls(directory: Path, ca_file: Path) -> ssl.SSLContext:
    authority = Authority("Graph simulator CA")
    ca_file.write_bytes(authority.certificate_pem)
    certificate, key = authority.issue_server(HOST, "localhost").write(directory, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
