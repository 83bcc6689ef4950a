"""The server's program and its service: the configuration checked, the server restarted."""

import os
import pwd
import re
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shutil import which
from tempfile import TemporaryFile
from typing import Any

from radtune.errors import RadtuneError, TemporaryError
from radtune.installation import SERVER, USER
from radtune.server.state_file import read_states
from radtune.text import printable

CHECK_SECONDS, RESTART_SECONDS, LOOK_SECONDS = 120, 300, 0.2
_CLOCK_SECONDS = 2.0
"""A file's time may be this much behind the clock."""
_LINES = 12
_DEBIAN = "/etc/freeradius/"
_TELLING = re.compile(r"(?i)error|fail|unknown|invalid|can't|cannot|unable|duplicate|no such|\[\d+\]:|radtune")
_DUMP = re.compile(r"including |\s+[\w.-]+ = |\s*#|\s*[\w.-]+( \S+)* \{|\s*\}")
"""What the server shows of its configuration."""
_SECRET = re.compile(r"(?i)((?:secret|password)\w*\s*[=:]?\s*).+")
_SYSTEMD = Path("/run/systemd/system")


def told(output: str) -> list[str]:
    """Return the last lines of an output that tell what is wrong, without secrets."""
    lines = [printable(line.strip()) for line in output.splitlines() if line.strip() and not _DUMP.match(line)]
    telling = [line for line in lines[-80:] if _TELLING.search(line)] or lines
    return [_SECRET.sub(r"\1…", line) for line in telling[-_LINES:]] or ["it says nothing"]


class Server:
    """The server with its configuration directory `root`: it is asked, and restarted.

    The command that was given restarts it, or systemd, or a person.
    """

    def __init__(self, root: Path, store: Path, restart_command: Sequence[str] = (), seconds: float = 30.0) -> None:
        """`seconds` is how long to wait, after a restart, for a server that has loaded radtune with this store."""
        self._root, self._store, self._seconds = root, store, seconds
        self._program = which(SERVER, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
        self._restart = list(restart_command)

    @property
    def is_installed(self) -> bool:
        """Its program is there."""
        return bool(self._program)

    def faults(self) -> list[str]:
        """Return the server's lines on why it can't load its configuration; none if it can.

        Raises TemporaryError, and RadtuneError if it can't be asked.
        """
        if not self._program:
            raise RadtuneError(f"{SERVER} is not installed, so its configuration can't be checked; install it first")
        # The configuration is the server's user's: what it loads runs with that user's rights, as in Debian's unit.
        user = USER if os.geteuid() == 0 and str(self._root).startswith(_DEBIAN) and _has_account(USER) else None
        code, output = _run([self._program, "-CX", "-d", str(self._root), "-l", "stdout"], CHECK_SECONDS, user)
        return told(output) if code else []

    def restart_command(self) -> list[str]:
        """Return the command that restarts it; nothing if a person has to. systemctl only if systemd runs it now."""
        if not self._restart and _SYSTEMD.is_dir() and which("systemctl"):
            code, _ = _run(["systemctl", "is-active", "--quiet", SERVER], CHECK_SECONDS)
            return [] if code else ["systemctl", "restart", SERVER]
        return self._restart

    def restart(self, command: Sequence[str], *, loads_radtune: bool) -> list[str]:
        """Restart it; if it isn't up then, return the lines that say why."""
        since = time.time() - _CLOCK_SECONDS
        try:
            code, output = _run(command, RESTART_SECONDS)
        except RadtuneError as error:
            return [str(error)]
        if code:
            return [f"{' '.join(command)} ended with {code}", *told(output)]
        if loads_radtune and not self._has_loaded_radtune(since):
            return [f"no server has loaded radtune within {self._seconds:.0f} seconds"]
        return []

    def _has_loaded_radtune(self, since: float) -> bool:
        """Wait for a server that was started since then, and has loaded radtune."""
        deadline = time.monotonic() + self._seconds
        while True:
            with suppress(OSError):
                if any(each.alive and each.modified >= since for each in read_states(self._store)):
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _run(arguments: Sequence[str], seconds: float, user: str | None = None) -> tuple[int, str]:
    """Run a program as this user, without PYTHON variables: they would change the Python inside of the server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    as_user: dict[str, Any] = {}
    if user is not None:
        account = pwd.getpwnam(user)
        groups = os.getgrouplist(user, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}
    # A file, for a server that goes into the background may keep a pipe open.
    with TemporaryFile() as output:
        try:
            done = subprocess.run(
                arguments,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=seconds,
                cwd="/",
                **as_user,
            )
        except subprocess.TimeoutExpired as error:
            raise TemporaryError(f"{arguments[0]} did not end within {seconds:.0f} seconds") from error
        except OSError as error:
            raise RadtuneError(f"{arguments[0]}: can't be started: {error.strerror}") from error
        output.seek(0)
        return done.returncode, output.read().decode("utf-8", "replace")
