"""Intune -> plan -> store: the whole list of a tenant."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields
from email.utils import parsedate_to_datetime
from itertools import islice
from operator import attrgetter

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.dataclass import dataclass, replace
from radtune.errors import RadtuneError, RefusedError
from radtune.records.device_and_client import Device
from radtune.records.moves_and_states import SyncState
from radtune.stores.device_index import RecordRow
from radtune.stores.devices import DeviceStore, Sources
from radtune.stores.publication import Staging
from radtune.stores.store import ROWS_AT_ONCE
from radtune.text import counted
from radtune_tools.graph.client import Graph
from radtune_tools.graph.managed_device import PROPERTIES, compliance_of, salt_of, source_of, to_device
from radtune_tools.sync.device_plan import AcceptedCounts, DevicePlan

COUNT_TOLERANCE, COUNT_TOLERANCE_PERCENT = 10, 2.0
"""The difference allowed between the list and Intune's own count, which is approximate: the larger of the two."""
_UNKNOWN = Device("", "", "", "")
_listed = attrgetter(*(each.name for each in fields(Device)[:-6]))
"""All of a device that Intune's list has; behind it are what else is kept, and the source."""
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


def sync_all(run: TenantSync, store: DeviceStore) -> DevicePlan:
    """Walk the tenant's whole list, show what would change, and publish it, or nothing at all.

    Raises RefusedError if a limit stands in the way, and what Graph and the store raise; the store is then as it was.
    """
    started = int(time.time())
    before = store.sync_state(run.tenant.name)
    plan = DevicePlan(run.tenant.name)
    sources = store.sources()
    with Staging(store) as staging:
        _walk(run, store, sources, plan, staging, started)
        clock = graph_clock(run.graph, started)
        _check_count(run, plan.seen)
        _find_missing(run, store, sources, plan, staging, started)
        run.check_limits(plan)
        if run.dry_run:
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
        with store.publishing(staging) as publication:
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


def _walk(
    run: TenantSync, store: DeviceStore, sources: Sources, plan: DevicePlan, staging: Staging, started: int
) -> None:
    """Walk the whole list, take what it says out of the sources, and set aside what differs from the store.

    The list isn't a snapshot. If a device is in it twice, the first one counts; the next look at changes has the rest.
    """
    salt, number = salt_of(run.tenant), 0
    everything = run.graph.managed_devices(PROPERTIES)
    while page := list(islice(everything, ROWS_AT_ONCE)):
        run.progress(number := number + len(page))
        compliance: Counter[str] = Counter()
        others: dict[str, Device] = {}
        for managed in page:
            source = source_of(managed, salt)
            if sources.pop(source, source) is None:
                # A record of exactly this is stored.
                compliance[str(managed.get("complianceState"))] += 1
            elif device := read_listed(managed, run.tenant, plan, source):
                others.setdefault(device.id, device)
        plan.seen += compliance.total()
        plan.stored += compliance.total()
        for word, count in compliance.items():
            plan.now[compliance_of(word.strip())] += count
        _take_in(run, store, others, sources, plan, staging, started)


def _take_in(
    run: TenantSync,
    store: DeviceStore,
    listed: Mapping[str, Device],
    sources: Sources,
    plan: DevicePlan,
    staging: Staging,
    started: int,
) -> None:
    """Set aside what differs from the store among these devices."""
    others = {tenant.name for tenant in run.settings.tenants} - {run.tenant.name}
    records, again = store.records_of(listed), staging.list([*listed])
    for device in listed.values():
        record = records.get(device.id)
        before = None if record is None else store.device(record)
        if device.id in again or (before is not None and before.source and before.source not in sources):
            continue  # it was listed before
        if before is not None:
            sources.pop(before.source, None)
            if before.tenant in others:
                raise RadtuneError(
                    f"{run.tenant.name}: Intune lists {device.name} ({device.id}), which is a device of "
                    f"{before.tenant}: two entries under intune in {run.settings.file} are the same tenant; "
                    "`radtune unlink` one of them"
                )
        plan.seen += 1
        plan.stored += before is not None
        after = keep_extras(run.tenant, before, device, started)
        if not after.source:
            plan.entra_status_unknown += [after.id] if len(plan.entra_status_unknown) < ASK_ENTRA_AT_MOST else []
        if plan.listed(before, after) or before is None or before.source != after.source:
            staging.put(after, record, before)


def read_listed(managed: dict[str, object], tenant: Tenant, plan: DevicePlan, source: str = "") -> Device | None:
    """Return the device that Graph lists; None, counted in the plan, if it has no usable id."""
    try:
        return to_device(managed, tenant.name, source or source_of(managed, salt_of(tenant)))
    except ValueError:
        plan.unusable += 1
        return None


def keep_extras(tenant: Tenant, before: Device | None, after: Device, now: int) -> Device:
    """Return the device as listed at `now`, with what earlier requests found out and no list holds.

    What settings no longer ask for isn't kept: it would grow old unseen. As long as a device's status in Entra is
    unknown, it has no source: each list is to find it.
    """
    if before is None:
        before = _UNKNOWN
    enabled = before.account_enabled if tenant.entra_changes and before.entra_id == after.entra_id else ""
    kept = (
        before.ethernet_mac if tenant.ethernet_macs else "",
        before.ethernet_at if tenant.ethernet_macs else 0,
        enabled,
        0,
        before.compliance_since if before.compliance == after.compliance else now,
        "" if tenant.entra_changes and after.entra_id and not enabled else after.source,
    )
    return Device(*(*_listed(after), *kept))


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
    kept = plan.lost(device, keep=settings.sync.keep_gone, now=now)
    if kept is None:
        staging.forget(record, device)
    elif kept != device:
        # Whatever Intune says of it next is news.
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
