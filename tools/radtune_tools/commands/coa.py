"""`radtune coa`."""

from radtune.errors import ExitCode, UsageError
from radtune.facts import parse_mac
from radtune.records import Session
from radtune.settings import Settings
from radtune_tools.access import only_run
from radtune_tools.dispatch import Prepared
from radtune_tools.output import Output
from radtune_tools.reconcile import Reconcile


def coa(settings: Settings, output: Output, *, target: str, method: str, dry_run: bool) -> int:
    """Move the sessions of a MAC, a device (name or id) or a session key, whatever policy says of them.

    `method` is one of profile.METHODS, or '' for the first that each NAS's profile has.
    """
    with only_run(settings.store, "apply"), Reconcile(settings) as reconcile:
        sessions = [session for session in reconcile.sessions() if names(session, target)]
        if not sessions:
            raise UsageError(
                f"{target}: no live session has this MAC, device name, device id or key; see radtune sessions"
            )
        prepared = [reconcile.sender.dispatch.prepare(session, method) for session in sessions]
        if dry_run:
            return _dry_run(output, prepared)
        results = list(reconcile.sender.by_hand(prepared))
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
    if output.as_json:
        output.json(
            [
                {"session": each.session.key, "send": str(each) if each.packet else "", "obstacle": each.obstacle}
                for each in prepared
            ]
        )
    return ExitCode.OK if all(each.packet for each in prepared) else ExitCode.NOT_ENFORCED


def names(session: Session, target: str) -> bool:
    """Tell whether `target` is the session's key, MAC (any notation), device id or device name (any case)."""
    mac = parse_mac(target)
    if mac:
        return session.facts.mac == mac
    return target == session.key or (
        target != "" and target.lower() in (session.device_id, session.device_name.lower())
    )
