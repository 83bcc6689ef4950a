"""Intune -> plan -> store."""

import time
from collections.abc import Callable

from radtune.device_store import DeviceStore
from radtune.errors import ConfigurationError, Problem, RefusedError
from radtune.settings import Intune, Settings
from radtune.store import TOOL_TIMEOUT
from radtune_tools.access import only_run
from radtune_tools.graph import Graph
from radtune_tools.managed_device import PROPERTIES, to_device
from radtune_tools.plan import Agreed, DeviceChange, DevicePlan


def sync(settings: Settings, *, dry_run: bool, agreed: Agreed, show: Callable[[DevicePlan], None]) -> DevicePlan:
    """List the tenant's devices, show what would change, and publish it, or nothing at all.

    `agreed` is what a person has agreed to beyond the limits. Raises RefusedError where a limit stands in
    the way, and what Graph and the store raise; the store is then as it was.
    """
    if settings.intune is None:
        raise ConfigurationError([Problem(settings.file, 1, "intune", "the key is missing; sync needs it")])
    if dry_run and not DeviceStore.exists(settings.device_store):
        plan = _plan(settings.intune, None)
        show(plan)
        return plan
    with only_run(settings.store, "sync"):
        store = DeviceStore(settings.device_store, create=True, timeout=TOOL_TIMEOUT)
        try:
            started = time.time()
            plan = _plan(settings.intune, store)
            show(plan)
            refusal = plan.refusal(settings.limits, agreed)
            if refusal:
                raise RefusedError(f"{plan.tenant}: {refusal}. The store is as it was")
            if not dry_run:
                changed = ((change.before, change.after) for change in plan.changes)
                store.publish(plan.tenant, changed, plan.gone, synced_at=started)
        finally:
            store.close()
    return plan


def _plan(intune: Intune, store: DeviceStore | None) -> DevicePlan:
    """Walk the whole list and keep what differs from the store, so that memory grows with the changes alone.

    Whatever the store has and the list hasn't is gone, devices of a tenant that settings named before among them.
    """
    plan = DevicePlan(intune.tenant)
    seen: set[str] = set()
    with Graph(intune) as graph:
        for managed in graph.managed_devices(PROPERTIES):
            try:
                device = to_device(managed, intune.tenant)
            except ValueError:
                plan.unusable += 1
                continue
            if device.id in seen:
                continue
            seen.add(device.id)
            before = store.get(device.id) if store else None
            if before != device:
                plan.changes.append(DeviceChange(before, device))
    plan.seen = len(seen)
    for device in store.devices() if store else ():
        plan.stored += 1
        if device.id not in seen:
            plan.gone.append(device)
    return plan
