"""The test of the installed FreeRADIUS: can it load radtune?"""

import re
from pathlib import Path

from installer.answers import Answers

_EMBEDDED = re.compile(rb"libpython3\.([0-9]+)")
_LIBRARIES = ("usr/lib/freeradius", "usr/lib64/freeradius", "usr/lib/*/freeradius")


def server_warnings(answers: Answers) -> list[str]:
    """Return what has to be mended before the server can load radtune, a line each."""
    root = Path(answers.destdir or "/")
    said = []
    if not answers.destdir and not (answers.place(answers.raddb) / "radiusd.conf").exists():
        said.append(
            f"ATTENTION: {answers.raddb} holds no radiusd.conf. Install FreeRADIUS, or name its configuration "
            f"directory: make install RADDB=..."
        )
    modules = [file for place in _LIBRARIES for file in root.glob(f"{place}/rlm_python3.so")]
    minimum = _minimum()
    for module in modules:
        embedded = _EMBEDDED.search(module.read_bytes())
        if embedded and int(embedded[1]) < minimum:
            said.append(
                f"ATTENTION: {module} runs Python 3.{int(embedded[1])}, and radtune needs 3.{minimum}: this server "
                f"can't load radtune. Use packages of FreeRADIUS that were built with a later Python; see "
                f"docs/platforms.md"
            )
    if not answers.destdir and not modules:
        said.append("ATTENTION: there is no rlm_python3.so. Install the package freeradius-python3")
    return said


def _minimum() -> int:
    """Return the minor version of Python 3 that radtune needs, as pyproject.toml has it."""
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^requires-python = ">=3\.([0-9]+)"', text, re.MULTILINE)
    if found is None:
        raise ValueError("pyproject.toml: requires-python is missing")
    return int(found[1])
