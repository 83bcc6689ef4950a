"""Intune -> plan -> store: what has changed since the last look, for a few requests."""

import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from radtune.identity.identifiers import certificate_ids, certificate_serials, host_names
from radtune.identity.matching import MANY
from radtune.records.device_and_client import Device, Session
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune_tools.graph.client import InvalidRequestError
from radtune_tools.graph.managed_device import PROPERTIES
from radtune_tools.sync.device_plan import DevicePlan
from radtune_tools.sync.entra import DeltaResult, ask_entra, follow_entra
from radtune_tools.sync.walk import TenantSync, keep_extras, read_listed
from radtune_tools.sync.whole_sync import graph_clock, succeeded

OVERLAP_SECONDS = 300
"""The overlap of two looks at changes: Intune shows a check-in some time after it."""
RECHECK_AT_MOST = 400
"""Devices with a live session that one run looks at again."""
ASK_AGAIN_SECONDS = 60
"""The wait before a device that Intune didn't know is asked for again; doubled each time, up to an hour."""
ASK_UNKNOWN_AT_MOST = 40
"""Unknown devices that one run asks for."""
FORGET_SECONDS = 86400
"""The age at which a note of a device that was asked for is removed."""
NAMES_AT_MOST = 4
"""Names of one client that are asked for."""
_LAST_RECHECKED = "recheck"
"""The note of the device up to which they were looked at again."""


def sync_changes(
    run: TenantSync, store: DeviceStore, live: Sequence[Session], entra_status_unknown: Sequence[str] = ()
) -> DevicePlan:
    """Look at what may have changed, show what would be written, and publish it, or nothing at all.

    It looks at devices that have checked in since the last look; at those with a live session that aren't compliant, so
    that recovery is seen at once; and at those of live sessions that the store doesn't know. The store is as fresh as
    its last whole sync all the same. Raises what `sync_all` raises.
    entra_status_unknown: ids of devices for which Entra may have to be asked.
    """
    started, began, tenant = int(time.time()), time.monotonic(), run.tenant.name
    before = store.sync_state(tenant)
    plan = DevicePlan(tenant, before.devices, whole=False)
    plan.missing_before, plan.lost_compliance_before = before.missing, before.lost_compliance
    found = DeltaResult()
    _checked_in(run, before.watermark, plan, found)
    clock = graph_clock(run.graph, started)
    recheck = _due_for_recheck(live, store, tenant)
    found.to_ask.update(recheck)
    link = follow_entra(run, store, before.entra_link, found) if run.tenant.entra_changes else before.entra_link
    _recheck(run, plan, found)
    _ask_for_unknown(run, live, store, plan, found, started)
    if run.tenant.entra_changes:
        ask_entra(run, store, entra_status_unknown, found)
    changed = list(_compare(run, store, found, plan, started, hold=before.refused))
    plan.seen = len(found.devices)
    run.check_limits(plan)
    if run.dry_run:
        return plan
    state = replace(_after(before, run, plan, changed, began), changes_at=started, watermark=clock, entra_link=link)
    with store.publishing() as publication:
        for _, device in changed:
            publication.put(device)
        store.put_sync_state(state)
        for key, value in {
            **found.notes,
            _LAST_RECHECKED: recheck[-1] if len(recheck) == RECHECK_AT_MOST else None,
        }.items():
            store.put_note(tenant, key, value)
    return plan


