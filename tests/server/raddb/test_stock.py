"""An operator's /etc/freeradius is nothing to the tests: a changed one is mounted over the machine's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from parts.readable import PROJECT
from parts.stock import PLACE, stock

COPY = "import shutil, sys; from parts.stock import stock; shutil.copytree(stock(), sys.argv[1], symlinks=True)"


def tree(directory: Path) -> dict[str, str]:
    """Give what is in a directory: the text of files, the targets of links."""
    return {
        str(path.relative_to(directory)): str(path.readlink()) if path.is_symlink() else path.read_text("latin-1")
        for path in directory.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def seen_with(etc: Path, copy: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Copy the stock that a process has which sees `etc` as /etc/freeradius/3.0."""
    script = f'mount --bind "$1" {PLACE} && exec "$2" -c "$3" "$4"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", str(etc), sys.executable, COPY, str(copy)],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "tests"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def without_sites(etc: Path) -> None:
    shutil.rmtree(etc / "sites-available")
    shutil.rmtree(etc / "sites-enabled")


def of_an_operator(etc: Path) -> None:
    with (etc / "mods-available/eap").open("a") as eap:
        eap.write("eap mine { default_eap_type = tls }\n")
    (etc / "sites-enabled/mine").write_text("server mine { }\n")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Give a copy of the machine's configuration, to be changed."""
    shutil.copytree(PLACE, tmp_path / "etc", symlinks=True)
    return tmp_path / "etc"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount another /etc/freeradius")
@pytest.mark.parametrize("change", [without_sites, of_an_operator])
def test_whatever_was_changed_the_package_s_files_are_used(
    etc: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    change(etc)
    changed = tree(etc)
    done = seen_with(etc, tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "copy") == tree(stock())
    assert tree(etc) == changed
    assert (tmp_path / "copy/sites-enabled/default").exists()
    assert (tmp_path / "copy/mods-enabled/eap").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount another /etc/freeradius")
def test_without_the_package_it_says_so(etc: Path, tmp_path: Path) -> None:
    without_sites(etc)
    (tmp_path / "apt-get").write_text("#!/bin/sh\necho E: no network >&2\nexit 100\n")
    (tmp_path / "apt-get").chmod(0o755)
    done = seen_with(etc, tmp_path / "copy", PATH=f"{tmp_path}:{os.environ['PATH']}")
    last = done.stderr.splitlines()[-1]
    assert f"{PLACE}/sites-available" in last
    assert "can't be downloaded (E: no network); the tests want the package's own files" in last
