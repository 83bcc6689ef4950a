"""How the servers are doing, by their own word and by what is there now."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from radtune.config.settings import Settings
from radtune.installation import SERVER
from radtune.server.state import ServerState, code_fingerprint, settings_fingerprints
from radtune.server.state_file import Said
from radtune.stores.database import FILE
from radtune.stores.disk import Store
from radtune_tools.enforce.running_servers import RESTART
from radtune_tools.health.reasons import REASON_NAMES, Health, ReasonName
from radtune_tools.listing import aged
from radtune_tools.output import timestamp


def servers(found: Health, settings: Settings, said: list[Said], now: float) -> None:
    """Note of each server that runs how it is, or that none runs; `said` is what `in_force.said_of` returns."""
    rows = []
    for each in said:
        if each.alive and each.state:
            rows.append(_row(each.state))
            found.lines.append(f"server: {_line(each.state, now)}")
            _compare(found, settings, each.state)
            _own_word(found, each.state)
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
    known = all(each.alive is not None for each in said)
    if rows or known:
        found.parts["servers"] = rows
    if known and not any(each.alive for each in said):
        _down(found, settings, said[0].state if said else None)


def _down(found: Health, settings: Settings, last: ServerState | None) -> None:
    """Note that no server runs; `last` is what the one that ended last has said."""
    if last is None:
        found.lines.append("server: none has ever used this store")
        advice = (
            f"link mods-available/radtune into mods-enabled, let it name {settings.file}, and {RESTART}; see its log"
        )
        found.worry("server_down", f"no {SERVER} runs with radtune and the store {settings.store}: {advice}")
        return
    heard = f"its last request was at {timestamp(last.heard_at)}"
    how = f"was stopped at {timestamp(last.stopped_at)}" if last.stopped_at else "ended without a word"
    found.lines.append(f"server: none runs; the last one {how}, {heard}")
    advice = f"run: systemctl start {SERVER}; if it runs, then without radtune or with another store: see its log"
    found.worry("server_down", f"{SERVER} (pid {last.pid}) {how}; {advice}")


def _row(state: ServerState) -> dict[str, Any]:
    """Return what programs are told of a server that runs."""
    logins = state.logins
    return {
        "pid": state.pid,
        "version": state.version,
        "settings": state.settings_file,
        "started": timestamp(state.started_at),
        "last_request": timestamp(state.heard_at),
        "allowed": logins.allowed,
        "refused": logins.refused,
        "last_allowed": timestamp(logins.allowed_at),
        "last_refused": timestamp(logins.refused_at),
        "refused_in_a_row": logins.in_a_row,
        "faults": [{**asdict(fault), "since": timestamp(fault.since)} for fault in state.faults],
    }


def _line(state: ServerState, now: float) -> str:
    logins = state.logins
    if not state.heard_at:
        return f"pid {state.pid}, started {aged(state.started_at, now)}, no request since"
    counts = f"logins since {timestamp(state.started_at)}: {logins.allowed} let in, {logins.refused} refused"
    return f"pid {state.pid}, last request {aged(state.heard_at, now)}; {counts}"


def _compare(found: Health, settings: Settings, state: ServerState) -> None:
    """Note what the server has loaded or opened that is another one on the disk now."""
    who = f"{SERVER} (pid {state.pid})"
    if state.code_fingerprint and code_fingerprint(Path(state.code)) != state.code_fingerprint:
        since = timestamp(state.started_at)
        found.worry("server_code", f"{state.code} was changed since {who} has loaded it at {since}; {RESTART}")
    now = settings_fingerprints(settings)
    changed = sorted(key for key in now if now[key] != state.settings.get(key))
    if changed and state.settings_file == str(settings.file):
        what = f"{', '.join(changed)} in {settings.file}"
        found.worry("server_settings", f"{what}: changed since {who} has read it; {RESTART}")
    for name, directory in (("devices", settings.device_store), ("sessions", settings.session_store)):
        current = Store.current_file_id(directory)
        if current == state.stores.get(name) or (current and not _is_heard_since(state, directory)):
            continue
        what = "replaced" if current else "deleted"
        mends = (
            "run: radtune sync"
            if name == "devices" and not current
            else f"its next request opens it; if not, {RESTART}"
        )
        found.worry("server_store", f"{directory}: {what} while {who} has it open; {mends}")


def _is_heard_since(state: ServerState, directory: Path) -> bool:
    """Tell whether the server has spoken since the store's file was changed; a request that comes opens another one."""
    try:
        return state.written_at > (directory / FILE).stat().st_ctime
    except OSError:
        return True


def _own_word(found: Health, state: ServerState) -> None:
    """Note what the server says that it can't do, and that it lets nobody in."""
    for fault in state.faults:
        name: ReasonName = f"server_{fault.what}" if f"server_{fault.what}" in REASON_NAMES else "server_bug"  # type: ignore[assignment]  # of those names
        found.worry(name, f"since {timestamp(fault.since)} (requests: {fault.requests}): {fault.message}")
    logins = state.logins
    if logins.refuses_everybody:
        since = (
            f"since {timestamp(logins.refused_since)}, {logins.in_a_row} times, at last {timestamp(logins.refused_at)}"
        )
        advice = "see radtune events and radtune explain MAC"
        found.worry("server_refuses_all", f"every login was refused {since}, for: {logins.reason}; {advice}")
