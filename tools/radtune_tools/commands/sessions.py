"""`radtune sessions`."""

from typing import Any

from radtune.errors import ExitCode
from radtune.records import Session
from radtune.settings import Settings
from radtune_tools.commands.coa import names
from radtune_tools.output import Output, timestamp
from radtune_tools.reconcile import Reconcile

COLUMNS = ("session", "device", "user", "auth_type", "nas", "port", "granted", "compliance", "since", "seen", "move")


def sessions(settings: Settings, output: Output, *, only: str | None) -> int:
    """Print the live sessions, with the moves that are under way; with `only` those of a MAC, device or key."""
    with Reconcile(settings) as reconcile:
        moving = {progress.move.key: str(progress) for progress in reconcile.progress()}
        found = [session for session in reconcile.sessions() if only is None or names(session, only)]
    output.table(COLUMNS, (_row(session, moving.get(session.key, "")) for session in found), "no live sessions")
    return ExitCode.OK


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
        "port": facts.nas_port_id or facts.nas_port or facts.ssid,
        "acct_session_id": facts.acct_session_id,
        "granted": session.granted,
        "rule": session.rule,
        "compliance": session.compliance,
        "since": timestamp(session.granted_at),
        "seen": timestamp(session.seen_at),
        "move": move,
    }
