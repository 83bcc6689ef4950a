"""`radtune plan`."""

from typing import Any

from radtune.errors import ExitCode
from radtune.settings import Settings
from radtune_tools.dispatch import find_nas
from radtune_tools.output import Output
from radtune_tools.plan import SessionMove
from radtune_tools.radclient import command
from radtune_tools.reconcile import Reconcile

COLUMNS = ("device", "user", "mac", "nas", "from", "to", "why", "send")


def plan(settings: Settings, output: Output, *, check: bool) -> int:
    """Print which live sessions would move; with `check` the exit code tells whether there are any."""
    with Reconcile(settings) as reconcile:
        found = reconcile.plan()
        moving = reconcile.progress()
        obstacle = reconcile.obstacle() if found.moves else ""
    output.table(COLUMNS, (_row(move, settings) for move in found.moves), found.nothing())
    for sentence in found.cannot_tell():
        output.line(sentence)
    for progress in moving:
        output.line(f"under way: {progress}")
    refusal = obstacle or found.refusal(settings.limits)
    if refusal:
        output.problem(f"apply would refuse: {refusal}")
    return ExitCode.DIFFERENCE if check and found.moves else ExitCode.OK


def _row(move: SessionMove, settings: Settings) -> dict[str, Any]:
    facts = move.session.facts
    nas = find_nas(settings.nas, facts)
    return {
        "session": move.session.key,
        "device": move.session.device_name,
        "user": facts.user_name,
        "mac": facts.mac,
        "nas": facts.nas_identifier or facts.nas_address,
        "nas_port": facts.nas_port_id or facts.nas_port,
        "from": move.session.granted,
        "to": move.after,
        "rule": move.decision.rule,
        "why": move.decision.reason,
        "send": " ".join(command(nas)) if nas else "nothing: no entry under nas in settings.yaml is for this NAS",
    }
