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

RADDB = Path("/etc/freeradius/3.0")
SECRET = "testing123"
PID = "/run/freeradius/freeradius.pid"
STOP = f"pid=$(cat {PID}); kill $pid; while [ -s /proc/$pid/cmdline ]; do sleep 0.1; done 2>/dev/null"
RESTART = Path("/var/tmp/restart-freeradius")
"""A command that restarts the server, as systemctl does elsewhere."""
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
    """Debian's freeradius with /etc/freeradius, as a daemon, from `with` until its end."""

    def __enter__(self) -> Self:
        RESTART.write_text(f"#!/bin/sh\n{STOP}\nfreeradius\n")
        RESTART.chmod(0o755)
        typed("install -d -o freerad -g freerad -m 0775 /run/freeradius")
        typed("freeradius")
        return self

    def __exit__(self, *_: object) -> None:
        typed(STOP)
        RESTART.unlink()

    def restart(self) -> None:
        """Stop it and start it again. Raises WrongTurnError if it doesn't start."""
        typed(str(RESTART))

    @property
    def pid(self) -> int:
        """Its process, while it runs. Raises WrongTurnError if it has ended."""
        return int(typed(f"kill -0 $(cat {PID}); cat {PID}"))


def password_login(user: str, password: str) -> str:
    """Log in by PAP; return the server's answer with its attributes."""
    request = f"User-Name={user},User-Password={password}"
    done = subprocess.run(
        ["radclient", "-x", "127.0.0.1", "auth", SECRET], input=request, capture_output=True, text=True, check=False
    )
    answer = done.stdout.partition("Received ")[2]
    return " ".join([answer.partition(" ")[0], *re.findall(r"^\t(?!Message-Authenticator)(.*)$", answer, re.MULTILINE)])
