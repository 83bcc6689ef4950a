"""Who runs the command, and that only one run acts at a time."""

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radtune.errors import StoreAccessError, StoreError, TemporaryError
from radtune.settings import Settings


def become_store_owner(settings: Settings) -> None:
    """As root, go on as the user that the store belongs to, so that the server can use whatever is written there.

    Raises StoreError where the directory is missing, StoreAccessError where it belongs to root.
    """
    try:
        owner = settings.store.stat()
    except FileNotFoundError:
        advice = f"make it for the server's user: install -d -o freerad -g freerad -m 0750 {settings.store}"
        raise StoreError(f"{settings.store}: there is no such directory; {advice}") from None
    except PermissionError as error:
        raise StoreAccessError(f"{settings.store}: this user may not look into it; run as the server's user") from error
    if os.geteuid() != 0:
        return
    if owner.st_uid == 0:
        raise StoreAccessError(
            f"{settings.store} belongs to root, and the server's user could not use what root writes there; "
            f"run: chown -R freerad: {settings.store}"
        )
    try:
        entry = pwd.getpwuid(owner.st_uid)
    except KeyError:
        advice = f"run: chown -R freerad: {settings.store}"
        raise StoreAccessError(f"{settings.store} belongs to uid {owner.st_uid}, who is no user; {advice}") from None
    os.initgroups(entry.pw_name, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


@contextmanager
def only_run(directory: Path, what: str) -> Iterator[None]:
    """Hold the lock of `what` (sync or apply) in the store's directory; TemporaryError where another run has it."""
    file = directory / f"{what}.lock"
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreAccessError(f"{file}: can't be written ({error.strerror}); run as the store's owner") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TemporaryError(f"another {what} is running (it holds {file}); nothing was done") from None
    else:
        yield
    finally:
        os.close(descriptor)
