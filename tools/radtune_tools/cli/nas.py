"""The words and options of `radtune nas`."""

from pathlib import Path

import click

from radtune.config.nas_profile import METHODS
from radtune.installation import RADDB
from radtune_tools.cli.group import Group
from radtune_tools.cli.options import FILE, listing
from radtune_tools.context import Context

CLIENTS_CONF = RADDB / "clients.conf"


@click.group("nas", cls=Group)
def nas_group() -> None:
    """Work on the NASes that take a CoA."""


@nas_group.command("profiles")
@listing
@click.pass_obj
def nas_profiles_command(context: Context) -> int:
    """Show the profiles that come with radtune."""
    from radtune_tools.commands import nas

    return nas.profiles(context.settings(), context.output)


@nas_group.command("check", short_help="Show what each NAS would be sent; send nothing.")
@click.argument("name", required=False, metavar="[NAS]")
@click.option("--session", metavar="MAC|DEVICE|SESSION", help="Show it for this live session.")
@click.pass_obj
def nas_check_command(context: Context, name: str | None, session: str | None) -> int:
    """Show exactly what each NAS would be sent, and what is missing; send nothing.

    NAS is the name of an entry, or the address or identifier of a NAS.
    """
    from radtune_tools.commands import nas

    if name and session:
        raise click.UsageError("NAS or --session: a session is shown for the NAS that it is on")
    return nas.check(context.settings_whole(), context.output, name=name or "", session=session or "")


@nas_group.command("test", short_help="Prove port, secret and routing of a NAS; nobody is moved.")
@click.argument("name", metavar="NAS")
@click.option("--method", type=click.Choice(METHODS), help="By this method, not the profile's first.")
@click.pass_obj
def nas_test_command(context: Context, name: str, method: str | None) -> int:
    """Ask a NAS for a session that can't exist, to prove port, secret and routing; nobody is moved.

    NAS is the name of an entry, or the address or identifier of a NAS. Exits 0 if the NAS says that it has no such
    session, 4 if it says anything else, 75 if it says nothing.
    """
    from radtune_tools.commands import nas_test

    return nas_test.test(context.settings(), context.output, name=name, method=method or "")


@nas_group.command("import", short_help="Make entries of the clients in clients.conf.")
@click.argument("clients", required=False, type=FILE, metavar="[CLIENTS.CONF]")
@click.option(
    "--write", is_flag=True, help="Write the entries into a file of settings.d, and their secrets into files."
)
@click.pass_obj
def nas_import_command(context: Context, clients: Path | None, write: bool) -> int:
    """Make entries of the clients in FreeRADIUS's clients.conf; print them, but never a secret."""
    from radtune_tools.commands import nas_import

    return nas_import.import_clients(context.settings_file, context.output, clients or CLIENTS_CONF, write=write)
