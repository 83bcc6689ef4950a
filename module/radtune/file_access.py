"""Files that people name: opened without waiting; and the advice if this process may not read one."""

import errno
import grp
import os
import pwd
import stat
from pathlib import Path

from radtune.errors import FaultyFileError, NotPermittedError
from radtune.installation import USER

MOST_BYTES = 64 << 20
"""No file that a person writes has so many."""


def read_file(file: Path, what: str = "") -> tuple[bytes, os.stat_result]:
    """Return the content of a regular file, and its status.

    A pipe is refused: it would make the reader wait. So is a file that would fill the memory.

    `what` says in messages what the file holds. Raises FaultyFileError, and NotPermittedError with advice.
    """
    try:
        with os.fdopen(_opened(file), "rb") as stream:
            content, found = stream.read(MOST_BYTES + 1), os.fstat(stream.fileno())
    except FileNotFoundError:
        raise FaultyFileError(file, "there is no such file" + (f"; it has to hold {what}" if what else "")) from None
    except PermissionError as error:
        raise NotPermittedError(unreadable(file, what or "it")) from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", "") or str(error)
        raise FaultyFileError(file, f"can't be read{f' as {what}' if what else ''}: {said}") from error
    if len(content) > MOST_BYTES:
        raise FaultyFileError(file, f"can't be read: it has more than {MOST_BYTES >> 20} MiB")
    return content, found


def _opened(file: Path) -> int:
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(file))
    return descriptor


def is_missing(path: Path) -> bool:
    """Tell whether nothing is at this path; raises OSError if this user may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def unreadable(file: Path, what: str = "it") -> str:
    """Return a sentence on a file that this process may not read: what is in the way, and what to run."""
    said = f"{file}: this user may not read {what}"
    for path in (*reversed(file.parents), file):
        need = os.R_OK if path == file else os.X_OK
        if not os.access(path, need, effective_ids=True):
            try:
                return f"{said}; {_advice(path, path.stat(), need)}"
            except OSError:
                break
    return f"{said}; run as root"


def account(user: int) -> str:
    """Return the name of this user id, or `uid N`."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"


def _advice(path: Path, found: os.stat_result, need: int) -> str:
    letter = "r" if need == os.R_OK else "x"
    if found.st_uid == os.geteuid():
        return f"run: chmod u+{letter} {path}"
    if account(os.geteuid()) == USER:
        return f"run: chgrp {USER} {path} && chmod g+{letter} {path}"
    who = f"{path} belongs to {account(found.st_uid)} and the group {group_name(found.st_gid)}"
    return f"{who}, mode {stat.S_IMODE(found.st_mode):04o}: run as root" + (
        f" or {USER}" if lets_user(found, need, USER) else ""
    )


def lets_user(found: os.stat_result, need: int, name: str) -> bool:
    """Tell whether a user may do this (os.R_OK and the like) with the file of this status; False if there is none."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return False
    if found.st_uid == user.pw_uid:
        return found.st_mode >> 6 & need == need
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    return found.st_mode >> (3 if found.st_gid in groups else 0) & need == need


def group_name(group: int) -> str:
    """Return the name of this group id, or `gid N`."""
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return f"gid {group}"
