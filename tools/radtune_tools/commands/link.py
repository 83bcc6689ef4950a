"""`radtune link`."""

import os
import time
import webbrowser
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant, build_tenant
from radtune.errors import ExitCode, UsageError
from radtune.text import counted
from radtune_tools.cli.options import FILE, command, wait_option
from radtune_tools.context import Context
from radtune_tools.graph.credential import credential, expiry_warning
from radtune_tools.link import consent, proof, questions
from radtune_tools.link.link_entry import Chosen, choose
from radtune_tools.link.linked_since import note_linked
from radtune_tools.link.loopback import Loopback
from radtune_tools.link.registration import CONSENTING_ROLE, identity_steps, registration_steps
from radtune_tools.output import Output
from radtune_tools.settings_edit.settings_file import Entry, SettingsFile, new_secret
from radtune_tools.user_and_lock import as_store_owner, store_group

NO_TENANTS = ("common", "organizations", "consumers")
"""Microsoft takes these in the place of a tenant for a person, but not for an application."""
PATIENCE_SECONDS = 90.0
"""Seconds that a new consent may take to be known everywhere at Microsoft."""


@command
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
@click.option("--replace", is_flag=True, help="If the tenant is linked already, link it anew without a question.")
@click.option("--consented", is_flag=True, help="An administrator has consented already, in the portal.")
@click.option(
    "--browser/--no-browser", default=None, help="Open a browser here; or ask for the address at which it ends."
)
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=consent.DEFAULT_PORT,
    show_default=True,
    metavar="PORT",
    help="Port of the redirect URI on this machine.",
)
@wait_option("How long to wait for the consent.", least=1, default=600.0)
def link(context: Context, /, tenant: str, replace: bool, consented: bool, **options: Any) -> int:
    """Link a tenant, and prove that it works.

    Registration, consent, proof, then its file in settings.d. Asks for what is missing. A secret is typed unseen and
    goes into a file of its own. If a step fails, nothing is changed.
    """
    output, file = context.output, SettingsFile(context.settings_file)
    way = {name: options.pop(name) for name in ("browser", "port", "wait")}
    given = {key: value for key, value in options.items() if value}
    group = store_group(file.settings)
    name = (tenant or questions.ask("Tenant (its id, or a domain such as contoso.com)", "--tenant")).lower()
    if name in NO_TENANTS:
        raise UsageError(f"{name} is no tenant's own name; give its id or a domain of it")
    at = file.find(name)
    old: Entry = {} if at is None else file.tenants[at]
    if old and not replace and not questions.agreed(f"{name} is linked already. Link it anew?", "--replace"):
        raise UsageError(f"{name} is linked already; nothing was changed")
    target = file.new_file(f"intune-{name}") if at is None else file.file_of(at)
    if not consented:
        _show_steps(output, way["port"], {**old, **given})
    chosen = choose(file, name, old, given)
    file.put(target, "intune", [chosen.entry], rehearse=True)
    linked = build_tenant(chosen.entry, file.file.parent)
    if not chosen.secret:
        with as_store_owner(file.settings):
            _check_credential(linked, output)
    asked = not consented and not linked.managed_identity
    if asked:
        _ask_consent(linked, file.settings, output, **way)
    with _secret_of(linked, chosen, group):
        with as_store_owner(file.settings):
            seen = proof.prove_patiently(linked, PATIENCE_SECONDS if asked else 0.0, output.line)
        file.put(target, "intune", [chosen.entry])
    note_linked(file.settings, linked.name, int(time.time()), output)
    _tell(target, linked, seen, old, output)
    return ExitCode.OK


def _show_steps(output: Output, port: int, given: Entry) -> None:
    changes = bool(given.get("entra_changes"))
    if given.get("managed_identity"):
        steps = identity_steps(entra_changes=changes)
    else:
        steps = registration_steps(given.get("cloud", "global"), port, entra_changes=changes)
    for step in steps:
        output.instruction(step)


def _check_credential(tenant: Tenant, output: Output) -> None:
    """Raise the faults of the credential's files before a person does anything at Microsoft."""
    if not tenant.managed_identity:
        credential(tenant)
    if warning := expiry_warning(tenant, datetime.now(UTC)):
        output.problem(warning)


def _ask_consent(
    tenant: Tenant, settings: Settings, output: Output, browser: bool | None, port: int, wait: float
) -> None:
    """Have an administrator consent; raises what `check_answer` raises, and TemporaryError if no answer comes."""
    state = consent.new_state()
    url = consent.consent_url(tenant, port, state)
    please = f"Have a {CONSENTING_ROLE} open this page, look at the permissions, and accept:"
    where = consent.redirect_uri(port)
    if browser is False:
        for line in (please, url, f"The browser then ends at an address that begins with {where}? and shows no page."):
            output.instruction(line)
        query = consent.pasted_query(questions.ask_line("That address"))
    else:
        with Loopback(port, consent.REDIRECT_PATH, partial(consent.is_answer, state=state)) as loopback:
            output.instruction(please)
            output.instruction(url)
            _open_browser(url, browser)
            output.instruction(
                f"Waiting for the answer at {where} for {wait:.0f} seconds. If the browser runs elsewhere, "
                f"let it come here (ssh -L {port}:127.0.0.1:{port} ...), or stop and give --no-browser."
            )
            with as_store_owner(settings):
                query = loopback.receive(wait)
    consent.check_answer(query, state)
    output.line("consent was given")


def _open_browser(url: str, request: bool | None) -> None:  # None is a third answer
    """Open it if there is a desktop; a browser doesn't run as root unless a person says so."""
    desktop = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if request or (desktop and os.geteuid() != 0):
        webbrowser.open(url)


def _secret_of(tenant: Tenant, chosen: Chosen, group: int) -> Any:
    """Return what writes the typed secret's file, and removes it again if what follows fails."""
    if chosen.secret and tenant.client_secret_file is not None:
        return new_secret(tenant.client_secret_file, chosen.secret, group)
    return nullcontext()


def _tell(target: Path, tenant: Tenant, seen: proof.Proof, old: Entry, output: Output) -> None:
    """Show the account as it is linked now."""
    expires = f", expires {tenant.client_secret_expires}" if tenant.client_secret_expires else ""
    who = f"{tenant.name}: {tenant.client_id or 'this machine'} signed in by {tenant.credential_kind}{expires}"
    count = "" if seen.enrolled is None else f"; {counted(seen.enrolled, 'device')} enrolled"
    output.line(f"{who}; permissions: {', '.join(seen.permissions or ()) or 'the token does not say'}")
    for permission in proof.unneeded(tenant, seen):
        output.line(f"{permission} is more than radtune needs: take it away from the application")
    output.line(f"Intune lists {seen.device or 'no device yet'}{count}")
    output.line(f"{target}: {tenant.name} is {'changed' if old else 'added'} under intune")
    former = old.get("client_secret_file")
    if former and target.parent.parent / former != tenant.client_secret_file:
        output.line(f"the former secret's file {former} is not used by this tenant any more")
    output.line("next: radtune sync --dry-run, then radtune sync")
    if output.as_json:
        output.json(
            {
                "tenant": tenant.name,
                "client_id": tenant.client_id,
                "credential": tenant.credential_kind,
                "expires": tenant.client_secret_expires,
                "permissions": None if seen.permissions is None else list(seen.permissions),
                "device": seen.device,
                "enrolled": seen.enrolled,
                "settings": str(target),
                "replaced": bool(old),
            }
        )
