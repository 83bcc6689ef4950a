"""`radtune coa`."""

import time
from typing import Any

from radtune.config.settings import Settings
from radtune.errors import ExitCode, RefusedError
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Session
from radtune_tools.bad_target import no_such
from radtune_tools.enforce.dispatch import Prepared
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.enforce.running_servers import no_server
from radtune_tools.output import Output
from radtune_tools.radclient.packet import packet_text
from radtune_tools.user_and_lock import only_run

NO_SESSION = "no live session has this MAC, device name, device id or key; see radtune sessions"


def coa(
    settings: Settings, output: Output, target: str, *, by: str, method: str = "", dry_run: bool, anyway: bool
) -> int:
    """Move sessions, whatever policy says of them; or show the packets that would do it.

    target: a MAC, a device (name or id), or a session's key
    by: the person who wants it
    method: one of nas_profile.METHODS, or '' for the first of each NAS's profile that fits
    anyway: even while no server runs at which the clients could log in again

    Raises UsageError if there is no such session, and RefusedError if no server runs.
    """
    with only_run(settings.store, "apply"), Reconcile(settings) as reconcile:
        sessions = [session for session in reconcile.sessions() if names(session, target)]
        if not sessions:
            raise no_such(target, NO_SESSION)
        prepared = [reconcile.sender.dispatch.prepare(session, method) for session in sessions]
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
