"""`radtune release`."""

import click

from radtune_tools.cli.options import command
from radtune_tools.commands.quarantine import wait_for_moves
from radtune_tools.context import Context
from radtune_tools.enforce.quarantining import release_device
from radtune_tools.user_and_lock import caller


@command
@click.argument("target", metavar="ID|SERIAL|NAME|MAC")
@wait_for_moves
def release(context: Context, target: str, wait: float) -> int:
    """End the quarantine of a device: Intune's word counts again."""
    by, settings, output = caller(), context.settings(), context.output
    return release_device(settings, output, target, by, wait)
