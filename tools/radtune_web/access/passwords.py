"""The file of users and hashes of their passwords: `NAME:HASH`, one a line."""

import os
import re
from pathlib import Path
from threading import BoundedSemaphore

from werkzeug.security import check_password_hash, generate_password_hash

from radtune.config.yaml_file import signature
from radtune.errors import FaultyFileError, TemporaryError, UsageError
from radtune_tools.secret_file import check_secret_file

METHOD = "pbkdf2:sha256:600000"
"""The kind of hash that Werkzeug 2.2 makes and checks, too."""
SHORTEST, LONGEST = 10, 1000
"""Letters of a password."""
AT_ONCE = 2
"""Passwords that are checked at once: each takes a third of a second of a processor."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_NOBODY = f"{METHOD}$nobody${'0' * 64}"
"""A hash that no password has, and that takes as long to check."""


class Passwords:
    """The passwords of one file, read again when it changes."""

    def __init__(self, file: Path) -> None:
        """Read the file; raises ConfigurationError, NotPermittedError."""
        self._file = file
        self._signature: tuple[int, ...] = ()
        self._hashes: dict[str, str] = {}
        self._checking = BoundedSemaphore(AT_ONCE)
        self._read()

    def check(self, user: str, password: str) -> str:
        """Return the proof of the checked password, '' if it is wrong; for an unknown user it takes as long.

        Raises TemporaryError if too many are checked already.
        """
        known = self._read().get(user)
        if not self._checking.acquire(blocking=False):
            raise TemporaryError("too many sign-ins at once; try again in a moment")
        try:
            fits = check_password_hash(known or _NOBODY, password[:LONGEST])
        finally:
            self._checking.release()
        return _proof(known) if fits and known else ""

    def proof(self, user: str) -> str:
        """Return a word that changes with the user's password; '' for an unknown user."""
        return _proof(self._read().get(user, ""))

    def _read(self) -> dict[str, str]:
        now = signature(self._file)
        if now != self._signature or not self._signature:
            self._hashes, self._signature = read_hashes(self._file), now
        return self._hashes


def _proof(hashed: str) -> str:
    return hashed[-32:]


def read_hashes(file: Path) -> dict[str, str]:
    """Return the hashes by user; raises ConfigurationError, NotPermittedError."""
    found: dict[str, str] = {}
    text = check_secret_file(file, "the passwords of radtune-web").decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            name, _, hashed = line.strip().partition(":")
            if not NAME.fullmatch(name) or hashed.count("$") != 2:
                raise FaultyFileError(file, "expected NAME:HASH, as radtune-web --add-user writes it", number)
            found[name] = hashed
    return found


def add_user(file: Path, name: str, password: str, group: int | None = None) -> None:
    """Write the user's new password into the file, which is made (mode 0640) if it is missing; raises UsageError.

    group: the group that the file is given
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name}: a user's name has letters, digits, and . _ @ - after the first; 64 at most")
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"the password has {len(password)} letters; it needs {SHORTEST} to {LONGEST}")
    hashes = (read_hashes(file) if file.exists() else {}) | {name: generate_password_hash(password, METHOD)}
    _replace(file, "".join(f"{each}:{hashed}\n" for each, hashed in sorted(hashes.items())), group)


def remove_user(file: Path, name: str) -> None:
    """Take the user out of the file, which ends the sign-ins of that user; raises UsageError."""
    hashes = read_hashes(file)
    if name not in hashes:
        raise UsageError(f"{name}: {file} has no such user; it has {', '.join(sorted(hashes)) or 'none'}")
    group = file.stat().st_gid
    _replace(file, "".join(f"{each}:{hashed}\n" for each, hashed in hashes.items() if each != name), group)


def _replace(file: Path, text: str, group: int | None) -> None:
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        if group is not None:
            os.fchown(stream.fileno(), -1, group)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)
