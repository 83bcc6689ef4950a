"""The packages that are tried: those of this checkout, of the commit before, and a broken one of the future."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from demo.narration import expect, say, step
from parts.manual import PROJECT

NAMES = ("before", "now", "broken")
"""The directories of the packages, in the order in which they are installed."""
LATER = "+broken"
CODE = "usr/lib/radtune/radtune"


class BuildError(Exception):
    """A package could not be built; the text says what its build said."""


def build(directory: Path) -> None:
    """Build all packages into directories of `directory`, which is made anew."""
    shutil.rmtree(directory, ignore_errors=True)
    now = directory / "now"
    step("The packages of this checkout")
    _make_deb(PROJECT, now, {})
    say(f"built: {', '.join(file.name for file in sorted(now.iterdir()))}")
    with tempfile.TemporaryDirectory() as elsewhere:
        again = Path(elsewhere) / "again"
        shutil.copytree(PROJECT, again, symlinks=True, ignore=shutil.ignore_patterns(".venv", "build", ".*_cache"))
        _make_deb(again, Path(elsewhere), {"TZ": "Pacific/Auckland", "LC_ALL": "C", "HOME": elsewhere}, umask=0o077)
        same = {file.name: (Path(elsewhere) / file.name).read_bytes() == file.read_bytes() for file in now.iterdir()}
    expect("built again elsewhere, byte for byte the same", same, dict.fromkeys(same, True))
    done = _run(["lintian", "--allow-root", "--fail-on=error,warning", *map(str, now.iterdir())], check=False)
    expect("lintian finds", done.stdout, "")
    step("The package of the commit before")
    _before(directory / "before", now)
    step("A package of the future whose code is broken")
    _changed(now, directory / "broken", LATER, broken=True)


def _before(target: Path, now: Path) -> None:
    """Build what the last commit but one has; if it has no package, take this one with an earlier version."""
    shown = _run(["git", "-C", str(PROJECT), "cat-file", "-e", "HEAD~1:debian/make-deb"], check=False)
    if shown.returncode:
        say("the commit before isn't here, or makes no package: this commit's package with an earlier version")
        _changed(now, target, "~before", broken=False)
        return
    with tempfile.TemporaryDirectory() as place:
        clone = ["git", "clone", "--quiet", "--shared", "--no-checkout", str(PROJECT), place]
        _run(clone)
        _run(["git", "-C", place, "-c", "advice.detachedHead=false", "checkout", "--quiet", _commit("HEAD~1")])
        _make_deb(Path(place), target, {})
    say(f"built: {', '.join(file.name for file in sorted(target.iterdir()))}")


def _commit(name: str) -> str:
    return _run(["git", "-C", str(PROJECT), "rev-parse", name]).stdout.strip()


def _changed(source: Path, target: Path, version: str, *, broken: bool) -> None:
    """Make packages of another version of those in `source`; broken ones raise, and differ in /etc."""
    target.mkdir(parents=True)
    for package in sorted(source.iterdir()):
        with tempfile.TemporaryDirectory() as place:
            tree = Path(place) / "tree"
            _run(["dpkg-deb", "--raw-extract", str(package), str(tree)])
            control = tree / "DEBIAN/control"
            old = package.name.split("_")[1]
            control.write_text(control.read_text().replace(old, f"{old}{version}"))
            if broken:
                for file in (tree / CODE).rglob("*"):
                    if file.suffix in (".py", ".json", ".yaml"):
                        file.write_text("raise RuntimeError('the code of the future')\n")
                for file in (tree / "etc").rglob("*"):
                    if file.name in ("radtune", "policy.yaml") and file.is_file():
                        file.write_text(f"{file.read_text()}\n# of the future\n")
            _run(["dpkg-deb", "--build", "--root-owner-group", "-Zgzip", "-z1", str(tree), str(target)])
    say(f"made: {', '.join(file.name for file in sorted(target.iterdir()))}")


def _make_deb(source: Path, target: Path, environment: dict[str, str], umask: int = 0o022) -> None:
    done = subprocess.run(
        [str(source / "debian/make-deb"), str(target)],
        env={**os.environ, **environment},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{source}: {done.stdout}{done.stderr}")


def _run(command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise BuildError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done