def _checked_in(run: TenantSync, watermark: int, plan: DevicePlan, found: DeltaResult) -> None:
    """Read the devices that have checked in since the watermark, which is Graph's own clock."""
    since = datetime.fromtimestamp(max(0, watermark - OVERLAP_SECONDS), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for managed in run.graph.managed_devices(PROPERTIES, f"lastSyncDateTime gt {since}"):
        device = read_listed(managed, run.tenant, plan)
        if device is not None:
            found.devices[device.id] = device


def _due_for_recheck(live: Iterable[Session], store: DeviceStore, tenant: str) -> list[str]:
    """Return the devices with a live session that weren't compliant when last seen; too many take turns."""
    due = []
    for device_id in sorted({session.device_id for session in live if session.device_id}):
        device = store.get(device_id)
        if (
            device is not None
            and device.tenant == tenant
            and (device.compliance != "compliant" or device.missing_since)
        ):
            due.append(device_id)
    last = store.note(tenant, _LAST_RECHECKED)
    start = bisect_right(due, last) if isinstance(last, str) else 0
    return (due[start:] + due[:start])[:RECHECK_AT_MOST]


def _recheck(run: TenantSync, plan: DevicePlan, found: DeltaResult) -> None:
    """Ask for the devices that are to be asked for and were not read anyhow."""
    for device_id, managed in run.graph.devices(sorted(found.to_ask - found.devices.keys()), PROPERTIES):
        found.devices[device_id] = read_listed(managed, run.tenant, plan) if managed is not None else None


def _compare(
    run: TenantSync, store: DeviceStore, found: DeltaResult, plan: DevicePlan, now: int, *, hold: bool
) -> Iterator[tuple[Device | None, Device]]:
    """Yield what is to be written, with what was stored before. A device that Intune no longer has is kept as missing.

    hold: a limit has refused a whole sync, so a device that was compliant stays so; nothing comes in by pieces.
    """
    for device_id in dict.fromkeys((*found.devices, *found.enabled)):
        before = store.get(device_id)
        listed = found.devices.get(device_id)
        if device_id in found.devices and listed is None:
            if before is not None and not before.missing_since and hold:
                plan.held += 1
            elif before is not None and not before.missing_since:
                kept = plan.lost(before, keep=max(1, run.settings.sync.keep_missing), now=now)
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


def _after(
    before: SyncState, run: TenantSync, plan: DevicePlan, changed: Iterable[tuple[Device | None, Device]], began: float
) -> SyncState:
    """Return the state with what was counted, `began` by the monotonic clock; a whole sync clears its own failures."""
    return replace(
        before if before.whole_failed else succeeded(before),
        changes_seconds=time.monotonic() - began,
        counts=_counts(before, changed),
        # What a person has accepted doesn't count again, nor does a device that comes and goes.
        missing=0 if run.accepted.missing == plan.all_missing else plan.all_missing,
        lost_compliance=0
        if run.accepted.lost_compliance == plan.all_lost_compliance
        else max(0, plan.all_lost_compliance - plan.flips["compliant"]),
    )


def _counts(state: SyncState, changed: Iterable[tuple[Device | None, Device]]) -> dict[str, int]:
    """Return the tenant's devices by compliance state, as they are once this is written."""
    counts = dict(state.counts)
    for before, after in changed:
        counts[after.compliance] = counts.get(after.compliance, 0) + 1
        if before is not None and before.tenant == state.tenant:
            counts[before.compliance] = counts.get(before.compliance, 0) - 1
    return {name: count for name, count in counts.items() if count > 0}


def _ask_for_unknown(
    run: TenantSync, live: Iterable[Session], store: DeviceStore, plan: DevicePlan, found: DeltaResult, now: int
) -> None:
    """Ask for the devices of live sessions that the store doesn't know, but not for those that were just asked for."""
    due: dict[tuple[str, str], list[int]] = {}
    for kind, value in dict.fromkeys(name for session in live for name in _names(session, store, found)):
        last, times = store.note(run.tenant.name, f"asked/{kind}/{value}") or (0, 0)
        waits = min(3600, ASK_AGAIN_SECONDS * 2 ** (times - 1)) if times else 0
        if len(due) < ASK_UNKNOWN_AT_MOST and not 0 <= now - last < waits:
            due[kind, value] = [now, min(times + 1, 10)]
    notes: dict[str, list[int] | None] = {f"asked/{kind}/{value}": note for (kind, value), note in due.items()}
    for managed in _answers(run, due):
        device = read_listed(managed, run.tenant, plan)
        if device is not None:
            found.devices.setdefault(device.id, device)
    if notes:
        for key in store.notes(run.tenant.name, "asked/"):
            last, _ = store.note(run.tenant.name, key)
            if now - last >= FORGET_SECONDS:
                notes.setdefault(key, None)
    found.notes.update(notes)


def _names(session: Session, store: DeviceStore, found: DeltaResult) -> Iterator[tuple[str, str]]:
    """Yield the kind and value of what names a session's unknown device: ids, or else serials and names."""
    certificate = session.facts.certificate
    if session.compliance != "not_enrolled" or (certificate is not None and certificate.unclear):
        return
    if certificate is not None and (ids := certificate_ids(certificate)):
        for device_id in ids:
            known = store.get(device_id) or store.find("entra_id", device_id) or device_id in found.devices
            if not known:
                yield "id", device_id
        return
    names = certificate_serials(certificate) if certificate is not None else host_names(session.facts)
    if not any(store.find("serial", name) or store.find("name", name) for name in names):
        yield from (("name", name) for name in names[:NAMES_AT_MOST])


def _answers(run: TenantSync, due: Iterable[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """Yield the devices that these may name, an id first as Intune's, then as Entra's."""
    ids = [value for kind, value in due if kind == "id"]
    by_id = dict(run.graph.devices(ids, PROPERTIES))
    yield from (managed for managed in by_id.values() if managed is not None)
    for kind, value in due:
        if kind == "id" and by_id.get(value) is None:
            yield from _fitting(run, "azureADDeviceId", value)
        elif kind == "name":
            for name in ("serialNumber", "deviceName"):
                yield from _fitting(run, name, value)


def _fitting(run: TenantSync, name: str, value: str) -> Iterator[dict[str, object]]:
    """Yield the devices with this property, MANY at most."""
    quoted = value.replace("'", "''")
    try:
        yield from islice(run.graph.managed_devices(PROPERTIES, f"{name} eq '{quoted}'"), MANY)
    except InvalidRequestError as error:
        run.warn(f"{run.tenant.name}: a live session's device can't be asked for: {error}")
