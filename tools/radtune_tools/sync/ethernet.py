"""Ethernet MACs, which Intune's list doesn't hold: asked for device by device, a few at each sync."""

import time
from dataclasses import replace
from itertools import islice

from radtune.records.addresses import NO_MACS, parse_mac
from radtune.stores.devices import DeviceStore
from radtune_tools.sync.walk import TenantSync

ASK_AT_MOST = 100
"""Devices that one run asks for: five requests."""
LOOK_AT_MOST = 5000
"""Devices that one run looks at in the store for that."""
ASK_AGAIN_SECONDS = 7 * 86400
"""The age at which a MAC is asked for again; Intune takes the hardware in once in seven days."""


def complete_macs(run: TenantSync, store: DeviceStore) -> int:
    """Ask for the Ethernet MACs of the next devices in turn, and write them down; return how many were asked for."""
    now = int(time.time())
    state = store.sync_state(run.tenant.name)
    due, cursor = _due(store, run.tenant.name, state.cursor, now)
    answers = dict(run.graph.devices(due, ("id", "ethernetMacAddress"))) if due else {}
    if answers or cursor != state.cursor:
        with store.publishing() as publication:
            for device_id, managed in answers.items():
                device = store.get(device_id)
                if device is None:
                    continue
                if managed is not None:
                    mac = parse_mac(str(managed.get("ethernetMacAddress") or ""))
                    device = replace(device, ethernet_mac="" if mac in NO_MACS else mac)
                publication.put(replace(device, ethernet_at=now))
            store.put_sync_state(replace(state, cursor=cursor))
    return len(due)


def _due(store: DeviceStore, tenant: str, after: str, now: int) -> tuple[list[str], str]:
    """Return the devices to ask for, and behind which one the next run goes on; '' after the last one."""
    due: list[str] = []
    looked = 0
    last = ""
    for last in islice(store.ids(after), LOOK_AT_MOST):
        looked += 1
        device = store.get(last)
        if device is None or device.tenant != tenant or device.missing_since:
            continue
        if now - device.ethernet_at >= ASK_AGAIN_SECONDS:
            due.append(last)
        if len(due) >= ASK_AT_MOST:
            return due, last
    return due, last if looked == LOOK_AT_MOST else ""
