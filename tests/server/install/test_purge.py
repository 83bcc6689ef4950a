"""The package's purge of directories that have a file system of their own."""

import os
import subprocess
from pathlib import Path

import pytest

from parts.readable import PROJECT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces want root")


@pytest.mark.parametrize("package", ["radtune", "radtune-web"])
def test_a_directory_that_can_not_be_removed_does_not_stop_the_purge(package: str, tmp_path: Path) -> None:
    script = (PROJECT / f"debian/{package}.postrm").read_text()
    for top in ("/etc/", "/var/"):
        script = script.replace(f" {top}", f" {tmp_path}{top}").replace(f"={top}", f"={tmp_path}{top}")
    store, link = tmp_path / f"var/lib/{package}", tmp_path / "etc/freeradius/3.0/mods-enabled/radtune"
    for directory in (store, link.parent):
        directory.mkdir(parents=True)
    link.symlink_to("../mods-available/radtune")
    mounted = 'mount -t tmpfs none "$1" && touch "$1/secret" && sh -c "$2" postrm purge && ls -A "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounted, "sh", str(store), script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "") and "busy" in done.stderr
    assert link.is_symlink() == (package == "radtune-web")
