"""`radtune devices`."""

from heapq import nsmallest
from typing import Any

import click

from radtune.errors import ExitCode
from radtune.records.device_and_client import INTUNE_STATES, Device
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command, limit_option, listing
from radtune_tools.context import Context
from radtune_tools.listing import Columns
from radtune_tools.output import timestamp
from radtune_tools.stores import NO_DEVICE, find_devices, open_devices

COLUMNS = Columns(
    ("name", "compliance", "user", "last_check_in"),
    (
        *("serial", "os", "os_version", "macs", "compliance_since", "id", "entra_id", "ethernet_mac", "enrolled"),
        *("missing_since", "management_state", "account_enabled", "tenant"),
    ),
)


@command
@click.argument("only", required=False, metavar="[ID|SERIAL|NAME|MAC]")
@click.option("--state", type=click.Choice(INTUNE_STATES), help="Those in this compliance state.")
@limit_option("How many at most.", default=1000)
@listing
def devices(context: Context, only: str | None, state: str | None, limit: int) -> int:
    """Show the devices in the store."""
    settings, output = context.settings(), context.output
    with open_devices(settings) as store:
        named = list(find_devices(store, only)) if only else []
        found = named if only else store.devices()
        fitting = (device for device in found if state in (None, device.compliance))
        rows = [_row(device) for device in nsmallest(limit + 1, fitting, key=lambda device: (device.name, device.id))]
        synced = [f"{tenant} synced {timestamp(at)}" for tenant, at in sorted(store.synced_at().items())]
    output.table(COLUMNS, rows, "" if only and not named else "no device fits", limit)
    for line in synced:
        output.line(line)
    if only and not named:
        raise no_such(only, NO_DEVICE)
    return ExitCode.OK


def _row(device: Device) -> dict[str, Any]:
    return {
        "name": device.name,
        "compliance": device.compliance,
        "compliance_since": timestamp(device.compliance_since),
        "user": device.user,
        "os": device.os,
        "os_version": device.os_version,
        "serial": device.serial,
        "macs": list(device.macs),
        "ethernet_mac": device.ethernet_mac,
        "last_check_in": timestamp(device.last_check_in),
        "enrolled": timestamp(device.enrolled_at),
        "missing_since": timestamp(device.missing_since),
        "management_state": device.management_state,
        "account_enabled": device.account_enabled,
        "id": device.id,
        "entra_id": device.entra_id,
        "tenant": device.tenant,
    }
