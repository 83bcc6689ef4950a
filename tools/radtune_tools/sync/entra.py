"""Entra's devices: which of them are enabled, and which of them Intune has to be asked for again."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from radtune.dataclass import dataclass, field
from radtune.records.device_and_client import Device
from radtune.stores.devices import DeviceStore
from radtune_tools.graph.client import GoneError
from radtune_tools.graph.managed_device import guid, yes_or_no
from radtune_tools.sync.walk import ASK_ENTRA_AT_MOST, TenantSync


@dataclass(slots=True)
class DeltaResult:
    """The findings of a look at changes.

    devices: by their ids what Intune says, None for what it doesn't have
    enabled: by the same ids whether Entra calls the device enabled, yes or no
    to_ask: the ids of devices that Intune is still to be asked for
    notes: what to keep with the store, by key; None is to be forgotten
    """

    devices: dict[str, Device | None] = field(default_factory=dict)
    enabled: dict[str, str] = field(default_factory=dict)
    to_ask: set[str] = field(default_factory=set)
    notes: dict[str, Any] = field(default_factory=dict)


def follow_entra(run: TenantSync, store: DeviceStore, link: str, found: DeltaResult) -> str:
    """Take in what has changed in Entra since `link` was given; return the link for the next time.

    If Entra and the store differ about a device, Intune is to be asked: its word counts, not Entra's copy of it.
    """
    try:
        _take_in_all(run, store, link, found)
    except GoneError:
        _take_in_all(run, store, "", found)
    return run.graph.delta_link


def _take_in_all(run: TenantSync, store: DeviceStore, link: str, found: DeltaResult) -> None:
    for change in run.graph.entra_changes(link):
        _take_in(change, run.tenant.name, store, found)


def _take_in(change: Mapping[str, Any], tenant: str, store: DeviceStore, found: DeltaResult) -> None:
    key, removed = f"entra/{guid(change.get('id'))}", "@removed" in change
    known = found.notes[key] if key in found.notes else store.note(tenant, key)
    # For a deleted device, Entra mostly gives its own object id only.
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
            found.to_ask.add(device.id)


def ask_entra(run: TenantSync, store: DeviceStore, entra_status_unknown: Iterable[str], found: DeltaResult) -> None:
    """Ask Entra for the devices whose status is unknown: Entra told of it before they were stored.

    entra_status_unknown: the ids of stored ones; those that were looked at may be such, too.
    A device that Entra doesn't have was deleted there, and counts as disabled.
    """
    due: dict[str, list[str]] = {}
    for device_id in dict.fromkeys((*found.devices, *entra_status_unknown)):
        before = store.get(device_id)
        device = found.devices.get(device_id, before)
        if device is None or not device.entra_id or device_id in found.enabled:
            continue
        if before is None or before.entra_id != device.entra_id or not before.account_enabled:
            due.setdefault(device.entra_id, []).append(device_id)
    for entra_id, said in run.graph.entra_devices(islice(due, ASK_ENTRA_AT_MOST)):
        enabled = "no" if said is None else yes_or_no(said.get("accountEnabled"))
        found.enabled.update(dict.fromkeys(due[entra_id], enabled))
        if said is not None:
            _note(found, f"entra/{guid(said.get('id'))}", entra_id, "")


def _note(found: DeltaResult, key: str, entra_id: str, known: object) -> None:
    """Note which device an object of Entra's is, '' for none, unless that is `known`."""
    if key != "entra/" and entra_id != (known or ""):
        found.notes[key] = entra_id or None
