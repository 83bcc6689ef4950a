"""Files of the system that is installed on: looked at and replaced, never through a link."""

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

CHANGED = "changed"
"""The `state` of a link, and of anything else but a regular file: radtune installs none of these."""


def state(file: Path) -> str:
    """Return the SHA-256 of a regular file, '' if nothing is there, else CHANGED."""
    try:
        mode = file.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return sha256(file.read_bytes()).hexdigest() if stat.S_ISREG(mode) else CHANGED


def replace(file: Path, content: bytes, mode: int, group: int | None) -> None:
    """Write a file in one step, its directory before it. Raises OSError.

    A regular file that is there keeps its mode and owner. But a group of `group`, if given, takes the place of root's.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    old = file.lstat() if file.exists() and not file.is_symlink() else None
    temporary = file.with_name(f"{file.name}.radtune-tmp~")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        if old is not None and os.geteuid() == 0:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        if group is not None and os.fstat(descriptor).st_gid == 0:
            os.fchown(descriptor, -1, group)
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode) if old is not None else mode)
        stream.write(content)
    temporary.replace(file)


def give(path: Path, group: int | None) -> None:
    """Give what is root's to the server's group."""
    if group is not None and path.lstat().st_gid == 0:
        os.chown(path, -1, group, follow_symlinks=False)


def remove_empty(directory: Path, top: Path) -> None:
    """Remove a directory and those above it, as far as they are empty, up to and including `top`."""
    while directory.is_relative_to(top):
        with suppress(FileNotFoundError):
            try:
                directory.rmdir()
            except OSError:
                return
        directory = directory.parent


def is_writable(file: Path) -> bool:
    """Tell whether a file can be put at this path: asks the nearest directory that is there."""
    parent = next(each for each in file.parents if each.exists())
    return parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)
