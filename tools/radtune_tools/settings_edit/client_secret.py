"""A client's secret in clients.conf -> the secret that this machine's server uses, or why that is unknown."""

import os
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from radtune.installation import SERVER
from radtune_tools.radclient.run import unfit
from radtune_tools.settings_edit.clients_conf import Section, plain, unescaped

SECONDS = 20
_SHOWN = re.compile(r"\bsecret = \"(.*)\"$", re.MULTILINE)
AsRead = Callable[[str], str | None]
"""Returns the server's reading of a word of clients.conf, None if it can't be asked."""


class NotTakenError(Exception):
    """A client that can't be taken over; the message says why, and holds no secret."""


def secret_of(section: Section, as_read: AsRead) -> str:
    """Return the secret of a client or a home server. Raises NotTakenError.

    Releases differ in the escapes of double quotes alone, so `as_read` is asked about those.
    """
    word = section.words.get("secret", "")
    if not plain(word):
        raise NotTakenError(f"{section.kind} {section.name} has no secret")
    if not word.startswith("'") and "$ENV{" in word:
        raise NotTakenError("its secret comes from the server's environment; write the entry by hand")
    if not word.startswith("'") and "${" in word:
        raise NotTakenError("its secret refers to something else; write the entry by hand")
    secret = plain(word)
    if secret != unescaped(word):
        secret = _one_reading(word, as_read(word))
    if why := unfit(secret):
        raise NotTakenError(f"its secret can't be given to radclient{why}")
    return secret


def _one_reading(word: str, shown: str | None) -> str:
    """Return that of the two readings which the server shows."""
    if shown is None:
        raise NotTakenError(
            f"releases of FreeRADIUS read the escapes in its secret differently, and {SERVER} on this machine can't be "
            "asked; write the secret without backslashes, or the entry by hand"
        )
    if shown not in (plain(word), unescaped(word)):
        raise NotTakenError("the server reads its secret differently from how it is written; write the entry by hand")
    return shown


@cache
def secret_as_read(word: str) -> str | None:
    """Return the secret that the server reads in `secret = word` of clients.conf; None if it can't be asked.

    The server checks a configuration that has nothing but this, in a directory that only this user can read. What it
    shows has other characters in the place of control characters.
    """
    program = which(SERVER, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    with TemporaryDirectory(prefix="radtune-") as place:
        (Path(place) / "dictionary").touch()
        configuration = f"client asked {{\n\tipaddr = 192.0.2.1\n\tsecret = {word}\n}}\n"
        (Path(place) / "radiusd.conf").write_text(configuration, encoding="utf-8")
        # -C checks and ends; secrets are shown from the third -x on, and -X counts for two.
        arguments = [program, "-XxC", "-d", place, "-n", "radiusd", "-l", "stdout"]
        try:
            done = subprocess.run(arguments, capture_output=True, check=False, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return None
    found = _SHOWN.search(done.stdout.decode(errors="surrogateescape"))
    return found[1] if found else None
