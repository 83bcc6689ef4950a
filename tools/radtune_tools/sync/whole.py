"""Intune -> plan -> store: the whole list of a tenant."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.errors import RadtuneError, RefusedError
from radtune.records.device_and_client import Device
from radtune.records.states import SyncState
from radtune.stores.devices import DeviceStore
from radtune_tools.graph.client import Graph
from radtune_tools.graph.managed_device import PROPERTIES, to_device
from radtune_tools.sync.plan import AcceptedCounts, DevicePlan
from radtune_tools.sync.staging_file import Seen, StagingFile

COUNT_TOLERANCE, COUNT_TOLERANCE_PERCENT = 10, 2.0
"""How far the list and Intune's own count of devices may differ, whichever is more: the count is approximate."""


ASK_AT_MOST = 400
"""Devices of which one run asks Entra, for they came into the store after Entra had spoken of them."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a sync of one tenant works with. `show` is given the plan before anything is written.

    `progress` is told how many devices were read so far.
    """

    settings: Settings
    tenant: Tenant
    graph: Graph
    agreed: AcceptedCounts
    show: Callable[[DevicePlan], None]
    warn: Callable[[str], None]
    progress: Callable[[int], None]
    dry_run: bool = False

    def judge(self, plan: DevicePlan) -> None:
        """Show the plan; raises RefusedError where a limit stands in its way."""
        self.show(plan)
        refusal = plan.refusal(self.settings.limits, self.agreed)
        if refusal:
            raise RefusedError(f"{plan.tenant}: {refusal}. The store is as it was")


def sync_all(run: Run, store: DeviceStore | None) -> DevicePlan:
    """Walk the tenant's whole list, show what would change, and publish it, or nothing at all.

    Raises RefusedError where a limit stands in the way, and what Graph and the store raise; the store is then as it
    was. Without a store everything is new, and nothing is written.
    """
    started = int(time.time())
    before = store.sync_state(run.tenant.name) if store else SyncState(run.tenant.name)
    plan = DevicePlan(run.tenant.name)
    with StagingFile(run.settings.store) as staging:
        seen = _walk(run, store, plan, staging, started)
        clock = graph_clock(run.graph, started)
        _check_count(run, plan.seen)
        if store is not None:
            _find_missing(run, store, plan, staging, seen, started)
        run.judge(plan)
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
    """Return Graph's own time when it was first asked, in seconds since the epoch.

    What changes from then on is for the next look at changes, whether this walk has seen it or not.
    """
    try:
        return int(parsedate_to_datetime(graph.date).timestamp())
    except (ValueError, TypeError):
        return otherwise


def _walk(run: Run, store: DeviceStore | None, plan: DevicePlan, staging: StagingFile, started: int) -> Seen:
    """Walk the whole list and set aside what differs from the store.

    The list isn't a snapshot: a device can be in it twice. What was said first counts, and the next look at changes
    has what has changed since.
    """
    seen = Seen()
    others = {tenant.name for tenant in run.settings.tenants} - {run.tenant.name}
    for number, managed in enumerate(run.graph.managed_devices(PROPERTIES), 1):
        run.progress(number)
        device = read_listed(managed, run.tenant, plan)
        if device is None or not seen.add(device.id):
            continue
        before = store.get(device.id) if store else None
        if before is not None and before.tenant in others:
            raise RadtuneError(
                f"{run.tenant.name}: Intune lists {device.name} ({device.id}), which is a device of {before.tenant}: "
                f"two entries under intune in {run.settings.file} are the same tenant; `radtune unlink` one of them"
            )
        plan.stored += before is not None
        after = keep_extras(run.tenant, before, device, started)
        if run.tenant.entra_changes and after.entra_id and not after.account_enabled:
            plan.wordless += [after.id] if len(plan.wordless) < ASK_AT_MOST else []
        if plan.listed(before, after):
            staging.put(after)
    plan.seen = len(seen)
    return seen


def read_listed(managed: dict[str, object], tenant: Tenant, plan: DevicePlan) -> Device | None:
    """Return the device that Graph lists, or None, counted in the plan, where it has no id to keep it by."""
    try:
        return to_device(managed, tenant.name)
    except ValueError:
        plan.unusable += 1
        return None


def keep_extras(tenant: Tenant, before: Device | None, after: Device, now: int) -> Device:
    """Return the device as listed at `now`, with what the list never holds and was found out earlier.

    What settings don't ask for any more isn't kept: nobody would notice that it has changed.
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


def _find_missing(run: Run, store: DeviceStore, plan: DevicePlan, staging: StagingFile, seen: Seen, now: int) -> None:
    """Set aside what becomes of the tenant's devices that the list doesn't hold."""
    for device_id in store.ids():
        if device_id in seen:
            continue
        device = store.get(device_id)
        if device is not None and device.tenant == run.tenant.name:
            plan.stored += 1
            lose(device, run.settings, plan, staging, now)


def lose(device: Device, settings: Settings, plan: DevicePlan, staging: StagingFile, now: int) -> None:
    """Set aside what becomes of a device that nobody lists any more."""
    kept = plan.lost(device, keep=settings.sync.keep_gone, now=now)
    if kept is None:
        staging.forget(device.id)
    elif kept != device:
        staging.put(kept)


def _check_count(run: Run, seen: int) -> None:
    """Warn where Intune's own count is far from what it listed."""
    try:
        count = run.graph.count()
    except RadtuneError:
        return
    if count is not None and abs(count - seen) > max(COUNT_TOLERANCE, count * COUNT_TOLERANCE_PERCENT / 100):
        run.warn(f"{run.tenant.name}: Intune listed {seen} devices and counts {count}; is the list complete?")
