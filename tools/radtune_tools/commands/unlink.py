"""`radtune unlink`."""

from collections.abc import Sequence
from pathlib import Path

import click

from radtune.config.settings import Settings
from radtune.errors import ExitCode, UsageError
from radtune.stores.devices import DeviceStore
from radtune.text import counted
from radtune_tools.cli.options import command
from radtune_tools.context import Context
from radtune_tools.link.linked_since import note_linked
from radtune_tools.link.questions import agreed
from radtune_tools.output import Output
from radtune_tools.settings_edit.settings_file import Entry, SettingsFile
from radtune_tools.stores import open_devices
from radtune_tools.user_and_lock import as_store_owner


@command
@click.argument("tenant")
@click.option("--remove-secret", is_flag=True, help="Remove the secret's file, too, unless another entry names it.")
@click.option("--yes", is_flag=True, help="Ask no question.")
def unlink(context: Context, tenant: str, remove_secret: bool, yes: bool) -> int:
    """Remove a tenant from the settings.

    Asks, removes the file of settings.d that `link` wrote, and says what becomes of the devices.
    """
    output, file = context.output, SettingsFile(context.settings_file)
    name = tenant.lower()
    at = file.find(name)
    if at is None:
        known = ", ".join(str(entry["tenant"]).lower() for entry in file.tenants) or "none"
        raise UsageError(f"{tenant} isn't linked (linked: {known})")
    target = file.file_of(at)
    others = [entry for index, entry in enumerate(file.tenants) if index != at]
    count = _stored_devices(file.settings, name)
    for sentence in _consequences(name, count, others):
        (output.line if yes else output.instruction)(sentence)
    if not yes and not agreed(f"Unlink {name}?", "--yes"):
        raise UsageError(f"{name} stays linked; nothing was changed")
    file.remove(target)
    output.line(f"{target}: removed; {name} is no longer under intune")
    removed = _remove_secret(file, file.tenants[at], others, output, remove=remove_secret)
    note_linked(file.settings, name, 0, output)
    if output.as_json:
        output.json({"tenant": name, "devices": count, "settings": str(target), "removed": removed})
    return ExitCode.OK


def _stored_devices(settings: Settings, tenant: str) -> int:
    """Return the number of the tenant's devices at its last sync."""
    with as_store_owner(settings):
        if not DeviceStore.exists(settings.device_store):
            return 0
        with open_devices(settings) as store:
            return store.sync_state(tenant).devices


def _consequences(name: str, count: int, others: Sequence[Entry]) -> list[str]:
    """Return what becomes of the devices, in sentences."""
    has = f"the store has {counted(count, 'device')} of {name}"
    if not count:
        return [has]
    if not others:
        return [
            f"{has}; no tenant is left: they stay there, and are stale once stale_after is over, "
            f"until `radtune sync --accept-missing {count}` lets them go"
        ]
    return [
        f"{has}; the next sync counts them as missing: their clients are stale, "
        "and not enrolled after sync.keep_missing",
        "if they are more than the limits allow, that sync refuses and says how to agree",
    ]


def _remove_secret(
    file: SettingsFile, entry: Entry, others: Sequence[Entry], output: Output, *, remove: bool
) -> list[str]:
    """Remove the secret's file if asked to and if nothing else needs it; report each file of the credential."""
    removed = []
    for key in ("client_secret_file", "private_key_file", "passphrase_file", "certificate_file"):
        if key not in entry:
            continue
        path = file.file.parent / entry[key]
        reason = _why_kept(file, path, others, secret=key == "client_secret_file")
        if remove and not reason:
            path.unlink(missing_ok=True)
            removed.append(str(path))
        output.line(f"{path}: {'removed' if remove and not reason else f'kept{reason}'}")
    return removed


def _why_kept(file: SettingsFile, path: Path, others: Sequence[Entry], *, secret: bool) -> str:
    """Return why a file is not to be removed, or ''. Paths are compared as the system sees them."""
    named = [file.file.parent / str(value) for entry in others for key, value in entry.items() if key.endswith("_file")]
    named += [nas.secret_file for nas in file.settings.nas]
    if not secret:
        return "; --remove-secret removes the file of a client secret alone"
    if path.resolve() in {other.resolve() for other in named}:
        return "; another entry names it, too"
    if path.parent.resolve() != file.file.parent.resolve() or path.is_symlink():
        return f"; it isn't a file in {file.file.parent}"
    return ""
