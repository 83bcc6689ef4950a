"""The simulator inside the caller's own process."""

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from parts.graph_simulator.app import App
from parts.graph_simulator.devices import Devices
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.server import HOST, HttpsServer
from parts.graph_simulator.service import Service
from parts.pki import Authority

# What Entra gives an app token: an hour less a second.
TOKEN_LIFETIME: Final = 3599
CA_FILE: Final = "ca.pem"


class Simulator:
    """A sign-in host and Graph on https://127.0.0.1:`port` (0: a free one), for one tenant with one app.

    Writes ca.pem (the authority a client has to trust) and its own certificate into `directory`. It listens from
    `with` on. `url` is the Graph root and the sign-in host, `authority` and `scope` are what msal is given. `app` and
    `devices` may be changed while it runs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tenant: str,
        app: App,
        devices: Iterable[Mapping[str, Any]] = (),
        token_lifetime: int = TOKEN_LIFETIME,
        port: int = 0,
    ) -> None:
        self.app = app
        self.devices = Devices(devices)
        self.ca_file = directory / CA_FILE
        self._server = HttpsServer(port, _tls(directory, self.ca_file))
        self.url = self._server.url
        self.authority = f"{self.url}/{tenant}"
        self.scope = f"{self.url}/.default"
        self._service = Service(self.url, tenant, app, self.devices, token_lifetime)

    def __enter__(self) -> Self:
        self._server.start(self._service.respond)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def patch(self, device_id: str, **changes: Any) -> None:
        """Set properties of one device; UnknownDeviceError, InvalidDeviceError."""
        self.devices.patch(device_id, changes)

    def put(self, device: Mapping[str, Any]) -> None:
        """Add a device or replace the one with its id; InvalidDeviceError."""
        self.devices.put(device)

    def delete(self, device_id: str) -> None:
        """Take a device out; UnknownDeviceError."""
        self.devices.delete(device_id)

    def requests(self) -> list[SeenRequest]:
        """Give what sign-in host and Graph were asked so far, oldest first."""
        return self._service.seen.all()


def _tls(directory: Path, ca_file: Path) -> ssl.SSLContext:
    authority = Authority("Graph simulator CA")
    ca_file.write_bytes(authority.certificate_pem)
    certificate, key = authority.issue_server(HOST, "localhost").write(directory, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
