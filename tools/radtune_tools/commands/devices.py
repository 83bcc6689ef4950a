"""`radtune devices`."""

from collections.abc import Iterator
from heapq import nsmallest
from typing import Any

from radtune.device_store import DeviceStore
from radtune.errors import ExitCode
from radtune.facts import parse_mac
from radtune.records import Device
from radtune.settings import Settings
from radtune.store import TOOL_TIMEOUT
from radtune_tools.output import Output, timestamp

COLUMNS = ("name", "compliance", "user", "os", "os_version", "serial", "macs", "last_check_in", "id")


def devices(settings: Settings, output: Output, *, only: str | None, state: str | None, limit: int) -> int:
    """Print the devices in the store: those that `only` names (id, Entra id, serial, name, MAC), or all in a state."""
    store = DeviceStore(settings.device_store, create=False, timeout=TOOL_TIMEOUT)
    try:
        found = find(store, only) if only else store.devices()
        fitting = (device for device in found if state in (None, device.compliance))
        rows = [_row(device) for device in nsmallest(limit + 1, fitting, key=lambda device: (device.name, device.id))]
        synced = [f"{tenant} synced {timestamp(at)}" for tenant, at in sorted(store.synced_at().items())]
    finally:
        store.close()
    output.table(COLUMNS, rows[:limit], "no such device in the store")
    if len(rows) > limit:
        output.line(f"the first {limit}; --limit shows more")
    for line in synced:
        output.line(line)
    return ExitCode.OK


def find(store: DeviceStore, word: str) -> Iterator[Device]:
    """Yield the devices that `word` names in any way, each once."""
    mac, lower = parse_mac(word), word.lower()
    direct = store.get(lower)
    found = [direct] if direct else []
    found += [*store.find("entra_id", lower), *store.find("serial", lower), *store.find("name", lower)]
    found += store.find("mac", mac) if mac else ()
    yield from {device.id: device for device in found}.values()


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
        "missing_since": timestamp(device.gone_since),
        "management_state": device.management_state,
        "account_enabled": device.account_enabled,
        "id": device.id,
        "entra_id": device.entra_id,
        "tenant": device.tenant,
    }
