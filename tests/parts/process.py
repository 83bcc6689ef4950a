"""A program in the background, ended by its process id."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

POLL_SECONDS = 0.02
START_SECONDS = 60
STOP_SECONDS = 10
# A test run that is killed can't clean up: the kernel ends the program then.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM")


def wait_for(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Wait until the condition holds; TimeoutError with `what` where it doesn't within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(POLL_SECONDS)


class EndsWithUs:
    """Ends a process of another user once we are gone, by SIGKILL too: the kernel's own signal is lost by setuid."""

    def __init__(self, pid: int) -> None:
        """Watch from now on."""
        # We hold the other end of what it reads, and nobody else does.
        command = ["sh", "-c", 'read _; kill -TERM "$0"', str(pid)]
        self._watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def forget(self) -> None:
        """Watch no longer: the process has ended."""
        self._watcher.kill()
        self._watcher.communicate()


class Program:
    """A program that runs inside `with`, and no longer than the thread that started it.

    What it prints goes into `log_file`.
    """

    def __init__(self, command: Sequence[str], log_file: Path, ready: str) -> None:
        """Take the command line, and the text in the log that says the program is ready."""
        self._command = list(command)
        self._ready = ready
        self.log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the program has printed so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        assert self._process is not None
        """Its process id; RuntimeError where it doesn't run."""
        if self._process is None:
            raise RuntimeError(f"{self._command[0]} isn't running")
        return self._process.pid

    def __enter__(self) -> Self:
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [*ENDS_WITH_US, *self._command], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            wait_for(self._is_up, f"{self._ready!r} of {self._command[0]}")
        except BaseException:  # Ctrl-C, too, must not leave the program behind
            self.__exit__(None, None, None)
            raise
        return self

    def _is_up(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"{' '.join(self._command)} ended with {self._process.returncode}:\n{self.log}")
        return self._ready in self.log

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
