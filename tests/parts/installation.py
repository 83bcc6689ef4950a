"""`make install` and what it leaves behind."""

import os
import shutil
import subprocess
from pathlib import Path

from parts.readable import PROJECT

RHEL = ("RADDB=/etc/raddb", "RADIUS_USER=radiusd", "LOGDIR=/var/log/radius")


def make(
    target: str, destination: Path, *variables: str, source: Path = PROJECT, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run make in a checkout, with DESTDIR `destination`; CalledProcessError where it fails and `check` is set."""
    return subprocess.run(
        ["make", "-C", str(source), target, f"DESTDIR={destination}", *variables],
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=check,
    )


def files(destination: Path) -> set[str]:
    """Return every file below a directory, by its path there."""
    return {str(path.relative_to(destination)) for path in destination.rglob("*") if not path.is_dir()}


def checkout(directory: Path) -> Path:
    """Return a copy of the sources that a test may change, as another version of radtune."""
    for name in ("module", "tools", "raddb"):
        shutil.copytree(PROJECT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, directory / name)
    return directory
