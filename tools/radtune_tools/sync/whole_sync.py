"""Intune -> plan -> store: the whole sync of a tenant."""

import time
from email.utils import parsedate_to_datetime

from radtune.config.settings import Settings
from radtune.dataclass import replace
from radtune.errors import RadtuneError, RefusedError
from radtune.records.device_and_client import Device
from radtune.records.moves_and_states import SyncState
from radtune.stores.device_index import RecordRow
from radtune.stores.devices import DeviceStore, Sources
from radtune.stores.publication import Staging
from radtune.text import counted
from radtune_tools.graph.client import Graph
from radtune_tools.sync.device_plan import DevicePlan
from radtune_tools.sync.walk import TenantSync, Walk

COUNT_TOLERANCE, COUNT_TOLERANCE_PERCENT = 10, 2.0
"""The difference allowed between the list and Intune's own count, which is approximate: the larger of the two."""


def sync_all(run: TenantSync, store: DeviceStore) -> DevicePlan:
    """Walk the tenant's whole list, show what would change, and publish it, or nothing at all.

    Raises RefusedError if a limit stands in the way, and what Graph and the store raise; the store is then as it was.
    """
    started, began = int(time.time()), time.monotonic()
    before = store.sync_state(run.tenant.name)
    plan = DevicePlan(run.tenant.name)
    sources = store.sources()
    with Staging(store) as staging:
        walked = Walk(run, store, staging, sources, plan, started)
        walked.walk()
        clock = graph_clock(run.graph, started)
        _check_count(run, plan.seen)
        _find_missing(run, store, sources, plan, staging, started)
        run.check_limits(plan)
        if run.dry_run:
            return plan
        state = replace(
            succeeded(before),
            whole_at=started,
            whole_before=before.whole_at,
            changes_at=started,
            watermark=clock,
            refused=False,
            missing=0,
            lost_compliance=0,
            counts=dict(plan.now),
            whole_seconds=time.monotonic() - began,
        )
        with store.publishing(staging) as publication:
            publication.synced(state, (tenant.name for tenant in run.settings.tenants))
            store.put_sync_state(state)
    return plan


def succeeded(state: SyncState) -> SyncState:
    """Return the state without failures."""
    return replace(state, failures=0, failing_since=0, problem="", whole_failed=False)


def failed(state: SyncState, error: RadtuneError, now: int, *, whole: bool) -> SyncState:
    """Return the state with one more failure; `whole`: of a whole sync."""
    return replace(
        state,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        problem=str(error),
        whole_failed=state.whole_failed or whole,
        refused=state.refused or (whole and isinstance(error, RefusedError)),
    )


def graph_clock(graph: Graph, otherwise: int) -> int:
    """Return Graph's own time at its first answer, in seconds since the epoch.

    The next look at changes begins there, whether this walk has seen them or not.
    """
    try:
        return int(parsedate_to_datetime(graph.date).timestamp())
    except (ValueError, TypeError):
        return otherwise


def _find_missing(
    run: TenantSync, store: DeviceStore, sources: Sources, plan: DevicePlan, staging: Staging, now: int
) -> None:
    """Set aside what becomes of the tenant's devices that are not in the list."""
    for record in store.with_sources(sources):
        device = store.device(record)
        if device.tenant == run.tenant.name and not (not device.source and staging.has_listed(device.id)):
            plan.stored += 1
            lose(record, device, run.settings, plan, staging, now)


def lose(record: RecordRow, device: Device, settings: Settings, plan: DevicePlan, staging: Staging, now: int) -> None:
    """Set aside what becomes of a device that Intune no longer lists."""
    kept = plan.lost(device, keep=settings.sync.keep_missing, now=now)
    if kept is None:
        staging.forget(record, device)
    elif kept != device:
        # So that anything that Intune says of it next is news.
        staging.put(replace(kept, source=""), record, device)


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
