"""Intune -> plan -> store: the whole list of a tenant, and the devices of tenants that are no longer in settings."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.dataclass import dataclass, replace
from radtune.errors import RadtuneError, RefusedError
from radtune.records.device_and_client import Device
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune.text import counted
from radtune_tools.graph.client import Graph
from radtune_tools.graph.managed_device import PROPERTIES, to_device
from radtune_tools.sync.device_plan import AcceptedCounts, DevicePlan
from radtune_tools.sync.staging import Staging

COUNT_TOLERANCE, COUNT_TOLERANCE_PERCENT = 10, 2.0
"""The difference allowed between the list and Intune's own count, which is approximate: the larger of the two."""
ASK_ENTRA_AT_MOST = 400
"""Devices of a run whose Entra status is unknown, at most."""


@dataclass(frozen=True, slots=True)
class TenantSync:
    """The parts of a sync of one tenant.

    accepted: the counts that a person lets happen though they are over the limits
    show: takes the plan before anything is written
    warn: takes a sentence for the operator
    progress: takes the number of devices read so far
    """

    settings: Settings
    tenant: Tenant
    graph: Graph
    accepted: AcceptedCounts
    show: Callable[[DevicePlan], None]
    warn: Callable[[str], None]
    progress: Callable[[int], None]
    dry_run: bool = False

    def check_limits(self, plan: DevicePlan) -> None:
        """Show the plan; raises RefusedError if a limit stands in its way."""
        self.show(plan)
        refusal = plan.refusal(self.settings.limits, self.accepted)
        if refusal:
            raise RefusedError(f"{plan.tenant}: {refusal}. The store is as it was")


def sync_all(run: TenantSync, store: DeviceStore | None) -> DevicePlan:
    """Walk the tenant's whole list, show what would change, and publish it, or nothing at all.

    Raises RefusedError if a limit stands in the way, and what Graph and the store raise; the store is then as it was.
    Without a store everything is new, and nothing is written.
    """
    started = int(time.time())
    before = store.sync_state(run.tenant.name) if store else SyncState(run.tenant.name)
    plan = DevicePlan(run.tenant.name)
    with Staging(run.settings.store) as staging:
        _walk(run, store, plan, staging, started)
        clock = graph_clock(run.graph, started)
        _check_count(run, plan.seen)
        if store is not None:
            _find_missing(run, store, plan, staging, started)
        run.check_limits(plan)
        if store is None or run.dry_run:
            return plan
        state = replace(
            succeeded(before),
            full_at=started,
            full_before=before.full_at,
            changes_at=started,
            watermark=clock,
            refused=False,
            missing=0,
            lost_compliance=0,
            counts=dict(plan.now),
        )
        with store.publishing() as publication:
            publication.write(staging.read())
            publication.synced(state, (tenant.name for tenant in run.settings.tenants))
            store.put_sync_state(state)
    return plan


def succeeded(state: SyncState) -> SyncState:
    """Return the state without failures."""
    return replace(state, failures=0, failing_since=0, problem="", full_failed=False)


def failed(state: SyncState, error: RadtuneError, now: int, *, full: bool) -> SyncState:
    """Return the state with one more failure; `full`: of a complete list."""
    return replace(
        state,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        problem=str(error),
        full_failed=state.full_failed or full,
        refused=state.refused or (full and isinstance(error, RefusedError)),
    )


def graph_clock(graph: Graph, otherwise: int) -> int:
    """Return Graph's own time at its first answer, in seconds since the epoch.

    The next look at changes begins there, whether this walk has seen them or not.
    """
    try:
        return int(parsedate_to_datetime(graph.date).timestamp())
    except (ValueError, TypeError):
        return otherwise


