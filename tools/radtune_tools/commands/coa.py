"""`radtune coa`."""

import time
from typing import Any

import click

from radtune.config.nas_profile import METHODS
from radtune.errors import ExitCode, RefusedError
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Session
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command
from radtune_tools.context import Context
from radtune_tools.enforce.nas_requests import Prepared
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.enforce.running_servers import no_server
from radtune_tools.output import Output
from radtune_tools.radclient.packet import packet_text
from radtune_tools.user_and_lock import caller, only_run

NO_SESSION = "no live session has this MAC, device name, device id or key; see radtune sessions"


@command
@click.argument("target", metavar="MAC|DEVICE|SESSION")
@click.option("--reauthenticate", is_flag=True, help="Let the NAS ask it to log in again.")
@click.option("--disconnect", is_flag=True, help="End its session.")
@click.option("--bounce", is_flag=True, help="Take its port down and up; hits all behind the port.")
@click.option("--dry-run", is_flag=True, help="Print the packets that would be sent, send nothing.")
@click.option("--anyway", is_flag=True, help="Send even while no server runs at which the client could log in again.")
def coa(context: Context, /, target: str, dry_run: bool, anyway: bool, **picked: bool) -> int:
    """Move a client by hand: it logs in again and is judged anew.

    By the first method of its NAS's profile, unless told otherwise. SESSION is a key as `radtune sessions` shows it:
    NAS-address/MAC.
    """
    methods = [name for name in METHODS if picked[name]]
    if len(methods) > 1:
        raise click.UsageError(f"one method: {' or '.join(f'--{name}' for name in methods)}")
    method, by = next(iter(methods), ""), caller()
    settings, output = context.settings(), context.output
    with only_run(settings.store, "apply"), Reconcile(settings) as reconcile:
        sessions = [session for session in reconcile.sessions() if names(session, target)]
        if not sessions:
            raise no_such(target, NO_SESSION)
        prepared = [reconcile.sender.nas_requests.prepare(session, method) for session in sessions]
        if dry_run:
            return _dry_run(output, prepared)
        obstacle = "" if anyway else no_server(settings)
        if obstacle and any(each.packet for each in prepared):
            raise RefusedError(f"nothing was sent: {obstacle}. To cut {target} off now, add --anyway")
        results = list(reconcile.sender.by_hand(prepared, by))
    for problem in reconcile.sender.problems:
        output.problem(problem)
    for session, reply in results:
        output.line(f"{session.key}: {reply.state} ({reply.answer})")
        if reply.state != "acknowledged":
            output.problem(f"not done: {session.key}: {reply.answer}")
    if output.as_json:
        rows = [{"session": session.key, "state": reply.state, "answer": reply.answer} for session, reply in results]
        output.json(rows)
    return ExitCode.OK if all(reply.state == "acknowledged" for _, reply in results) else ExitCode.NOT_ENFORCED


def _dry_run(output: Output, prepared: list[Prepared]) -> int:
    """Print what would be sent for these sessions, and what stands in its way."""
    for each in prepared:
        who = f"{each.session.key} ({each.session.device_name or each.session.facts.user_name})"
        if each.packet is None:
            output.problem(f"can't move {who}: {each.obstacle}")
            continue
        output.line(f"would send {who} {each}")
        for line in packet_lines(each):
            output.line(f"    {line}")
    if output.as_json:
        output.json([packet_row(each, send=str(each) if each.packet else "") for each in prepared])
    return ExitCode.OK if all(each.packet for each in prepared) else ExitCode.NOT_ENFORCED


def packet_row(prepared: Prepared, **more: str) -> dict[str, Any]:
    """Return what JSON shows of a session's packet."""
    return {"session": prepared.session.key, **more, "packet": packet_lines(prepared), "obstacle": prepared.obstacle}


def packet_lines(prepared: Prepared) -> list[str]:
    """Return the packet as radclient would be given it now; no lines if there is none."""
    return packet_text(prepared.packet, time.time()).splitlines() if prepared.packet else []


def names(session: Session, target: str) -> bool:
    """Tell whether `target` is the session's key, MAC (any notation), device id or device name (any case)."""
    mac = parse_mac(target)
    if mac:
        return session.facts.mac == mac
    lower = target.lower()
    return target == session.key or (lower != "" and lower in (session.device_id, session.device_name.lower()))
