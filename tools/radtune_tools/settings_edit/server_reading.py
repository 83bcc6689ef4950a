"""Secrets of clients.conf as this machine's FreeRADIUS reads them: releases differ, so the server is asked."""

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from radtune.installation import SERVER

SECONDS = 20
_SHOWN = re.compile(r"\bsecret = \"(.*)\"$", re.MULTILINE)


@cache
def secret_as_read(word: str) -> str | None:
    """Return the secret that the server reads where clients.conf has `secret = word`; None if it can't be asked.

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
