"""The words and options of `radtune quarantine` and `radtune release`."""

import click

from radtune.policy.patterns import duration
from radtune.text import printable
from radtune_tools.cli.group import Command
from radtune_tools.cli.options import listing, wait_option
from radtune_tools.context import Context
from radtune_tools.user_and_lock import caller

MAX_DAYS = 3650
"""The longest quarantine with an end."""
MAX_REASON = 200


def _seconds(_: click.Context, __: click.Parameter, value: str | None) -> int:
    if value is None:
        return 0
    try:
        seconds = duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds == 0:
        raise click.BadParameter("no time at all; leave it out for a quarantine until it is released")
    if seconds > MAX_DAYS * 86_400:
        raise click.BadParameter(f"{value}: at most {MAX_DAYS}d; leave it out for a quarantine until it is released")
    return seconds


def _reason(_: click.Context, __: click.Parameter, value: str) -> str:
    # A byte that isn't UTF-8 arrives as half a character, which no store and no log takes.
    words = printable(" ".join(value.split()))
    if len(words) > MAX_REASON:
        raise click.BadParameter(f"{len(words)} characters; it may have {MAX_REASON}")
    return words


_wait = wait_option("How long to wait for its live sessions to be moved.")


@click.command("quarantine", cls=Command, short_help="Let a device count as noncompliant for a while.")
@click.argument("target", required=False, metavar="[ID|SERIAL|NAME|MAC]")
@click.option("--for", "seconds", callback=_seconds, metavar="TIME", help="For how long, such as 2h; until released.")
@click.option("--reason", default="", callback=_reason, metavar="TEXT", help="Why; the client events show it.")
@_wait
@listing
@click.pass_obj
def quarantine_command(context: Context, target: str | None, seconds: int, reason: str, wait: float) -> int:
    """Let a device count as noncompliant, whatever Intune says; without one, list those that do.

    Exit code 4 says that the policy gives it the same as a compliant one.
    """
    from radtune_tools.commands import quarantine

    by, settings = caller(), context.settings()
    if target is not None:
        request = quarantine.QuarantineRequest(target, by, seconds, reason)
        return quarantine.quarantine(settings, context.output, request, wait)
    if seconds or reason:
        raise click.UsageError("which device? radtune devices lists them")
    return quarantine.quarantined(settings, context.output)


@click.command("release", cls=Command)
@click.argument("target", metavar="ID|SERIAL|NAME|MAC")
@_wait
@click.pass_obj
def release_command(context: Context, target: str, wait: float) -> int:
    """End the quarantine of a device: Intune's word counts again."""
    from radtune_tools.commands import quarantine

    by = caller()
    return quarantine.release(context.settings(), context.output, target, by, wait)
