"""The simulator as a process of its own, started and steered from a test or the demo."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, Unpack

from parts.graph_simulator.identity import Flavour
from parts.graph_simulator.setup import TenantOptions, TenantSetup
from parts.graph_simulator.simulator import ARC_DIRECTORY, CA_FILE
from parts.graph_simulator.steering import TenantSteering, control
from parts.process import ENDS_WITH_US

READY: Final = "listening "
# Bounds for a machine under load; what is waited for comes much earlier.
READY_SECONDS: Final = 120
STOP_SECONDS: Final = 30
IMPORT_ROOT: Final = Path(__file__).resolve().parents[2]
TENANTS_FILE: Final = "simulator-tenants"


class SimulatorProcess(TenantSteering):
    """Runs `python -m parts.graph_simulator`, from `with` until its end; what it prints on stderr is in simulator.log.

    `directory` must exist; it receives ca.pem, the certificate and what the program is given by file. `tenant`,
    `client_id` and the options describe the first tenant, as TenantSetup does (`client_certificate` is one more of
    its certificates), and the steering methods here are its own; `steer` gives those of the `others`. `identity` adds
    a managed identity of the first tenant's app; Azure Arc's challenges are put into `arc_directory`. `url` and
    `identity_url` are set once it runs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tenant: str,
        client_id: str,
        client_certificate: bytes | None = None,
        port: int = 0,
        others: Iterable[TenantSetup] = (),
        identity: Flavour | None = None,
        **options: Unpack[TenantOptions],
    ) -> None:
        super().__init__(tenant, directory / CA_FILE)
        self.directory, self.arc_directory = directory, directory / ARC_DIRECTORY
        self.identity_url: str | None = None
        self._process: subprocess.Popen[str] | None = None
        if client_certificate is not None:
            options["client_certificates"] = (*options.get("client_certificates", ()), client_certificate)
        self._setups = json.dumps([each.as_json() for each in (TenantSetup(tenant, client_id, **options), *others)])
        self._command = [sys.executable, "-m", "parts.graph_simulator", f"--directory={directory}", f"--port={port}"]
        self._command += [] if identity is None else [f"--identity={identity}"]

    def __enter__(self) -> Self:
        tenants = self.directory / TENANTS_FILE
        tenants.touch(mode=0o600)
        tenants.write_text(self._setups)
        search_path = os.pathsep.join(filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH")]))
        with (self.directory / "simulator.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*ENDS_WITH_US, *self._command, f"--tenants={tenants}"],
                env={**os.environ, "PYTHONPATH": search_path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self.url = self._wait_until_ready(self._process)
            self.identity_url = control(self.url, self.ca_file, "GET", "")["identity_url"]
        except BaseException:  # Ctrl-C, too, must not leave the program behind
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def steer(self, tenant: str) -> TenantSteering:
        """Give the steering of any tenant, by name; the simulator has to run."""
        return TenantSteering(tenant, self.ca_file, self.url)

    @property
    def pid(self) -> int:
        """The process id; RuntimeError where none runs."""
        return self._running().pid

    def stop(self) -> int:
        """End the process with SIGTERM, or kill it if it stays, and give its exit code; 0 is a clean end."""
        process = self._running()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        code = process.wait()
        if process.stdout:
            process.stdout.close()
        return code

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError("the simulator was not started: use it in a with statement")
        return self._process

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> str:
        output: IO[str] | None = process.stdout
        if output is None or not select.select([output], [], [], READY_SECONDS)[0]:
            raise TimeoutError(f"the simulator was not ready after {READY_SECONDS} s")
        line = output.readline()
        if not line.startswith(READY):
            log = (self.directory / "simulator.log").read_text(errors="replace")
            raise RuntimeError(f"the simulator ended before it was ready; its last words: {log[-2000:]}")
        return line.removeprefix(READY).strip()
