"""The health of the servers: what they report, compared with what is there now; and whether they can write."""

import os
import pwd
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from radtune.config.settings import Settings
from radtune.installation import SERVER
from radtune.server.state import ServerState, code_fingerprint, settings_fingerprints
from radtune.server.state_file import ReadState
from radtune.stores.database import FILE
from radtune.stores.store import Store
from radtune.text import counted
from radtune_tools.enforce.running_servers import RESTART
from radtune_tools.health.reasons import Health, ReasonName
from radtune_tools.listing import aged
from radtune_tools.output import timestamp


def servers(found: Health, settings: Settings, files: list[ReadState], now: float) -> None:
    """Note how each server that runs is, or that none runs; `files` are what `running_servers` returns."""
    rows = []
    for each in files:
        if each.alive and each.state:
            rows.append(_row(each.state))
            found.lines.append(f"server: {_line(each.state, now)}")
            _note_changes(found, settings, each.state)
            _note_own_word(found, each.state)
        elif each.alive:
            advice = f"its next request writes the file anew; if not, {RESTART}"
            found.worry(
                "server_code", f"a server of another release of radtune runs: {each.file}: {each.problem}; {advice}"
            )
        elif each.alive is None:
            said_why = f"{each.file}: {each.problem}; run this as the server's user, on the machine of the server"
            found.worry(
                "server_unknown", f"whether {SERVER} runs with radtune can't be known: {said_why}", unknown=True
            )
    known = all(each.alive is not None for each in files)
    if rows or known:
        found.parts["servers"] = rows
    if known and not any(each.alive for each in files):
        _note_down(found, settings, files[0].state if files else None)


def _note_down(found: Health, settings: Settings, last: ServerState | None) -> None:
    """Note that no server runs; `last` is what the one that ended last has said."""
    if last is None:
        found.lines.append("server: none has ever used this store")
        advice = f"run: radtune setup; if that was done, let mods-enabled/radtune name {settings.file}, and {RESTART}"
        found.worry("server_down", f"no {SERVER} runs with radtune and the store {settings.store}: {advice}")
        return
    how = f"was stopped at {timestamp(last.stopped_at)}" if last.stopped_at else "ended without a word"
    found.lines.append(f"server: none runs; the last one {how}, its last request was at {timestamp(last.heard_at)}")
    advice = f"run: systemctl start {SERVER}; if it runs, then without radtune or with another store: see its log"
    found.worry("server_down", f"{SERVER} (pid {last.pid}) {how}; {advice}")


def _row(state: ServerState) -> dict[str, Any]:
    logins = state.logins
    return {
        "pid": state.pid,
        "version": state.version,
        "settings": state.settings_file,
        "started": timestamp(state.started_at),
        "last_request": timestamp(state.heard_at),
        "allowed": logins.allowed,
        "denied": logins.denied,
        "last_allowed": timestamp(logins.allowed_at),
        "last_denied": timestamp(logins.denied_at),
        "denied_in_a_row": logins.in_a_row,
        "faults": [{**asdict(fault), "since": timestamp(fault.since)} for fault in state.faults],
    }


def _line(state: ServerState, now: float) -> str:
    if not state.heard_at:
        return f"pid {state.pid}, started {aged(state.started_at, now)}, no request since"
    logins = state.logins
    counts = f"logins since {timestamp(state.started_at)}: {logins.allowed} let in, {logins.denied} denied"
    return f"pid {state.pid}, last request {aged(state.heard_at, now)}; {counts}"


def _note_changes(found: Health, settings: Settings, state: ServerState) -> None:
    """Note files that the server has loaded or opened, if they were changed on the disk since."""
    who = f"{SERVER} (pid {state.pid})"
    if state.code_fingerprint and code_fingerprint(Path(state.code)) != state.code_fingerprint:
        since = timestamp(state.started_at)
        found.worry("server_code", f"{state.code} was changed since {who} has loaded it at {since}; {RESTART}")
    now = settings_fingerprints(settings)
    changed = sorted(key for key in now if now[key] != state.settings.get(key))
    if changed and state.settings_file == str(settings.file):
        # Entries under nas may stand in settings.d, too.
        what = f"{', '.join(changed)} in {settings.files if 'nas' in changed else settings.file}"
        found.worry("server_settings", f"{what}: changed since {who} has read it; {RESTART}")
    for name, directory in (("devices", settings.device_store), ("sessions", settings.session_store)):
        current = Store.current_file_id(directory)
        if current == state.stores.get(name) or (current and not _has_spoken_since(state, directory / FILE)):
            continue
        what = "replaced" if current else "deleted"
        remedy = f"its next request opens it; if not, {RESTART}"
        if name == "devices" and not current:
            remedy = "run: radtune sync"
        found.worry("server_store", f"{directory}: {what} while {who} has it open; {remedy}")


def _has_spoken_since(state: ServerState, file: Path) -> bool:
    """Tell whether the server has spoken since the file was changed; if not, its next request opens the new one."""
    try:
        return state.written_at > file.stat().st_ctime
    except OSError:
        return True


def _note_own_word(found: Health, state: ServerState) -> None:
    """Note the faults that the server reports, and whether it denies every login."""
    for fault in state.faults:
        message = f"since {timestamp(fault.since)} (requests: {fault.requests}): {fault.message}"
        found.worry(cast(ReasonName, f"server_{fault.what}"), message)
    logins = state.logins
    if logins.denies_everybody:
        times = counted(logins.in_a_row, "time")
        since = f"since {timestamp(logins.denied_since)}, {times}, at last {timestamp(logins.denied_at)}"
        advice = "see radtune events and radtune explain MAC"
        found.worry("server_denies_all", f"every login was denied {since}, for: {logins.reason}; {advice}")


def is_server_user(settings: Settings) -> bool:
    """Tell whether this user is the one to whom the store belongs."""
    try:
        return settings.store.stat().st_uid == os.geteuid()
    except OSError:
        return False


def writable(found: Health, settings: Settings) -> None:
    """Note what the server's user can't write; for another user that is unknown."""
    if not is_server_user(settings):
        return
    if why := _obstacle(settings.store):
        found.worry("store_directory", f"{settings.store}: {why}")
    there = os.path.exists(settings.events)  # noqa: PTH110  # Path.exists raises if it may not look
    why = _obstacle(settings.events if there else settings.events.parent)
    if there and not why:
        kind = settings.events.stat().st_mode
        why = "" if stat.S_ISREG(kind) or stat.S_ISCHR(kind) else f"{settings.events} is no file; take it away"
    if why:
        found.worry("event_log", f"{settings.events}: the event log can't be written: {why}")


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
        try:
            user = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            user = str(os.geteuid())
        return f"the server's user may not write {path}; run: chown {user}: {path}; chmod u+rwX {path}"
    return ""
