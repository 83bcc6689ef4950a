"""`radtune sessions`."""

from typing import Any

import click

from radtune.config.settings import Settings
from radtune.errors import ExitCode, UsageError
from radtune.policy.nas_directory import NasIndex, NasList
from radtune.policy.patterns import pattern_test
from radtune.records.device_and_client import INTUNE_STATES, OWN_STATES, Session
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command, limit_option, listing
from radtune_tools.commands.coa import NO_SESSION, names
from radtune_tools.context import Context
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.listing import Columns
from radtune_tools.output import Output, timestamp

COLUMNS = Columns(
    ("session", "device", "granted", "since", "move"),
    (
        *("compliance", "user", "port", "nas", "auth_type", "seen", "rule"),
        *("mac", "device_id", "acct_session_id"),
    ),
)


@command
@click.argument("only", required=False, metavar="[MAC|DEVICE|SESSION]")
@click.option("--nas", metavar="NAS", help="Those at an address, network, pattern of NAS-Identifiers, or entry's name.")
@click.option(
    "--compliance",
    type=click.Choice((*INTUNE_STATES, *OWN_STATES)),
    help="Those whose device was in this state at login.",
)
@click.option("--granted", metavar="OUTCOME", help="Those that were granted this, such as 'vlan 750' or 'vlan*'.")
@click.option("--moving", is_flag=True, help="Those with a move under way.")
@limit_option("How many at most.", default=1000)
@listing
def sessions(
    context: Context,
    only: str | None,
    nas: str | None,
    compliance: str | None,
    granted: str | None,
    moving: bool,
    limit: int,
) -> int:
    """Show the live sessions and the moves under way."""
    settings, output = context.settings(), context.output
    index, outcomes = _nas_index(settings, nas), pattern_test([granted or "*"])
    with Reconcile(settings) as reconcile:
        moves = {progress.move.key: progress.to for progress in reconcile.progress()}
        live = list(reconcile.sessions())
    on_nas = [each for each in live if index is None or _is_on(each, index)]
    found = [each for each in on_nas if only is None or names(each, only)]
    found = [each for each in found if compliance in (None, each.compliance) and outcomes(each.granted)]
    found = [each for each in found if each.key in moves or not moving]
    rows = (_row(session, moves.get(session.key, "")) for session in found[: limit + 1])
    if only is not None and not any(names(session, only) for session in live):
        output.table(COLUMNS, rows, "", limit)
        raise no_such(only, NO_SESSION)
    output.table(COLUMNS, rows, f"no live session fits (of {len(live)})" if live else "no live sessions", limit)
    if nas and not on_nas:
        _warn_of(settings, output, nas)
    return ExitCode.OK


def _warn_of(settings: Settings, output: Output, nas: str) -> None:
    """Warn of a NAS without sessions, unless it is the name of an entry."""
    names = [entry.name for entry in settings.nas]
    if nas not in names:
        known = f"there are {', '.join(names)}" if names else "there are none"
        said = "is no NAS of a live session, and no entry under nas has this name"
        output.problem(f"warning: --nas {nas} {said}; {known}")


def _nas_index(settings: Settings, nas: str | None) -> NasIndex | None:
    """Return an index of this NAS, or of the NASes in the entry of that name; None for no NAS."""
    if nas is None:
        return None
    named = next((entry.nas for entry in settings.nas if entry.name == nas), (nas,))
    try:
        return NasIndex([NasList("asked for", named)])
    except ValueError as error:
        raise UsageError(f"--nas {error}") from None


def _is_on(session: Session, nas: NasIndex) -> bool:
    return bool(nas.lists_of(session.facts.nas_address, session.facts.nas_identifier))


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
        "nas_address": facts.nas_address,
        "nas_claimed": facts.nas_claimed,
        "port": facts.nas_port_id or facts.nas_port or facts.ssid,
        "acct_session_id": facts.acct_session_id,
        "granted": session.granted,
        "rule": session.rule,
        "compliance": session.compliance,
        "since": timestamp(session.granted_at),
        "seen": timestamp(session.seen_at),
        "move": move,
    }
