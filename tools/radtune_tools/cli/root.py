"""The command line: the words and options of the commands.

A command imports what it runs when it is called, so that no command waits for what only another one needs.
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from radtune import __version__
from radtune.records.device_and_client import INTUNE_STATES, OWN_STATES
from radtune_tools.cli.group import Group
from radtune_tools.cli.link import link_command, unlink_command
from radtune_tools.cli.moves import apply_command, coa_command, plan_command
from radtune_tools.cli.nas import nas_group
from radtune_tools.cli.options import limit_option, listing, moving
from radtune_tools.cli.policy import explain_command, policy_group
from radtune_tools.cli.quarantine import quarantine_command, release_command
from radtune_tools.context import Context

STATES = (*INTUNE_STATES, *OWN_STATES)
EXIT_CODES = """\b
Exit codes:
  0   fine
  1   --check found a difference, a policy test failed, or status isn't
      healthy
  2   wrong command line; no such device, session, event, NAS, tenant or file;
      a question answered by no, or not at all
  3   refused for safety; what the message names stays as it was
  4   not enforced: some sessions are not where the policy wants them, or a
      NAS doesn't obey
  69  unknown: status can't see whether all is well
  70  a bug in radtune
  75  temporary: try again later; a tenant that could not be synced stays as
      it was
  77  not permitted: this user, or the application at Microsoft
  78  settings, policy, store or another file can't be used
  130 interrupted by Ctrl-C, or by Ctrl-D at a question
"""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="radtune")
def cli() -> None:
    """Intune's device compliance in FreeRADIUS: fill the store, judge clients, move sessions.

    The options stand before or behind a command.
    """


@cli.command("sync")
@click.option("--changes", is_flag=True, help="Ask only for what may have changed; cheap enough for every minute.")
@click.option("--dry-run", is_flag=True, help="Print what would change, write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if Intune and the store differ.")
@click.option(
    "--accept-gone", type=int, metavar="N", help="Let N devices vanish though that is over the limits; N must be exact."
)
@click.option(
    "--accept-turned", type=int, metavar="N", help="Let N devices cease to be compliant though that is over the limits."
)
@click.option("--progress", is_flag=True, help="Show how many devices were read so far, on a terminal.")
@click.option(
    "--lock-wait",
    type=click.FloatRange(0, 3600),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for another sync, and another apply, to end; 0 unless given.",
)
@click.option("--apply", "then_apply", is_flag=True, help="Afterwards move sessions, as radtune apply does.")
@moving
@click.pass_obj
def sync_command(
    context: Context,
    /,
    accept_gone: int | None,
    accept_turned: int | None,
    then_apply: bool,
    accept_moves: int | None,
    wait: float,
    **options: Any,
) -> int:
    """Fill the device store from Intune, as a whole or not at all."""
    from radtune_tools.commands import apply, sync
    from radtune_tools.sync.device_plan import AcceptedCounts

    settings, output = context.settings(), context.output
    request = sync.SyncRequest(accepted=AcceptedCounts(accept_gone, accept_turned), **options)
    moves = partial(apply.apply, settings, output, accept_moves=accept_moves, wait=wait)
    moves = partial(moves, lock_wait=request.lock_wait, news=request.changes)
    return sync.sync(settings, output, request, moves if then_apply else None)


@cli.command("events")
@click.argument("only", required=False, metavar="[MAC|USER|DEVICE]")
@limit_option("How many, counted from the newest.", default=50)
@listing
@click.pass_obj
def events_command(context: Context, only: str | None, limit: int) -> int:
    """Show who logged in or was moved, and why.

    Reads the newest file of the events. logrotate keeps the older ones beside it.
    """
    from radtune_tools.commands import events

    return events.events(context.settings(), context.output, limit=limit, only=only)


@cli.command("sessions")
@click.argument("only", required=False, metavar="[MAC|DEVICE|SESSION]")
@click.option("--nas", metavar="NAS", help="Those at an address, network, pattern of NAS-Identifiers, or entry's name.")
@click.option("--compliance", type=click.Choice(STATES), help="Those whose device was in this state at login.")
@click.option("--granted", metavar="OUTCOME", help="Those that were granted this, such as 'vlan 750' or 'vlan*'.")
@click.option("--moving", is_flag=True, help="Those with a move under way.")
@limit_option("How many at most.", default=1000)
@listing
@click.pass_obj
def sessions_command(context: Context, /, limit: int, **options: Any) -> int:
    """Show the live sessions and the moves under way."""
    from radtune_tools.commands import sessions

    return sessions.sessions(context.settings(), context.output, limit=limit, **options)


@cli.command("devices")
@click.argument("only", required=False, metavar="[ID|SERIAL|NAME|MAC]")
@click.option("--state", type=click.Choice(INTUNE_STATES), help="Those in this compliance state.")
@limit_option("How many at most.", default=1000)
@listing
@click.pass_obj
def devices_command(context: Context, only: str | None, state: str | None, limit: int) -> int:
    """Show the devices in the store."""
    from radtune_tools.commands import devices

    return devices.devices(context.settings(), context.output, only=only, state=state, limit=limit)


@cli.command("status")
@click.pass_obj
def status_command(context: Context) -> int:
    """Say how radtune is doing; exit 1 if it isn't well.

    The policy in force in the server, the age of the device store, the live sessions, and the moves that are not
    enforced.
    """
    from radtune_tools.commands import status

    return status.status(context.settings(), context.output)


@cli.command("metrics")
@click.option(
    "--textfile", type=click.Path(path_type=Path), metavar="FILE", help="Write them there, for node_exporter."
)
@click.pass_obj
def metrics_command(context: Context, textfile: Path | None) -> int:
    """Print what status says, for Prometheus."""
    from radtune_tools.commands import metrics

    return metrics.metrics(context.settings(), context.output, textfile=textfile)


for _command in (
    *(link_command, unlink_command, plan_command, apply_command, coa_command, quarantine_command, release_command),
    *(nas_group, explain_command, policy_group),
):
    cli.add_command(_command)
