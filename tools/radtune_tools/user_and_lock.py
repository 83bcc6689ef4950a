"""The user that runs the command, and the lock that lets only one run act at a time."""

import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from radtune.config.settings import Settings
from radtune.errors import FULL, StoreAccessError, StoreError, StoreFullError, TemporaryError
from radtune.file_access import account, unreadable
from radtune.installation import USER

LOOK_SECONDS = 0.2
"""Pause between two tries of a lock that another run holds."""


def caller() -> str:
    """Return the login of the person who runs the command; asked before `become_store_owner`."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        account = f"uid {os.getuid()}"
    return os.environ.get("SUDO_USER") or account


def become_store_owner(store: Path) -> None:
    """As root, go on as the user that this store belongs to, so that the server can use whatever is written there.

    Raises StoreError if the directory is missing, StoreAccessError if it belongs to root.
    """
    if (owner := _owner_for_root(store)) is not None:
        os.initgroups(owner.pw_name, owner.pw_gid)
        os.setgid(owner.pw_gid)
        os.setuid(owner.pw_uid)


@contextmanager
def as_store_owner(settings: Settings) -> Iterator[None]:
    """As root, be the store's owner for a while: what that user can't read isn't read, and what is written is theirs.

    Raises what `become_store_owner` raises.
    """
    owner = _owner_for_root(settings.store)
    if owner is None:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    try:
        os.initgroups(owner.pw_name, owner.pw_gid)
        os.setegid(owner.pw_gid)
        os.seteuid(owner.pw_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


@contextmanager
def as_server(settings: Settings) -> Iterator[None]:
    """As root, read with the rights of the server's user for a while, if there is a store whose user it is."""
    root = os.geteuid() == 0
    with (
        as_store_owner(settings) if root and settings.store.is_dir() and _store_user(settings.store) else nullcontext()
    ):
        yield


def store_group(settings: Settings) -> int:
    """Return the group through which the server reads secrets: that of the store's owner. Raises as above."""
    return _owner(settings.store, _store_user(settings.store)).pw_gid


def no_store_directory(store: Path) -> StoreError:
    """Return the error for a store whose directory is missing."""
    advice = f"make it for the server's user: install -d -o {USER} -g {USER} -m 0750 {store}"
    return StoreError(f"{store}: there is no such directory; {advice}")


def _store_user(store: Path) -> int:
    try:
        return store.stat().st_uid
    except FileNotFoundError:
        raise no_store_directory(store) from None
    except PermissionError as error:
        raise StoreAccessError(unreadable(store)) from error


def _owner_for_root(store: Path) -> pwd.struct_passwd | None:
    """Return the account of the store's user if root runs the command, else None."""
    user = _store_user(store)
    return _owner(store, user) if os.geteuid() == 0 else None


def _owner(store: Path, user: int) -> pwd.struct_passwd:
    """Return the account of the store's user; raises StoreAccessError if that is root, and root runs the command."""
    advice = f"run: chown -R {USER}: {store}"
    if user == 0 == os.geteuid():
        raise StoreAccessError(
            f"{store} belongs to root, and the server's user could not use what root writes there; {advice}"
        )
    try:
        return pwd.getpwuid(user)
    except KeyError:
        raise StoreAccessError(f"{store} belongs to uid {user}, who is no user; {advice}") from None


@contextmanager
def only_run(directory: Path, what: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of `what` (sync or apply) in the store's directory.

    Raises TemporaryError if another run has it, and still has it `wait` seconds later; StoreError.
    """
    file = directory / f"{what}.lock"
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise StoreAccessError(
            f"{file}: this user may not write it; run as root or {_owner_name(directory)}"
        ) from error
    except OSError as error:
        if error.errno in FULL:
            raise StoreFullError(f"{file}: the disk is full; make room") from error
        raise StoreError(f"{file}: can't be written: {error.strerror}") from error
    deadline = time.monotonic() + wait
    try:
        while not _lock(descriptor):
            if time.monotonic() >= deadline:
                raise TemporaryError(
                    f"another {what} is running (it holds {file}), so this one did nothing; try again when it has ended"
                )
            time.sleep(LOOK_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _owner_name(directory: Path) -> str:
    try:
        return account(directory.stat().st_uid)
    except OSError:
        return "the store's owner"


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
