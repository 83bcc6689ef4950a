"""The machine on which the packages are tried: commands typed, files compared, a stock FreeRADIUS run."""

import grp
import hashlib
import pwd
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from demo.narration import WrongTurnError
from parts.process import ENDS_WITH_US, wait_for

RADDB = Path("/etc/freeradius/3.0")
SECRET = "testing123"
READY = "Ready to process requests"
Snapshot = Mapping[str, str]


def holds(what: str, found: object, told: object) -> None:
    """Check what is too long to be shown, and say so; raises WrongTurnError."""
    if found != told:
        raise WrongTurnError(f"{what}: told {told!r}, found {found!r}")
    print(f"  ok: {what}", flush=True)


def typed(script: str, *, code: int = 0, user: str = "") -> str:
    """Run lines as root, or as `user`; return what they printed. Raises WrongTurnError for another exit code."""
    command = ["sh", "-euc", script]
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        check=False,
    )
    if done.returncode != code:
        raise WrongTurnError(f"{script}\nexited {done.returncode}, not {code}:\n{done.stdout}")
    return done.stdout


def apt(words: str, *, code: int = 0) -> str:
    """Run apt-get; where it asks, it keeps the operator's file."""
    return typed(f"apt-get -q -y -o Dpkg::Options::=--force-confold {words}", code=code)


def snapshot(top: Path = Path("/etc")) -> Snapshot:
    """Return each path below `top` with kind, mode, owner, group and content in a line."""
    return dict(sorted(_described(top)))


def _described(directory: Path) -> Iterator[tuple[str, str]]:
    for path in directory.iterdir():
        info = path.lstat()
        owner = f"{pwd.getpwuid(info.st_uid).pw_name}:{grp.getgrgid(info.st_gid).gr_name}"
        if path.is_symlink():
            said = f"link to {path.readlink()} {owner}"
        elif path.is_dir():
            said = f"directory {stat.S_IMODE(info.st_mode):04o} {owner}"
            yield from _described(path)
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "special"
            said = f"file {stat.S_IMODE(info.st_mode):04o} {owner} {content}"
        yield str(path), said


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """Return what differs: + for what is new, - for what is gone, ~ for what is otherwise."""
    new = [f"+ {path}" for path in after if path not in before]
    gone = [f"- {path}" for path in before if path not in after]
    other = [
        f"~ {path}: {before[path]} -> {after[path]}" for path in after if before.get(path, after[path]) != after[path]
    ]
    return [*new, *gone, *other]


def status_of(package: str) -> str:
    """Return dpkg's word for a package, such as `installed` or `config-files`; '' if there is none."""
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def version_of(package: str) -> str:
    """Return the installed version of a package."""
    return typed(f"dpkg-query -W -f '${{Version}}' {package}")


class Server:
    """Debian's freeradius with /etc/freeradius, as its unit runs it, from `with` until its end."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it takes requests. Raises WrongTurnError with its log if it doesn't start."""
        typed("install -d -o freerad -g freerad -m 0775 /run/freeradius")
        with self._log.open("wb") as log:
            command = [*ENDS_WITH_US, "freeradius", "-f", "-l", "stdout"]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        ended = self._process.poll
        wait_for(lambda: READY in self.log or ended() is not None, "freeradius starts")
        if ended() is not None:
            raise WrongTurnError(f"freeradius does not start:\n{self.log}")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    @property
    def log(self) -> str:
        """What it has said since its start."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Its process, while it runs. Raises WrongTurnError if it has ended."""
        if self._process is None or self._process.poll() is not None:
            raise WrongTurnError(f"freeradius has ended:\n{self.log}")
        return self._process.pid


def password_login(user: str, password: str) -> str:
    """Log in by PAP; return the server's answer with its attributes."""
    request = f"User-Name={user},User-Password={password}"
    done = subprocess.run(
        ["radclient", "-x", "127.0.0.1", "auth", SECRET], input=request, capture_output=True, text=True, check=False
    )
    answer = done.stdout.partition("Received ")[2]
    return " ".join([answer.partition(" ")[0], *re.findall(r"^\t(?!Message-Authenticator)(.*)$", answer, re.MULTILINE)])
