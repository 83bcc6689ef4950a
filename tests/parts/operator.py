"""A person who runs the command: reads what it prints, and answers, by the keyboard or by a browser."""

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

SECONDS = 60
NEVER = r"(?!)"


class Operator:
    """Runs a command at a terminal of its own, from `with` until its end; `screen` is all that was to be seen there.

    Without `keyboard` there is no terminal: nobody can be asked.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, keyboard: bool = False) -> None:
        self._command, self._environment, self._keyboard = list(command), dict(environment), keyboard
        self._ours = -1
        self._process: subprocess.Popen[bytes] | None = None
        self.screen = ""

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        try:
            # What a terminal adds to a line end is of no interest here.
            settings = termios.tcgetattr(theirs)
            settings[1] &= ~termios.OPOST
            termios.tcsetattr(theirs, termios.TCSANOW, settings)
            self._process = subprocess.Popen(
                # Who has started the tests in the background has made them deaf to Ctrl-C, and what they start.
                ["/usr/bin/env", "--default-signal=INT", *self._command],
                env={**self._environment, "COLUMNS": "1000", "TERM": "dumb"},
                cwd="/",
                stdin=theirs if self._keyboard else subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._ours)

    def see(self, pattern: str) -> re.Match[str]:
        """Wait until this is to be seen; RuntimeError with the screen where the command ends before."""
        return self._until(pattern)

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._ours, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    def consent_url(self) -> str:
        """Wait for the address of the consent page."""
        return self.see(r"https://\S+/v2\.0/adminconsent\?\S+")[0]

    def end(self) -> int:
        """Wait for the end of the command; give its exit code."""
        if self._process is None:
            raise RuntimeError("the command was not started: use it in a with statement")
        with suppress(RuntimeError):
            self._until(NEVER)
        return self._process.wait(SECONDS)

    def _until(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + SECONDS
        while (found := re.search(pattern, self.screen)) is None:
            if not select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"not seen within {SECONDS} s: {pattern}\n{self.screen}")
            try:
                read = os.read(self._ours, 65536)
            except OSError:  # how a terminal says that its other end is closed
                read = b""
            if not read:
                raise RuntimeError(f"ended before {pattern} was seen:\n{self.screen}")
            self.screen += read.decode(errors="replace")
        return found


def asked(url: str) -> dict[str, str]:
    """Give what the consent page is asked."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def browse(port: int, target: str) -> tuple[int, str]:
    """Ask on loopback, as a browser that was sent there; give the status and the whole answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, f"{response.headers}{response.read().decode()}"
    finally:
        connection.close()
