"""A real FreeRADIUS on ports of its own, as the server's own user where the tests run as root."""

import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.ports import LOOPBACK, free_udp_port
from parts.process import EndsWithUs
from parts.raddb import Layout, build

PROGRAM = "/usr/sbin/freeradius"
READY = "Ready to process requests"
START_SECONDS = 60
STOP_SECONDS = 20
POLL_SECONDS = 0.02


class FreeRADIUS:
    """A server with the configuration of `layout` in `directory` (see `server_directory`), running inside `with`."""

    def __init__(self, directory: Path, layout: Layout, address: str = LOOPBACK, *, debug: bool = True) -> None:
        """Build the configuration; nothing runs yet. With `debug` the log says everything (`-xx`)."""
        self.address = address
        self.secret = layout.secret
        self.auth_port, self.acct_port = free_udp_port(), free_udp_port()
        self.raddb = directory / "raddb"
        self.log_file = directory / "log" / "server.log"
        self._debug = ["-xx"] if debug else []
        self._environment = {**_environment(), **layout.environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._ends_with_us: EndsWithUs | None = None
        build(self.raddb, layout, address, self.auth_port, self.acct_port)

    @property
    def log(self) -> str:
        """Everything the server has logged so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """The server's process id; RuntimeError where none runs."""
        if self._process is None:
            raise RuntimeError("the server isn't running")
        return self._process.pid

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run `freeradius -C`: exit code 0 if the configuration can be loaded."""
        return subprocess.run(
            [PROGRAM, "-C", "-d", str(self.raddb), "-l", "stdout"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )

    def start(self) -> None:
        """Start the server and wait until it takes requests; RuntimeError with its log where it doesn't."""
        starts_before = self.log.count(READY)
        self._process = subprocess.Popen(
            [PROGRAM, "-f", "-d", str(self.raddb), "-l", str(self.log_file), *self._debug],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._ends_with_us = EndsWithUs(self._process.pid)
        deadline = time.monotonic() + START_SECONDS
        while self.log.count(READY) == starts_before:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"freeradius did not start:\n{self.log[-4000:]}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> int:
        """Stop the server and give its exit code."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._process = None
            if self._ends_with_us is not None:
                self._ends_with_us.forget()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code = self.stop()
        if code and kind is None:
            raise RuntimeError(f"freeradius ended with {code}:\n{self.log[-2000:]}")


def _environment() -> dict[str, str]:
    """Give an environment in which Python finds its modules through the configuration alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
