"""`radtune sessions`."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from radtune.config.settings import Settings
from radtune.errors import ExitCode, UsageError
from radtune.policy.nas_directory import NasIndex, NasList
from radtune.policy.patterns import pattern_test
from radtune.records.device_and_client import Session
from radtune_tools.commands.coa import NO_SESSION, names
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.listing import Columns
from radtune_tools.output import Output, timestamp
from radtune_tools.target import no_such

COLUMNS = Columns(
    ("session", "device", "granted", "since", "move"),
    (
        *("compliance", "user", "port", "nas", "auth_type", "seen", "rule"),
        *("mac", "device_id", "acct_session_id"),
    ),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions to show; None and False leave a thing open.

    `only` is a MAC, device or key. `nas` is an address, network or pattern of NAS-Identifiers as in settings, or the
    name of an entry there. `compliance` is the state at login, `granted` a pattern of the outcome. `moving` are those
    with a move under way.
    """

    only: str | None = None
    nas: str | None = None
    compliance: str | None = None
    granted: str | None = None
    moving: bool = False


def sessions(settings: Settings, output: Output, wanted: Wanted, limit: int) -> int:
    """Print the live sessions that are wanted, `limit` of them, with the moves that are under way.

    Raises UsageError for a NAS that can't be one, and warns of one that is unknown.
    """
    nas, granted = _nas_index(settings, wanted.nas), pattern_test([wanted.granted or "*"])
    with Reconcile(settings) as reconcile:
        moving = {progress.move.key: progress.to for progress in reconcile.progress()}
        live = list(reconcile.sessions())
        on_nas = [each for each in live if nas is None or _is_on(each, nas)]
        fitting = (
            session
            for session in on_nas
            if (wanted.only is None or names(session, wanted.only))
            and wanted.compliance in (None, session.compliance)
            and granted(session.granted)
            and (not wanted.moving or session.key in moving)
        )
        found = list(islice(fitting, limit + 1))
    rows = (_row(session, moving.get(session.key, "")) for session in found[:limit])
    named = wanted.only is None or any(names(session, wanted.only) for session in live)
    output.table(COLUMNS, rows, _nothing(len(live)) if named else "")
    if not named and wanted.only is not None:
        raise no_such(wanted.only, NO_SESSION)
    if wanted.nas and not on_nas:
        _warn_of(settings, output, wanted.nas)
    if len(found) > limit:
        output.shortened(limit)
    return ExitCode.OK


def _nas_index(settings: Settings, nas: str | None) -> NasIndex | None:
    """Return what tells whether a NAS is the one asked for, or in the entry of that name; None where none is."""
    if nas is None:
        return None
    named = next((entry.nas for entry in settings.nas if entry.name == nas), (nas,))
    try:
        return NasIndex([NasList("asked for", named)])
    except ValueError as error:
        raise UsageError(f"--nas {error}") from None


def _nothing(live: int) -> str:
    return f"no live session fits (of {live})" if live else "no live sessions"


def _is_on(session: Session, nas: NasIndex) -> bool:
    return bool(nas.lists_of(session.facts.nas_address, session.facts.nas_identifier))


def _warn_of(settings: Settings, output: Output, nas: str) -> None:
    """Warn of a NAS without sessions, unless it is the name of an entry."""
    names = [entry.name for entry in settings.nas]
    if nas not in names:
        known = f"there are {', '.join(names)}" if names else "there are none"
        said = "is no NAS of a live session, and no entry under nas has this name"
        output.problem(f"warning: --nas {nas} {said}; {known}")


def _row(session: Session, move: str) -> dict[str, Any]:
    facts = session.facts
    return {
        "session": session.key,
        "device": session.device_name,
        "device_id": session.device_id,
        "user": facts.user_name,
        "mac": facts.mac or facts.calling_station_id,
        "auth_type": facts.auth_type,
        "nas": facts.nas_identifier or facts.nas_address,
        "nas_address": facts.nas_address,
        "nas_claimed": facts.nas_claimed,
        "port": facts.nas_port_id or facts.nas_port or facts.ssid,
        "acct_session_id": facts.acct_session_id,
        "granted": session.granted,
        "rule": session.rule,
        "compliance": session.compliance,
        "since": timestamp(session.granted_at),
        "seen": timestamp(session.seen_at),
        "move": move,
    }