def _walk(run: TenantSync, store: DeviceStore | None, plan: DevicePlan, staging: Staging, started: int) -> None:
    """Walk the whole list and set aside what differs from the store.

    The list isn't a snapshot. If a device is in it twice, the first one counts; the next look at changes has the rest.
    """
    others = {tenant.name for tenant in run.settings.tenants} - {run.tenant.name}
    for number, managed in enumerate(run.graph.managed_devices(PROPERTIES), 1):
        run.progress(number)
        device = read_listed(managed, run.tenant, plan)
        if device is None or not staging.list(device.id):
            continue
        plan.seen += 1
        before = store.get(device.id) if store else None
        if before is not None and before.tenant in others:
            raise RadtuneError(
                f"{run.tenant.name}: Intune lists {device.name} ({device.id}), which is a device of {before.tenant}: "
                f"two entries under intune in {run.settings.file} are the same tenant; `radtune unlink` one of them"
            )
        plan.stored += before is not None
        after = keep_extras(run.tenant, before, device, started)
        if run.tenant.entra_changes and after.entra_id and not after.account_enabled:
            plan.entra_status_unknown += [after.id] if len(plan.entra_status_unknown) < ASK_ENTRA_AT_MOST else []
        if plan.listed(before, after):
            staging.put(after)


def read_listed(managed: dict[str, object], tenant: Tenant, plan: DevicePlan) -> Device | None:
    """Return the device that Graph lists; None, counted in the plan, if it has no usable id."""
    try:
        return to_device(managed, tenant.name)
    except ValueError:
        plan.unusable += 1
        return None


def keep_extras(tenant: Tenant, before: Device | None, after: Device, now: int) -> Device:
    """Return the device as listed at `now`, with what earlier requests found out and no list holds.

    What settings no longer ask for isn't kept: it would grow old unseen.
    """
    if before is None:
        return replace(after, compliance_since=now)
    same = before.compliance == after.compliance
    after = replace(after, compliance_since=before.compliance_since if same else now)
    if tenant.ethernet_macs:
        after = replace(after, ethernet_mac=before.ethernet_mac, ethernet_at=before.ethernet_at)
    if tenant.entra_changes and before.entra_id == after.entra_id:
        after = replace(after, account_enabled=before.account_enabled)
    return after


def _find_missing(run: TenantSync, store: DeviceStore, plan: DevicePlan, staging: Staging, now: int) -> None:
    """Set aside what becomes of the tenant's devices that are not in the list."""
    for device_id in store.ids():
        if staging.has_listed(device_id):
            continue
        device = store.get(device_id)
        if device is not None and device.tenant == run.tenant.name:
            plan.stored += 1
            lose(device, run.settings, plan, staging, now)


def lose(device: Device, settings: Settings, plan: DevicePlan, staging: Staging, now: int) -> None:
    """Set aside what becomes of a device that Intune no longer lists."""
    kept = plan.lost(device, keep=settings.sync.keep_gone, now=now)
    if kept is None:
        staging.forget(device.id)
    elif kept != device:
        staging.put(kept)


def _check_count(run: TenantSync, seen: int) -> None:
    """Warn if Intune's own count is far from what it listed."""
    try:
        count = run.graph.count()
    except RadtuneError:
        return
    if count is not None and abs(count - seen) > max(COUNT_TOLERANCE, count * COUNT_TOLERANCE_PERCENT / 100):
        run.warn(
            f"{run.tenant.name}: Intune listed {counted(seen, 'device')} and counts {count}; is the list complete?"
        )


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
    if not left or not all(store.sync_state(name).full_at for name in names):
        return None
    now = int(time.time())
    synced = store.synced_at()
    plan = DevicePlan(", ".join(name for name in left if synced[name]) or ", ".join(left), complete=False)
    with Staging(settings.store) as staging:
        for device in store.devices():
            plan.stored += 1
            if device.tenant not in names:
                lose(device, settings, plan, staging, now)
        show(plan)
        refusal = plan.refusal(settings.limits, accepted)
        if not names and plan.missing and accepted.gone != plan.missing:
            refusal = f"no tenant is left; --accept-gone {plan.missing} lets all devices in the store go"
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
