"""The simulator as a process of its own, started and steered from a test or the demo."""

import http.client
import json
import os
import select
import ssl
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from urllib.parse import quote

from parts.graph_simulator.control import PREFIX
from parts.graph_simulator.devices import UnknownDeviceError
from parts.graph_simulator.managed_device import InvalidDeviceError
from parts.graph_simulator.messages import JsonObject
from parts.graph_simulator.requests_seen import SeenRequest
from parts.graph_simulator.simulator import CA_FILE, TOKEN_LIFETIME

READY: Final = "listening "
# Bounds for a machine under load; what is waited for comes much earlier.
READY_SECONDS: Final = 120
STOP_SECONDS: Final = 30
IMPORT_ROOT: Final = Path(__file__).resolve().parents[2]


class SimulatorProcess:
    """Runs `python -m parts.graph_simulator`, from `with` until its end; what it prints on stderr is in simulator.log.

    `directory` must exist; it receives ca.pem, the certificate and what the program is given by file. `devices` counts
    the generated devices (`fleet` of the same seed names them), `fleet` are devices to add, `client_certificate` is
    PEM. `url` is set once it runs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tenant: str,
        client_id: str,
        client_secret: str | None = None,
        client_certificate: bytes | None = None,
        devices: int = 0,
        seed: int = 0,
        fleet: Iterable[Mapping[str, Any]] = (),
        consent: bool = True,
        secret_expired: bool = False,
        token_lifetime: int = TOKEN_LIFETIME,
        port: int = 0,
    ) -> None:
        self.directory, self.tenant = directory, tenant
        self.ca_file = directory / CA_FILE
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._command = [sys.executable, "-m", "parts.graph_simulator", f"--directory={directory}"]
        self._command += [f"--tenant={tenant}", f"--client-id={client_id}", f"--port={port}", f"--devices={devices}"]
        self._command += [f"--seed={seed}", f"--token-lifetime={token_lifetime}"]
        self._command += [] if consent else ["--without-consent"]
        self._command += ["--secret-expired"] if secret_expired else []
        self._files = {"--fleet": json.dumps([dict(device) for device in fleet]).encode()}
        if client_secret is not None:
            self._files["--client-secret-file"] = client_secret.encode()
        if client_certificate is not None:
            self._files["--client-certificate"] = client_certificate

    def __enter__(self) -> Self:
        given = [f"{option}={self._write(option, content)}" for option, content in self._files.items()]
        search_path = os.pathsep.join(filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH")]))
        with (self.directory / "simulator.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, *given],
                env={**os.environ, "PYTHONPATH": search_path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self.url = self._wait_until_ready(self._process)
        except BaseException:  # Ctrl-C, too, must not leave the program behind
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def authority(self) -> str:
        """The authority URL for msal."""
        return f"{self.url}/{self.tenant}"

    @property
    def scope(self) -> str:
        """The scope to ask a token for."""
        return f"{self.url}/.default"

    def stop(self) -> int:
        """End the process with SIGTERM, or kill it if it stays, and give its exit code; 0 is a clean end."""
        if self._process is None:
            raise RuntimeError("the simulator was not started: use it in a with statement")
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        code = self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        return code

    def patch(self, device_id: str, **changes: Any) -> None:
        """Set properties of one device; UnknownDeviceError, InvalidDeviceError."""
        self._control("PATCH", f"devices/{quote(device_id, safe='')}", changes)

    def put(self, device: Mapping[str, Any]) -> None:
        """Add a device or replace the one with its id; InvalidDeviceError."""
        self._control("PUT", f"devices/{quote(device['id'], safe='')}", device)

    def delete(self, device_id: str) -> None:
        """Take a device out; UnknownDeviceError."""
        self._control("DELETE", f"devices/{quote(device_id, safe='')}")

    def requests(self) -> list[SeenRequest]:
        """Give what sign-in host and Graph were asked so far, oldest first."""
        return [SeenRequest(**entry) for entry in self._control("GET", "requests")["requests"]]

    def _write(self, option: str, content: bytes) -> Path:
        path = self.directory / f"simulator-{option.removeprefix('--')}"
        path.touch(mode=0o600)
        path.write_bytes(content)
        return path

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> str:
        output: IO[str] | None = process.stdout
        if output is None or not select.select([output], [], [], READY_SECONDS)[0]:
            raise TimeoutError(f"the simulator was not ready after {READY_SECONDS} s")
        line = output.readline()
        if not line.startswith(READY):
            log = (self.directory / "simulator.log").read_text(errors="replace")
            raise RuntimeError(f"the simulator ended before it was ready; its last words: {log[-2000:]}")
        return line.removeprefix(READY).strip()

    def _control(self, method: str, resource: str, body: Mapping[str, Any] | None = None) -> JsonObject:
        host = self.url.removeprefix("https://")
        connection = http.client.HTTPSConnection(host, context=ssl.create_default_context(cafile=str(self.ca_file)))
        try:
            connection.request(method, PREFIX + resource, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer: JsonObject = json.loads(response.read() or b"{}")
        finally:
            connection.close()
        if response.status == 404:
            raise UnknownDeviceError(answer["error"])
        if response.status >= 400:
            raise InvalidDeviceError(answer["error"])
        return answer
