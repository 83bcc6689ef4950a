"""The devices of tenants that are no longer in settings."""

import time
from collections.abc import Callable

from radtune.config.settings import Settings
from radtune.errors import RefusedError
from radtune.stores.devices import DeviceStore
from radtune_tools.sync.plan import AcceptedCounts, DevicePlan
from radtune_tools.sync.staging_file import StagingFile
from radtune_tools.sync.whole import lose, succeeded


def left_tenants(settings: Settings, store: DeviceStore) -> list[str]:
    """Return the tenants that the store has devices of, and settings don't have."""
    return sorted(set(store.synced_at()) - {tenant.name for tenant in settings.tenants})


def sync_left_tenants(
    settings: Settings, store: DeviceStore, agreed: AcceptedCounts, show: Callable[[DevicePlan], None], *, dry_run: bool
) -> DevicePlan | None:
    """Keep for a while, then forget, the devices of tenants that settings don't have; None where there are none.

    They are held against all devices in the store. To be called when each tenant's list is in the store: one that is
    only written otherwise has taken its devices over by then. Raises RefusedError where a limit stands in the way, or
    where settings have no tenant at all and nobody has agreed to that.
    """
    names = {tenant.name for tenant in settings.tenants}
    left = left_tenants(settings, store)
    if not left or not all(store.sync_state(name).full_at for name in names):
        return None
    now = int(time.time())
    synced = store.synced_at()
    plan = DevicePlan(", ".join(name for name in left if synced[name]) or ", ".join(left), complete=False)
    with StagingFile(settings.store) as staging:
        for device in store.devices():
            plan.stored += 1
            if device.tenant not in names:
                lose(device, settings, plan, staging, now)
        show(plan)
        refusal = plan.refusal(settings.limits, agreed)
        if not names and plan.missing and agreed.gone != plan.missing:
            refusal = f"no tenant is left; --accept-gone {plan.missing} lets the {plan.missing} devices in the store go"
        if refusal:
            raise RefusedError(f"{plan.tenant}, no longer under intune: {refusal}. Its devices are as they were")
        if not dry_run:
            with store.publishing() as publication:
                publication.write(staging.read())
                for name in left:
                    store.put_sync_state(succeeded(store.sync_state(name)))
                if not plan.kept:
                    publication.forget_tenants(names)
    return plan
