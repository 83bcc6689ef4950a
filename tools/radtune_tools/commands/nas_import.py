"""`radtune nas import`."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from radtune.config.nas_entries import DEFAULT_PROFILE
from radtune.errors import ExitCode, RadtuneError
from radtune.installation import RADDB
from radtune.text import counted
from radtune_tools.cli.options import FILE, command
from radtune_tools.context import Context
from radtune_tools.output import Output
from radtune_tools.settings_edit.client_secret import secret_as_read
from radtune_tools.settings_edit.clients_conf import read_sections
from radtune_tools.settings_edit.nas_import import Found, NotTaken, find_entries
from radtune_tools.settings_edit.settings_file import SettingsFile, in_yaml, new_secret

CLIENTS_CONF = RADDB / "clients.conf"
PROXY_CONF = "proxy.conf"
"""The usual file of the home servers that a client's coa_server names."""


@command
@click.argument("clients", required=False, type=FILE, metavar="[CLIENTS.CONF]")
@click.option(
    "--write", is_flag=True, help="Write the entries into a file of settings.d, and their secrets into files."
)
def nas_import(context: Context, clients: Path | None, write: bool) -> int:
    """Make entries of the clients in FreeRADIUS's clients.conf.

    Prints them, but never a secret.
    """
    clients, output = clients or CLIENTS_CONF, context.output
    file = SettingsFile(context.settings_file, writes=write)
    sections = read_sections(clients)
    if any("coa_server" in section.words for section in sections) and (clients.parent / PROXY_CONF).exists():
        sections += read_sections(clients.parent / PROXY_CONF)
    known = {nas.name: nas.nas for nas in file.settings.nas}
    results = list(find_entries(sections, known, secret_as_read))
    found = [each for each in results if isinstance(each, Found)]
    refused = [each for each in results if isinstance(each, NotTaken)]
    _tell(output, found, refused)
    if not found:
        output.line(f"nothing to import from {clients}")
    elif write:
        output.line(f"{_write(file, found)}: {_entries(found)}; see radtune nas check")
    else:
        it = "it" if len(found) == 1 else "them"
        output.line(f"{_entries(found)}; --write writes {it} into a file of {file.directory}")
    if output.as_json:
        output.json([entry.plain() for entry in found])
    missing = sum(each.needs_attention for each in refused)
    if missing:
        said = f"not taken from {clients}: {counted(missing, 'client')}"
        output.problem(f"{said}; write an entry for each that takes a CoA")
    return ExitCode.CONFIGURATION if missing else ExitCode.OK


def _entries(found: Sequence[Found]) -> str:
    return counted(len(found), "entry", "entries")


def _tell(output: Output, found: Sequence[Found], refused: Sequence[NotTaken]) -> None:
    for each in refused:
        output.problem(each.said)
    for line in in_yaml("nas", [entry.plain() for entry in found]).splitlines() if found else ():
        output.line(line)
    if default := [entry.name for entry in found if not entry.profile]:
        output.line(f"profile {DEFAULT_PROFILE}, for want of a nas_type that has one: {', '.join(default)}")


def _write(file: SettingsFile, entries: Sequence[Found]) -> Path:
    """Write the secrets, and then the file of the entries; nothing if either fails. Return the file."""
    secrets = {file.file.parent / entry.secret_file: entry.secret for entry in entries}
    there = next((secret for secret in secrets if os.path.lexists(secret)), None)
    if there is not None:
        raise RadtuneError(f"{there} is there already; move it away, or write the entry by hand. Nothing was written")
    group, target = file.file.stat().st_gid, file.new_file("nas-import")
    with ExitStack() as written:
        for secret_file, secret in secrets.items():
            written.enter_context(new_secret(secret_file, secret, group))
        file.put(target, "nas", [entry.plain() for entry in entries])
    return target
