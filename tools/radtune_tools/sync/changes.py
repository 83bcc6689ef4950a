"""Intune -> plan -> store: what has changed since the last look, for a few requests."""

import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from radtune.records.device_and_client import Device, Session
from radtune.records.states import SyncState
from radtune.stores.devices import DeviceStore
from radtune_tools.graph.managed_device import PROPERTIES
from radtune_tools.sync.delta_result import DeltaResult
from radtune_tools.sync.entra import ask_entra, follow_entra
from radtune_tools.sync.plan import DevicePlan
from radtune_tools.sync.unknown import ask_for_unknown
from radtune_tools.sync.whole import Run, graph_clock, keep_extras, read_listed, succeeded

OVERLAP_SECONDS = 300
"""How far a look at changes reaches back behind the last one: Intune shows a check-in some time after it."""
RECHECK_AT_MOST = 400
"""Devices with a live session that one run looks at again."""
_TURN = "recheck"
"""The note of the device up to which they were looked at again."""


def sync_changes(run: Run, store: DeviceStore, live: Sequence[Session], wordless: Sequence[str] = ()) -> DevicePlan:
    """Look at what may have changed, show what would be written, and publish it, or nothing at all.

    Devices that have checked in since the last look; those with a live session that aren't compliant, so that recovery
    is seen at once; and those of live sessions that the store doesn't know. `wordless` are the ids of devices of which
    Entra may have to be asked. How fresh the store is counts from the last whole list all the same. Raises what
    `sync_all` raises.
    """
    started, tenant = int(time.time()), run.tenant.name
    before = store.sync_state(tenant)
    plan = DevicePlan(
        *(tenant, before.devices), complete=False, missing_before=before.missing, turned_before=before.lost_compliance
    )
    found = DeltaResult()
    _checked_in(run, before.watermark, plan, found)
    clock = graph_clock(run.graph, started)
    turn = _turn(live, store, tenant)
    found.wanted.update(turn)
    link = before.entra_link
    if run.tenant.entra_changes:
        link = follow_entra(run, store, link, found)
    _recheck(run, plan, found)
    ask_for_unknown(run, live, store, plan, found, started)
    if run.tenant.entra_changes:
        ask_entra(run, store, wordless, found)
    changed = list(_compare(run, store, found, plan, started, hold=before.refused))
    plan.seen = len(found.devices)
    run.judge(plan)
    if run.dry_run:
        return plan
    state = replace(_after(before, run, plan, changed), changes_at=started, watermark=clock, entra_link=link)
    with store.publishing() as publication:
        for _, device in changed:
            publication.put(device)
        store.put_sync_state(state)
        for key, value in {**found.notes, _TURN: turn[-1] if len(turn) == RECHECK_AT_MOST else None}.items():
            store.put_note(tenant, key, value)
    return plan


def _checked_in(run: Run, watermark: int, plan: DevicePlan, found: DeltaResult) -> None:
    """Read the devices that have checked in since the watermark, which is Graph's own clock."""
    since = datetime.fromtimestamp(max(0, watermark - OVERLAP_SECONDS), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for managed in run.graph.managed_devices(PROPERTIES, f"lastSyncDateTime gt {since}"):
        device = read_listed(managed, run.tenant, plan)
        if device is not None:
            found.devices[device.id] = device


def _turn(live: Iterable[Session], store: DeviceStore, tenant: str) -> list[str]:
    """Return the devices with a live session that weren't compliant when last seen, in order; too many take turns."""
    due = []
    for device_id in sorted({session.device_id for session in live if session.device_id}):
        device = store.get(device_id)
        if device is not None and device.tenant == tenant and (device.compliance != "compliant" or device.gone_since):
            due.append(device_id)
    last = store.note(tenant, _TURN)
    start = bisect_right(due, last) if isinstance(last, str) else 0
    return (due[start:] + due[:start])[:RECHECK_AT_MOST]


def _recheck(run: Run, plan: DevicePlan, found: DeltaResult) -> None:
    """Ask for the devices that are wanted, and that were not read anyhow."""
    wanted = sorted(found.wanted - found.devices.keys())
    for device_id, managed in run.graph.devices(wanted, PROPERTIES):
        found.devices[device_id] = read_listed(managed, run.tenant, plan) if managed is not None else None


def _compare(
    run: Run, store: DeviceStore, found: DeltaResult, plan: DevicePlan, now: int, *, hold: bool
) -> Iterator[tuple[Device | None, Device]]:
    """Yield what is to be written, with what was stored before; a device that isn't there any more is kept as gone.

    With `hold`, what a limit has refused as a whole doesn't come in by pieces: a device that was compliant stays so.
    """
    for device_id in dict.fromkeys((*found.devices, *found.enabled)):
        before = store.get(device_id)
        listed = found.devices.get(device_id)
        if device_id in found.devices and listed is None:
            if before is not None and not before.gone_since and hold:
                plan.held += 1
            elif before is not None and not before.gone_since:
                kept = plan.lost(before, keep=max(1, run.settings.sync.keep_gone), now=now)
                yield before, kept or before
            continue
        after = keep_extras(run.tenant, before, listed, now) if listed is not None else before
        if after is None:
            continue
        after = replace(after, account_enabled=found.enabled.get(device_id, after.account_enabled))
        if hold and before is not None and before.compliance == "compliant" != after.compliance:
            plan.held += 1
        elif plan.listed(before, after):
            yield before, after


def _after(before: SyncState, run: Run, plan: DevicePlan, changed: Iterable[tuple[Device | None, Device]]) -> SyncState:
    """Return the state with what was counted; only a whole list clears its own failures."""
    return replace(
        before if before.full_failed else succeeded(before),
        counts=_counts(before, changed),
        # What a person has agreed to doesn't count again, nor does a device that comes and goes.
        missing=0 if run.agreed.gone == plan.all_missing else plan.all_missing,
        lost_compliance=0
        if run.agreed.turned == plan.all_turned
        else max(0, plan.all_turned - plan.flips["compliant"]),
    )


def _counts(state: SyncState, changed: Iterable[tuple[Device | None, Device]]) -> dict[str, int]:
    """Return the tenant's devices by compliance state, as they are once this is written."""
    counts = dict(state.counts)
    for before, after in changed:
        counts[after.compliance] = counts.get(after.compliance, 0) + 1
        if before is not None and before.tenant == state.tenant:
            counts[before.compliance] = counts.get(before.compliance, 0) - 1
    return {name: count for name, count in counts.items() if count > 0}
