"""The words and options of `radtune link` and `radtune unlink`."""

from pathlib import Path
from typing import Any

import click

from radtune_tools.cli.group import Command
from radtune_tools.cli.options import FILE, wait_option
from radtune_tools.context import Context
from radtune_tools.link.consent import DEFAULT_PORT


@click.command("link", cls=Command, short_help="Link a tenant, and prove that it works.")
@click.option("--tenant", default="", metavar="ID|DOMAIN", help="The tenant: its id, or a domain of it.")
@click.option("--client-id", metavar="ID", help="Application (client) ID of the app registration.")
@click.option("--cloud", type=click.Choice(["global", "gcc-high", "dod", "china"]), help="Microsoft's cloud.")
@click.option("--client-secret-file", type=FILE, help="File with the client secret's value, in place of a question.")
@click.option("--client-secret-expires", metavar="DATE", help="The day on which the secret expires: 2027-05-01.")
@click.option("--certificate-file", type=FILE, help="Certificate in place of a secret: PEM, or PFX with its key.")
@click.option("--private-key-file", type=FILE, help="PEM private key of that certificate.")
@click.option("--passphrase-file", type=FILE, help="File with the passphrase of the PFX or of the key.")
@click.option(
    "--federated-token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File in which another issuer's token is kept fresh.",
)
@click.option("--managed-identity", type=click.Choice(["azure", "arc"]), help="Sign in as this machine.")
@click.option("--authority", metavar="URL", help="Microsoft's login service, in place of the cloud's.")
@click.option("--graph", metavar="URL", help="Microsoft Graph, in place of the cloud's.")
@click.option("--ca-file", type=FILE, help="PEM file of the CAs to trust for both.")
@click.option("--proxy", metavar="URL", help="Proxy for both; none: no proxy.")
@click.option("--entra-changes", is_flag=True, help="Follow Entra's devices, too; needs Device.Read.All.")
@click.option("--replace", is_flag=True, help="Link a tenant anew that is linked already, without a question.")
@click.option("--consented", is_flag=True, help="An administrator has consented already, in the portal.")
@click.option("--browser/--no-browser", default=None, help="Open a browser, or have its last address pasted.")
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    metavar="PORT",
    help="Port of the redirect URI on this machine.",
)
@wait_option("How long to wait for the consent.", least=1, default=600.0)
@click.pass_obj
def link_command(context: Context, /, tenant: str, **options: Any) -> int:
    """Link a tenant: registration, consent, proof, then its file in settings.d.

    Asks for what is missing. A secret is typed unseen and goes into a file of its own. Whatever fails changes nothing.
    """
    from radtune_tools.commands import link

    names = ("replace", "consented", "browser", "port", "wait")
    steps = {name: options.pop(name) for name in names}
    given = {key: value for key, value in options.items() if value}
    return link.link(context.settings_file, context.output, link.LinkRequest(tenant, given, **steps))


@click.command("unlink", cls=Command, short_help="Remove a tenant from the settings.")
@click.argument("tenant")
@click.option("--remove-secret", is_flag=True, help="Remove the secret's file, too, unless another entry names it.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def unlink_command(context: Context, *, tenant: str, remove_secret: bool, yes: bool) -> int:
    """Remove the file of settings.d that `link` wrote, and say what becomes of the devices."""
    from radtune_tools.commands import unlink

    return unlink.unlink(context.settings_file, context.output, tenant=tenant, remove_secret=remove_secret, yes=yes)
