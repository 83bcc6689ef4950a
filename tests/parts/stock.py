"""FreeRADIUS's configuration as Debian's package brings it, whatever an operator has made of /etc/freeradius.

Files that are as they were installed are taken from /etc; where one was changed or removed, all are taken from the
package. What was added to /etc is never taken.
"""

import atexit
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

PACKAGE = "freeradius-config"
PLACE = Path("/etc/freeradius/3.0")
# The package enables these when it is first installed.
ENABLED = re.compile(r"for (site|module) in ((?:[\w. -]|\\\n)+); do")


class NoStockError(Exception):
    """There is no pristine copy; the text says why."""


@cache
def stock() -> Path:
    """Give a directory with the pristine files and the links that enable them; it goes away with this process."""
    made = Path(tempfile.mkdtemp(prefix="radtune-stock-"))
    atexit.register(shutil.rmtree, made)
    changed = _changed()
    source = _from_package(made, changed) if changed else Path("/")
    stock = made / "raddb"
    for file in _files():
        _copy(source / file.relative_to("/"), stock / file.relative_to(PLACE))
    script = Path(f"/var/lib/dpkg/info/{PACKAGE}.postinst").read_text()
    for kind, names in ENABLED.findall(script):
        available = {"site": "sites", "module": "mods"}[kind]
        for name in names.replace("\\\n", " ").split():
            (stock / f"{available}-enabled" / name).symlink_to(f"../{available}-available/{name}")
    return stock


def _files() -> list[Path]:
    listed = _said("dpkg-query", "--listfiles", PACKAGE).splitlines()
    return [Path(line) for line in listed if Path(line).is_relative_to(PLACE)]


def _changed() -> list[str]:
    """Give the package's files in /etc that are not as it has brought them."""
    verified = _said("dpkg", "--verify", PACKAGE).splitlines()
    changed = [line.split()[-1] for line in verified if str(PLACE) in line]
    return changed + [str(file) for file in _files() if not file.is_symlink() and not file.exists()]


def _from_package(directory: Path, changed: list[str]) -> Path:
    version = _said("dpkg-query", "--show", "--showformat=${Version}", PACKAGE)
    got = subprocess.run(
        ["apt-get", "download", "-q", f"{PACKAGE}={version}"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    archive = next(directory.glob("*.deb"), None)
    if got.returncode or archive is None:
        raise NoStockError(
            f"{changed[0]} is not as {PACKAGE} {version} brings it, and that package can't be downloaded "
            f"({' '.join(got.stderr.split())}); the tests want the package's own files"
        )
    _said("dpkg-deb", "--extract", str(archive), str(directory / "package"))
    return directory / "package"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        target.mkdir(parents=True, exist_ok=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _said(*command: str) -> str:
    """Give what a command prints; dpkg --verify exits 1 where it has found something."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
