"""`radtune plan`."""

from typing import Any

import click

from radtune.errors import ExitCode
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Session
from radtune_tools.cli.options import command, listing
from radtune_tools.context import Context
from radtune_tools.enforce.nas_requests import NasRequests
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.enforce.session_plan import SessionMove
from radtune_tools.listing import Columns
from radtune_tools.output import timestamp

COLUMNS = Columns(
    ("device", "mac", "from", "to", "why"),
    (
        *("send", "user", "nas", "port", "rules", "session", "ssid"),
        *("rule", "rule_before", "since", "compliance", "compliance_before"),
    ),
)


@command
@click.option("--check", is_flag=True, help="Exit 1 if a session would move.")
@listing
def plan(context: Context, check: bool) -> int:
    """Show which sessions would move; send nothing."""
    settings, output = context.settings(), context.output
    with Reconcile(settings) as reconcile:
        found = reconcile.plan()
        moving = reconcile.progress()
        obstacle = reconcile.obstacle() if found.moves else ""
    nas_requests = NasRequests(settings)
    rows = [_row(move, nas_requests) for move in found.moves]
    if output.as_json:
        held = [{**_row(move, nas_requests), "held": why} for move, why in found.held]
        unknown = [{**_who(each), "from": each.granted, "rule": rule} for each, rule in found.missing_attribute]
        output.json({"moves": rows, "held": held, "missing_attribute": unknown})
    else:
        output.table(COLUMNS, rows, "nothing to move now" if found.held else found.nothing())
    for move, why in found.held:
        output.line(f"held back: {move}; but {why}")
    for sentence in found.cannot_tell():
        output.line(sentence)
    for progress in moving:
        output.line(f"under way: {progress}")
    for why in [obstacle] if obstacle else [each.why for each in found.admitted(settings.limits, None)[1]]:
        output.problem(f"apply would refuse: {why}")
    return ExitCode.DIFFERENCE if check and found.moves else ExitCode.OK


def _row(move: SessionMove, nas_requests: NasRequests) -> dict[str, Any]:
    before, after, since = move.session.rule, move.decision.rule, _since(move.decision)
    return {
        **_who(move.session),
        "from": move.session.granted,
        "to": move.after,
        "rule": after,
        "rule_before": before,
        "rules": f"{before} -> {after}" if before != after else after,
        "why": f"{move.decision.reason} (since {since})" if since else move.decision.reason,
        "since": since,
        "compliance": move.decision.compliance,
        "compliance_before": move.session.compliance,
        "send": _send(move, nas_requests),
    }


def _send(move: SessionMove, nas_requests: NasRequests) -> str:
    under_way = move.under_way
    if under_way is None or not move.begun:
        return str(nas_requests.prepare(move.session))
    if under_way.state == "not_enforced":
        again = f"until {timestamp(under_way.next_at)}" if under_way.next_at else "by itself"
        return f"nothing {again}: given up; radtune apply --retry sends it again"
    return str(nas_requests.prepare(move.session, under_way.method))


def _since(decision: Decision) -> str:
    """Return since when Intune has said of the device what it is judged by; '' if it is judged by something else."""
    device = decision.match.device
    return timestamp(device.compliance_since) if device and device.compliance == decision.compliance else ""


def _who(session: Session) -> dict[str, Any]:
    facts = session.facts
    return {
        "session": session.key,
        "device": session.device_name,
        "user": facts.user_name,
        "mac": facts.mac,
        "nas": facts.nas_identifier or facts.nas_address,
        "port": facts.nas_port_id or facts.ssid or facts.nas_port,
        "ssid": facts.ssid,
    }
