"""Code that the server's user can read, wherever the checkout lies."""

import atexit
import os
import pwd
import shutil
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
USER = "freerad"
_NOT_NEEDED = shutil.ignore_patterns("__pycache__", "mypy*", "ruff*", "pip*", "setuptools*", "hypothesis*", "*pytest*")


@cache
def code() -> tuple[Path, Path, Path]:
    """Give the directories of the module, the tools and the libraries.

    A server that starts as root reads them as its own user. Where that user can't come to the checkout (a clone in a
    directory of root's), they are copies in a directory that goes away with this process.
    """
    places = (PROJECT / "module", PROJECT / "tools", Path(sysconfig.get_path("purelib")))
    if os.geteuid() != 0 or all(_reachable(place) for place in places):
        return places
    copy = Path(tempfile.mkdtemp(prefix="radtune-code-"))
    atexit.register(shutil.rmtree, copy)
    copy.chmod(0o755)
    for place in places:
        shutil.copytree(place, copy / place.name, ignore=_NOT_NEEDED)
    return copy / places[0].name, copy / places[1].name, copy / places[2].name


def _reachable(place: Path) -> bool:
    """Tell whether the server's user may enter the directory and everything above it."""
    user = pwd.getpwnam(USER)
    for directory in (place, *place.parents):
        status = directory.stat()
        bit = 0o100 if status.st_uid == user.pw_uid else 0o010 if status.st_gid == user.pw_gid else 0o001
        if not status.st_mode & bit:
            return False
    return True
