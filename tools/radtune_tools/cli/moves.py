"""The words and options of `radtune plan`, `apply` and `coa`."""

import click

from radtune.config.nas_profile import METHODS
from radtune_tools.cli.group import Command
from radtune_tools.cli.options import listing, moving
from radtune_tools.context import Context
from radtune_tools.user_and_lock import caller


@click.command("plan", cls=Command)
@click.option("--check", is_flag=True, help="Exit 1 if a session would move.")
@listing
@click.pass_obj
def plan_command(context: Context, check: bool) -> int:
    """Show which sessions would move; send nothing."""
    from radtune_tools.commands import plan

    return plan.plan(context.settings(), context.output, check=check)


@click.command("apply", cls=Command)
@click.option("--retry", is_flag=True, help="Send again, by the first method, what was given up as not enforced.")
@moving
@click.pass_obj
def apply_command(context: Context, retry: bool, accept_moves: int | None, wait: float) -> int:
    """Move the sessions that plan shows.

    A CoA without success is sent again, later and later, and then by the next method of the NAS's profile; what is
    left after the last one is not enforced, and status says so.
    """
    from radtune_tools.commands import apply

    return apply.apply(context.settings(), context.output, accept_moves=accept_moves, wait=wait, retry=retry)


@click.command("coa", cls=Command)
@click.argument("target", metavar="MAC|DEVICE|SESSION")
@click.option("--reauthenticate", is_flag=True, help="Let the NAS ask it to log in again.")
@click.option("--disconnect", is_flag=True, help="End its session.")
@click.option("--bounce", is_flag=True, help="Take its port down and up; hits all behind the port.")
@click.option("--dry-run", is_flag=True, help="Print the packets that would be sent, send nothing.")
@click.option("--anyway", is_flag=True, help="Send even while no server runs at which the client could log in again.")
@click.pass_obj
def coa_command(context: Context, /, target: str, dry_run: bool, anyway: bool, **picked: bool) -> int:
    """Move a client by hand: it logs in again and is judged anew.

    By the first method of its NAS's profile, unless told otherwise. SESSION is a key as `radtune sessions` shows it:
    NAS-address/MAC.
    """
    from radtune_tools.commands import coa

    by = caller()
    methods = [name for name in METHODS if picked[name]]
    if len(methods) > 1:
        raise click.UsageError(f"one method: {' or '.join(f'--{name}' for name in methods)}")
    method = next(iter(methods), "")
    return coa.coa(context.settings(), context.output, target, by=by, method=method, dry_run=dry_run, anyway=anyway)
