"""What Entra says of devices: whether they are enabled, and that Intune's word about one has changed."""

from collections.abc import Mapping
from typing import Any

from radtune.device_store import DeviceStore
from radtune_tools.graph import GoneError
from radtune_tools.looked_at import LookedAt
from radtune_tools.managed_device import guid, yes_or_no
from radtune_tools.sync import Run


def follow_entra(run: Run, store: DeviceStore, link: str, found: LookedAt) -> str:
    """Take in what has changed in Entra since `link` was given; return the link for the next time.

    A device of which Entra and the store say different things is to be asked for: Intune's word counts, not Entra's
    copy of it.
    """
    try:
        _take_in_all(run, store, link, found)
    except GoneError:
        _take_in_all(run, store, "", found)
    return run.graph.delta_link


def _take_in_all(run: Run, store: DeviceStore, link: str, found: LookedAt) -> None:
    for change in run.graph.entra_changes(link):
        _take_in(change, run.tenant.name, store, found)


def _take_in(change: Mapping[str, Any], tenant: str, store: DeviceStore, found: LookedAt) -> None:
    entra_id = guid(change.get("deviceId"))
    # Of a device that was deleted, Entra mostly says no more than an id of its own.
    enabled = "no" if "@removed" in change else yes_or_no(change.get("accountEnabled"))
    compliant = yes_or_no(change.get("isCompliant"))
    for device in store.find("entra_id", entra_id) if entra_id else ():
        if device.tenant != tenant:
            continue
        if enabled:
            found.enabled[device.id] = enabled
        current = found.devices.get(device.id) or device
        if compliant and (compliant == "yes") != (current.compliance == "compliant"):
            found.wanted.add(device.id)
