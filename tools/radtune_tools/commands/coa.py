"""`radtune coa`."""

import time
from dataclasses import dataclass
from typing import Any

from radtune.config.settings import Settings
from radtune.errors import ExitCode, RefusedError
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Session
from radtune_tools.access import only_run
from radtune_tools.enforce.dispatch import Prepared
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.output import Output
from radtune_tools.radclient.packet import packet_text
from radtune_tools.target import no_such

NO_SESSION = "no live session has this MAC, device name, device id or key; see radtune sessions"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose sessions `by` wants to move: `target` is a MAC, a device (name or id) or a session's key.

    `method` is one of nas_profile.METHODS, or '' for the first of each NAS's profile that fits. `anyway`: even while
    no server runs at which they could log in again.
    """

    target: str
    by: str
    method: str = ""
    dry_run: bool = False
    anyway: bool = False


def coa(settings: Settings, output: Output, wanted: Wanted) -> int:
    """Move these sessions, whatever policy says of them; or show the packets that would do it.

    Raises UsageError where there is none, and RefusedError while no server runs.
    """
    with only_run(settings.store, "apply"), Reconcile(settings) as reconcile:
        sessions = [session for session in reconcile.sessions() if names(session, wanted.target)]
        if not sessions:
            raise no_such(wanted.target, NO_SESSION)
        prepared = [reconcile.sender.dispatch.prepare(session, wanted.method) for session in sessions]
        if wanted.dry_run:
            return _dry_run(output, prepared)
        obstacle = "" if wanted.anyway else reconcile.no_server()
        if obstacle and any(each.packet for each in prepared):
            raise RefusedError(f"nothing was sent: {obstacle}. To cut {wanted.target} off now, add --anyway")
        results = list(reconcile.sender.by_hand(prepared, wanted.by))
    for problem in reconcile.problems:
        output.problem(problem)
    for session, reply in results:
        output.line(f"{session.key}: {reply.state} ({reply.answer})")
        if reply.state != "acknowledged":
            output.problem(f"not done: {session.key}: {reply.answer}")
    if output.as_json:
        output.json(
            [{"session": session.key, "state": reply.state, "answer": reply.answer} for session, reply in results]
        )
    return ExitCode.OK if all(reply.state == "acknowledged" for _, reply in results) else ExitCode.NOT_ENFORCED


def _dry_run(output: Output, prepared: list[Prepared]) -> int:
    """Say what would be sent for these sessions, and what stands in its way."""
    for each in prepared:
        who = f"{each.session.key} ({each.session.device_name or each.session.facts.user_name})"
        if each.packet is None:
            output.problem(f"can't move {who}: {each.obstacle}")
        else:
            output.line(f"would send {who} {each}")
            for line in packet_lines(each):
                output.line(f"    {line}")
    if output.as_json:
        output.json([_plain(each) for each in prepared])
    return ExitCode.OK if all(each.packet for each in prepared) else ExitCode.NOT_ENFORCED


def _plain(prepared: Prepared) -> dict[str, Any]:
    return {
        "session": prepared.session.key,
        "send": str(prepared) if prepared.packet else "",
        "packet": packet_lines(prepared),
        "obstacle": prepared.obstacle,
    }


def packet_lines(prepared: Prepared) -> list[str]:
    """Return the packet as radclient would be given it now; no lines where there is none."""
    return packet_text(prepared.packet, time.time()).splitlines() if prepared.packet else []


def names(session: Session, target: str) -> bool:
    """Tell whether `target` is the session's key, MAC (any notation), device id or device name (any case)."""
    mac = parse_mac(target)
    if mac:
        return session.facts.mac == mac
    return target == session.key or (
        target != "" and target.lower() in (session.device_id, session.device_name.lower())
    )
