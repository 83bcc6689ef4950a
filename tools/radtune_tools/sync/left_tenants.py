"""The devices of tenants that are no longer in settings: kept for a while, then forgotten."""

import time
from collections.abc import Callable

from radtune.config.settings import Settings
from radtune.errors import RefusedError
from radtune.stores.devices import DeviceStore
from radtune.stores.publication import Staging
from radtune_tools.sync.device_plan import AcceptedCounts, DevicePlan
from radtune_tools.sync.whole_sync import lose, succeeded


def left_tenants(settings: Settings, store: DeviceStore) -> list[str]:
    """Return the tenants that the store has devices of, and settings don't have."""
    return sorted(set(store.synced_at()) - {tenant.name for tenant in settings.tenants})


def sync_left_tenants(
    settings: Settings,
    store: DeviceStore,
    accepted: AcceptedCounts,
    show: Callable[[DevicePlan], None],
    *,
    dry_run: bool,
) -> DevicePlan | None:
    """Keep for a while, then forget, the devices of tenants that settings don't have; None if there are none.

    The limits count all devices in the store. Call it once each tenant's list is in the store: a tenant that is only
    written otherwise has taken its devices over by then. Raises RefusedError if a limit stands in the way, or if
    settings have no tenant at all and no person has accepted that.
    """
    names = {tenant.name for tenant in settings.tenants}
    left = left_tenants(settings, store)
    if not left or not all(store.sync_state(name).whole_at for name in names):
        return None
    now = int(time.time())
    synced = store.synced_at()
    plan = DevicePlan(", ".join(name for name in left if synced[name]) or ", ".join(left), whole=False)
    with Staging(store) as staging:
        for record in store.records():
            plan.stored += 1
            if (device := store.device(record)).tenant not in names:
                lose(record, device, settings, plan, staging, now)
        show(plan)
        exceeded = plan.exceeded_limit(settings.limits, accepted)
        if not names and plan.missing and accepted.missing != plan.missing:
            exceeded = f"no tenant is left; --accept-missing {plan.missing} lets all devices in the store go"
        if exceeded:
            raise RefusedError(f"{plan.tenant}, no longer under intune: {exceeded}. Its devices are as they were")
        if not dry_run:
            with store.publishing(staging) as publication:
                for name in left:
                    store.put_sync_state(succeeded(store.sync_state(name)))
                if not plan.kept:
                    publication.forget_tenants(names)
    return plan
