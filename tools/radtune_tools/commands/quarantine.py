"""`radtune quarantine`."""

import time

import click

from radtune.config.settings import Settings
from radtune.errors import ExitCode
from radtune_tools.cli.options import command, listing, wait_option
from radtune_tools.context import Context
from radtune_tools.enforce.quarantining import quarantine_device, reason_of, row_of, seconds_of
from radtune_tools.listing import Columns
from radtune_tools.output import Output
from radtune_tools.stores import Stores
from radtune_tools.user_and_lock import caller

COLUMNS = Columns(("device", "by", "since", "until", "reason"), ("serial", "id"))


def _seconds(_: click.Context, __: click.Parameter, value: str | None) -> int:
    try:
        return 0 if value is None else seconds_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _reason(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return reason_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


wait_for_moves = wait_option("How long to wait for its live sessions to be moved.")


@command
@click.argument("target", required=False, metavar="[ID|SERIAL|NAME|MAC]")
@click.option("--for", "seconds", callback=_seconds, metavar="TIME", help="For how long, such as 2h; until released.")
@click.option("--reason", default="", callback=_reason, metavar="TEXT", help="Why; the client events show it.")
@wait_for_moves
@listing
def quarantine(context: Context, target: str | None, seconds: int, reason: str, wait: float) -> int:
    """Let a device count as noncompliant for a while.

    Whatever Intune says of it. Without a device, lists those that are quarantined. Exit code 4 says that the policy
    gives it the same as a compliant one.
    """
    by, settings, output = caller(), context.settings(), context.output
    if target is None:
        if seconds or reason:
            raise click.UsageError("which device? radtune devices lists them")
        return _list(settings, output)
    return quarantine_device(settings, output, target, by, seconds, reason, wait)


def _list(settings: Settings, output: Output) -> int:
    """Print the devices that are quarantined now."""
    now = time.time()
    with Stores(settings) as stores:
        found = sorted((each for each in stores.quarantines() if each.holds(now)), key=lambda each: each.at)
    output.table(COLUMNS, map(row_of, found), "no device is quarantined")
    return ExitCode.OK
