"""`radtune coa`."""

from radtune.errors import ExitCode, UsageError
from radtune.facts import parse_mac
from radtune.records import Session
from radtune.settings import Settings
from radtune_tools.access import only_run
from radtune_tools.dispatch import by_nas, obstacle_to
from radtune_tools.output import Output
from radtune_tools.radclient import command
from radtune_tools.reconcile import Reconcile


def coa(settings: Settings, output: Output, *, target: str, dry_run: bool) -> int:
    """Disconnect the sessions of a MAC, a device (name or id) or a session key, whatever policy says of them."""
    with only_run(settings.store, "apply"), Reconcile(settings) as reconcile:
        sessions = [session for session in reconcile.sessions() if names(session, target)]
        if not sessions:
            raise UsageError(
                f"{target}: no live session has this MAC, device name, device id or key; see radtune sessions"
            )
        if dry_run:
            return _dry_run(settings, output, sessions)
        results = list(reconcile.by_hand(sessions))
    for problem in reconcile.problems:
        output.problem(problem)
    for session, reply in results:
        output.line(f"{session.key}: {reply.state} ({reply.answer})")
        if reply.state != "acknowledged":
            output.problem(f"not disconnected: {session.key}: {reply.answer}")
    if output.as_json:
        output.json(
            [{"session": session.key, "state": reply.state, "answer": reply.answer} for session, reply in results]
        )
    return ExitCode.OK if all(reply.state == "acknowledged" for _, reply in results) else ExitCode.NOT_ENFORCED


def _dry_run(settings: Settings, output: Output, sessions: list[Session]) -> int:
    """Say what would be sent for these sessions, and what stands in its way."""
    ready = True
    would: list[dict[str, str]] = []
    for nas, batch in by_nas(settings, sessions).items():
        for session in batch:
            obstacle = obstacle_to(settings, nas, session)
            who = session.device_name or session.facts.user_name
            send = "" if nas is None or obstacle else " ".join(command(nas))
            would.append({"session": session.key, "send": send, "obstacle": obstacle})
            if not send:
                ready = False
                output.problem(f"can't disconnect {session.key} ({who}): {obstacle}")
            else:
                output.line(f"would disconnect {session.key} ({who}): {send}")
    if output.as_json:
        output.json(would)
    return ExitCode.OK if ready else ExitCode.NOT_ENFORCED


def names(session: Session, target: str) -> bool:
    """Tell whether `target` is the session's key, MAC (any notation), device id or device name (any case)."""
    mac = parse_mac(target)
    if mac:
        return session.facts.mac == mac
    return target == session.key or (
        target != "" and target.lower() in (session.device_id, session.device_name.lower())
    )
