"""Code that the server's user can read, wherever the checkout lies."""

import atexit
import os
import pwd
import shutil
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
USER = "freerad"
_NOT_NEEDED = shutil.ignore_patterns("__pycache__", "mypy*", "ruff*", "pip*", "setuptools*", "hypothesis*", "*pytest*")


# The virtual environment's own interpreter lies in the checkout; this one doesn't, and is the same with LIBRARIES.
INTERPRETER = Path(sys.executable).resolve()
LIBRARIES = Path(sysconfig.get_path("purelib"))


def code() -> tuple[Path, Path, Path]:
    """Give the directories of the module, the tools and the libraries, as the server's user can read them."""
    return readable(PROJECT / "module"), readable(PROJECT / "tools"), readable(LIBRARIES)


@cache
def readable(place: Path) -> Path:
    """Give the directory, or where the server's user can't come to it a copy that goes away with this process.

    A server that starts as root reads its Python code as its own user, for whom a clone in a directory of root's is
    out of reach.
    """
    if os.geteuid() != 0 or _reachable(place):
        return place
    copy = Path(tempfile.mkdtemp(prefix="radtune-code-"))
    atexit.register(shutil.rmtree, copy)
    copy.chmod(0o755)
    shutil.copytree(place, copy / place.name, ignore=_NOT_NEEDED)
    return copy / place.name


def _reachable(place: Path) -> bool:
    """Tell whether the server's user may enter the directory and everything above it."""
    user = pwd.getpwnam(USER)
    for directory in (place, *place.parents):
        status = directory.stat()
        bit = 0o100 if status.st_uid == user.pw_uid else 0o010 if status.st_gid == user.pw_gid else 0o001
        if not status.st_mode & bit:
            return False
    return True
