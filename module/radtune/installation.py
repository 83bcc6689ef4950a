"""The server on this machine: its directory, user, program and package tool.

A checkout has these defaults. `make install` writes what it was told into the installed copy of this file. All code
that names one of these things reads it here.
"""

import sys
from pathlib import Path

RADDB = Path("/etc/freeradius/3.0")
"""The server's configuration directory."""
DEFAULT_SETTINGS = Path("/etc/radtune/settings.yaml")
"""The settings, beside policy and secrets."""
USER = "freerad"
"""The user and the group that the server runs as."""
SERVER = "freeradius"
"""The server's program, and its systemd unit."""
INSTALL = "apt-get install"
"""What installs a package of the system's."""
PACKAGE_TOOL = "apt-get"
"""The command that installs the system's packages; '' if they lack a library that radtune needs."""

_ON_PYPI = {"jwt": "PyJWT", "yaml": "PyYAML"}


def how_to_install(*libraries: str) -> str:
    """Return the shell command that installs these Python libraries, named as in the packages python3-NAME."""
    from shutil import which  # loads three kinds of compression

    if PACKAGE_TOOL and which(PACKAGE_TOOL):
        return " ".join([PACKAGE_TOOL, "install", *(f"python3-{library}" for library in libraries)])
    return " ".join([sys.executable, "-m pip install", *(_ON_PYPI.get(library, library) for library in libraries)])
