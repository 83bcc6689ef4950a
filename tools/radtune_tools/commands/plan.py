"""`radtune plan`."""

from typing import Any

from radtune.errors import ExitCode
from radtune.records import Session
from radtune.settings import Settings
from radtune_tools.dispatch import Dispatch, Prepared
from radtune_tools.output import Output
from radtune_tools.plan import SessionMove, UndecidedSession
from radtune_tools.reconcile import Reconcile

COLUMNS = ("device", "user", "mac", "nas", "from", "to", "why", "send")


def plan(settings: Settings, output: Output, *, check: bool) -> int:
    """Print which live sessions would move; with `check` the exit code tells whether there are any."""
    with Reconcile(settings) as reconcile:
        found = reconcile.plan()
        moving = reconcile.progress()
        obstacle = reconcile.obstacle() if found.moves else ""
    dispatch = Dispatch(settings)
    rows = [_row(move, dispatch.prepare(move.session)) for move in found.moves]
    if output.as_json:
        output.json({"moves": rows, "undecided": [_undecided(each) for each in found.undecided]})
    else:
        output.table(COLUMNS, rows, found.nothing())
    for sentence in found.cannot_tell():
        output.line(sentence)
    for progress in moving:
        output.line(f"under way: {progress}")
    refusal = obstacle or found.refusal(settings.limits)
    if refusal:
        output.problem(f"apply would refuse: {refusal}")
    return ExitCode.DIFFERENCE if check and found.moves else ExitCode.OK


def _row(move: SessionMove, prepared: Prepared) -> dict[str, Any]:
    return {
        **_who(move.session),
        "from": move.session.granted,
        "to": move.after,
        "rule": move.decision.rule,
        "why": move.decision.reason,
        "send": str(prepared),
    }


def _undecided(undecided: UndecidedSession) -> dict[str, Any]:
    return {**_who(undecided.session), "from": undecided.session.granted, "rule": undecided.rule}


def _who(session: Session) -> dict[str, Any]:
    facts = session.facts
    return {
        "session": session.key,
        "device": session.device_name,
        "user": facts.user_name,
        "mac": facts.mac,
        "nas": facts.nas_identifier or facts.nas_address,
        "nas_port": facts.nas_port_id or facts.nas_port,
    }
