"""Whether the server's user can write where the server writes."""

import os
import pwd
import stat
from pathlib import Path

from radtune.config.settings import Settings
from radtune_tools.health.reasons import Health


def writable(found: Health, settings: Settings) -> None:
    """Note what the server's user can't write; only this user, whom the store belongs to, can tell."""
    if not is_server_user(settings):
        return
    if why := _obstacle(settings.store):
        found.worry("store_directory", f"{settings.store}: {why}")
    there = os.path.exists(settings.events)  # noqa: PTH110  # Path.exists raises where it may not look
    why = _obstacle(settings.events if there else settings.events.parent)
    if why or (why := _no_file(settings.events) if there else ""):
        found.worry("event_log", f"{settings.events}: the event log can't be written: {why}")


def is_server_user(settings: Settings) -> bool:
    """Whether this user is the one whom the store belongs to."""
    try:
        return settings.store.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _no_file(path: Path) -> str:
    kind = path.stat().st_mode
    return "" if stat.S_ISREG(kind) or stat.S_ISCHR(kind) else f"{path} is no file; take it away"


def _obstacle(path: Path) -> str:
    """Return why this user can't write the file, or into the directory, and what to do; or ''."""
    try:
        disk = os.statvfs(path)
    except FileNotFoundError as error:
        return f"{path}: {error.strerror}; make the directory for the server's user"
    except OSError as error:
        return f"{path}: {error.strerror}; let the server's user through"
    if disk.f_flag & os.ST_RDONLY:
        return "the disk is read-only; mount it for writing"
    if not disk.f_bavail:
        return "the disk is full; make room"
    wanted = os.W_OK | (os.X_OK if path.is_dir() else 0)
    if not os.access(path, wanted, effective_ids=True):
        return f"the server's user may not write {path}; run: chown {_user()}: {path}; chmod u+rwX {path}"
    return ""


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
