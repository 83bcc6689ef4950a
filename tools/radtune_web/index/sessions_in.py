"""The live sessions and their moves into the index, with what policy wants for each now."""

from collections.abc import Iterator, Mapping
from typing import Any

from radtune.config.settings import Settings
from radtune.policy.nas_directory import NasDirectory
from radtune.records.device_and_client import Session
from radtune_tools.enforce.nas_requests import NasRequests
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.enforce.session_plan import SessionMove, SessionPlan
from radtune_web.index.database import Connection, transaction

SHOWN = 500
"""Moves that the page shows of each kind."""
_PUT = "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def take_sessions(connection: Connection, settings: Settings) -> dict[str, Any]:
    """Write all live sessions in place of those before; return the plan of moves and what is under way."""
    with Reconcile(settings) as reconcile:
        sessions = list(reconcile.sessions())
        plan = reconcile.plan(sessions)
        progress = reconcile.progress()
        obstacle = reconcile.obstacle() if plan.moves else ""
    wanted = {move.session.key: move.after for move in (*plan.moves, *(each for each, _ in plan.held))}
    moves = {each.move.key: each.state for each in progress}
    rows = (_row(each, settings.nas_directory, wanted, moves) for each in sessions)
    with transaction(connection):
        connection.execute("DELETE FROM session")
        connection.executemany(_PUT, rows)
    blocked = [obstacle] if obstacle else [each.why for each in plan.admitted(settings.limits, None)[1]]
    requests = NasRequests(settings)
    return {
        "live": len(sessions),
        "moves": [_move(each, requests) for each in plan.moves[:SHOWN]],
        "moves_in_all": len(plan.moves),
        "held": [{**_move(each, requests), "held": why} for each, why in plan.held[:SHOWN]],
        "held_in_all": len(plan.held),
        "missing_attribute": plan.cannot_tell(),
        "blocked": blocked,
        "under_way": [{**each.move.client, **each.plain()} for each in progress[:SHOWN]],
        "under_way_in_all": len(progress),
        "places": list(_places(connection)),
        "nothing": _nothing(plan),
    }


def _nothing(plan: SessionPlan) -> str:
    return "" if plan.moves or plan.held else plan.nothing()


def _places(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield each site and NAS, with its number of sessions, and of those that are to move."""
    select = "SELECT site, nas, count(*), sum(wanted <> '') FROM session GROUP BY site, nas ORDER BY site, nas"
    for site, nas, count, moving in connection.execute(select):
        yield {"site": site, "nas": nas, "sessions": count, "moving": moving}


def _row(
    session: Session, places: NasDirectory, wanted: Mapping[str, str], moves: Mapping[str, str]
) -> tuple[Any, ...]:
    facts = session.facts
    return (
        session.key,
        facts.mac or facts.calling_station_id,
        session.device_name,
        session.device_id,
        facts.user_name,
        facts.nas_identifier or facts.nas_address,
        places.find(facts).site,
        facts.nas_port_id or facts.nas_port,
        facts.ssid,
        facts.auth_type,
        session.granted,
        session.rule,
        session.compliance,
        session.granted_at,
        session.seen_at,
        wanted.get(session.key, ""),
        moves.get(session.key, ""),
    )


def _move(move: SessionMove, requests: NasRequests) -> dict[str, Any]:
    facts, session = move.session.facts, move.session
    return {
        "session": session.key,
        "device": session.device_name,
        "device_id": session.device_id,
        "mac": facts.mac,
        "user": facts.user_name,
        "nas": facts.nas_identifier or facts.nas_address,
        "from": session.granted,
        "to": move.after,
        "rule": move.decision.rule,
        "reason": move.decision.reason,
        "send": str(requests.prepare(session, move.under_way.method if move.under_way else "")),
    }
