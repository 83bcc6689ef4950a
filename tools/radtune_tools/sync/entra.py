"""What Entra says of devices: whether they are enabled, and that Intune's word about one has changed."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from radtune.stores.devices import DeviceStore
from radtune_tools.graph.client import GoneError
from radtune_tools.graph.managed_device import guid, yes_or_no
from radtune_tools.sync.delta_result import DeltaResult
from radtune_tools.sync.whole import ASK_AT_MOST, Run


def follow_entra(run: Run, store: DeviceStore, link: str, found: DeltaResult) -> str:
    """Take in what has changed in Entra since `link` was given; return the link for the next time.

    A device of which Entra and the store say different things is to be asked for: Intune's word counts, not Entra's
    copy of it.
    """
    try:
        _take_in_all(run, store, link, found)
    except GoneError:
        _take_in_all(run, store, "", found)
    return run.graph.delta_link


def _take_in_all(run: Run, store: DeviceStore, link: str, found: DeltaResult) -> None:
    for change in run.graph.entra_changes(link):
        _take_in(change, run.tenant.name, store, found)


def _take_in(change: Mapping[str, Any], tenant: str, store: DeviceStore, found: DeltaResult) -> None:
    key, removed = f"entra/{guid(change.get('id'))}", "@removed" in change
    known = found.notes[key] if key in found.notes else store.note(tenant, key)
    # Of a device that was deleted, Entra mostly says no more than an id of its own.
    entra_id = guid(change.get("deviceId")) or guid(known)
    enabled = "no" if removed else yes_or_no(change.get("accountEnabled"))
    compliant = yes_or_no(change.get("isCompliant"))
    devices = [each for each in store.find("entra_id", entra_id) if each.tenant == tenant] if entra_id else []
    _note(found, key, "" if removed or not devices else entra_id, known)
    for device in devices:
        if enabled:
            found.enabled[device.id] = enabled
        current = found.devices.get(device.id) or device
        if compliant and (compliant == "yes") != (current.compliance == "compliant"):
            found.wanted.add(device.id)


def ask_entra(run: Run, store: DeviceStore, wordless: Iterable[str], found: DeltaResult) -> None:
    """Ask for the devices of which Entra hasn't said whether they are enabled: it did so before they were stored.

    `wordless` are the ids of such as are stored; those that were looked at may be, too. A device that Entra doesn't
    have was deleted there, and counts as disabled.
    """
    due: dict[str, list[str]] = {}
    for device_id in dict.fromkeys((*found.devices, *wordless)):
        before = store.get(device_id)
        device = found.devices.get(device_id, before)
        if device is None or not device.entra_id or device_id in found.enabled:
            continue
        if before is None or before.entra_id != device.entra_id or not before.account_enabled:
            due.setdefault(device.entra_id, []).append(device_id)
    for entra_id, said in run.graph.entra_devices(islice(due, ASK_AT_MOST)):
        enabled = "no" if said is None else yes_or_no(said.get("accountEnabled"))
        found.enabled.update(dict.fromkeys(due[entra_id], enabled))
        if said is not None:
            _note(found, f"entra/{guid(said.get('id'))}", entra_id, "")


def _note(found: DeltaResult, key: str, entra_id: str, known: object) -> None:
    """Have it noted which device an object of Entra's is, '' for none, where that isn't `known`."""
    if key != "entra/" and entra_id != (known or ""):
        found.notes[key] = entra_id or None
