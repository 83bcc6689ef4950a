"""The walk over a tenant's whole list: most devices are as they are stored, and cost one look each."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from typing import Any

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.dataclass import dataclass
from radtune.errors import RadtuneError, RefusedError
from radtune.records.device_and_client import Device
from radtune.stores.device_index import RecordRow
from radtune.stores.device_rows import SAME, SOURCE
from radtune.stores.devices import DeviceStore, Sources
from radtune.stores.publication import Staging
from radtune.stores.store import ROWS_AT_ONCE
from radtune_tools.graph.client import Graph
from radtune_tools.graph.managed_device import (
    PROPERTIES,
    check_in_of,
    compliance_of,
    guid,
    salt_of,
    sources_of,
    to_device,
)
from radtune_tools.sync.device_plan import AcceptedCounts, DevicePlan

ASK_ENTRA_AT_MOST = 400
"""Devices of a run whose Entra status is unknown, at most."""


Managed = dict[str, Any]
"""A managedDevice of Graph."""
_UNKNOWN = Device("", "", "", "")
_listed = attrgetter(*(each.name for each in fields(Device)[:-6]))
"""All of a device that Intune's list has; behind it are what else is kept, and the source."""


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
        exceeded = plan.exceeded_limit(self.settings.limits, self.accepted)
        if exceeded:
            raise RefusedError(f"{plan.tenant}: {exceeded}. The store is as it was")


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk over a list, and what it finds.

    sources: what the store has; what the list has as well is taken out
    plan: what differs, counted; staging: the same, set aside
    started: when the sync began, in seconds since the epoch
    """

    run: TenantSync
    store: DeviceStore
    staging: Staging
    sources: Sources
    plan: DevicePlan
    started: int

    def walk(self) -> None:
        """Walk the whole list.

        The list isn't a snapshot. If a device is in it twice, the first one counts; the next look at changes has the
        rest.
        """
        salt, number = salt_of(self.run.tenant), 0
        everything = self.run.graph.managed_devices(PROPERTIES)
        while page := list(islice(everything, ROWS_AT_ONCE)):
            self.run.progress(number := number + len(page))
            others: dict[str, tuple[Managed, str]] = {}
            same: dict[str, tuple[int, object]] = {}
            known = self.sources.pop
            for managed, source in zip(page, sources_of(page, salt), strict=True):
                if known(source, source) is None:
                    same[source] = len(others), managed.get("complianceState")
                elif device_id := guid(managed.get("id")):
                    others.setdefault(device_id, (managed, source))
                else:
                    self.plan.unusable += 1
            records = self.store.records_of(others)
            self._leave_to_the_first(others, records, same)
            self._count((state for _, state in same.values()), checked_in=False)
            self._check_in(others, records)
            self._take_in(others, records)

    def _leave_to_the_first(
        self, others: Iterable[str], records: Mapping[str, RecordRow], same: dict[str, tuple[int, object]]
    ) -> None:
        """Take out of `same` what is as stored, but stands behind another copy of its device in the page.

        same: by source, how many of `others` stood before it, and its compliance state
        """
        for place, device_id in enumerate(others):
            source = records[device_id][2][SOURCE] if device_id in records else ""
            if source in same and place < same[source][0]:
                del same[source]
                self.sources[source] = None

    def _count(self, same: Iterable[object], *, checked_in: bool) -> None:
        for word, count in Counter(map(str, same)).items():
            self.plan.as_before(compliance_of(word.strip()), count, checked_in=checked_in)

    def _check_in(self, listed: dict[str, tuple[Managed, str]], records: Mapping[str, RecordRow]) -> None:
        """Take out those that differ in their last check-in alone."""
        same: list[object] = []
        for device_id, row in records.items():
            managed, source = listed[device_id]
            if row[2][SAME] == source[:24] and self.sources.pop(row[2][SOURCE], "") is None:
                del listed[device_id]
                same.append(managed.get("complianceState"))
                self.staging.check_in(row, source, check_in_of(managed))
        self._count(same, checked_in=True)

    def _take_in(self, listed: Mapping[str, tuple[Managed, str]], records: Mapping[str, RecordRow]) -> None:
        """Read these devices, and set aside what differs from the store."""
        run, plan = self.run, self.plan
        stored = {each: self.store.device(records[each]) for each in listed if each in records}
        # What has a source is in the sources until it is listed.
        again = self.staging.list([each for each in listed if each not in stored or not stored[each].source])
        for device_id, (managed, source) in listed.items():
            record, before = records.get(device_id), stored.get(device_id)
            if device_id in again or (before is not None and before.source and before.source not in self.sources):
                continue
            device = to_device(managed, run.tenant.name, source)
            if before is not None:
                self.sources.pop(before.source, None)
                self._check_owner(before)
            plan.seen += 1
            plan.stored += before is not None
            after = keep_extras(run.tenant, before, device, self.started)
            if not after.source and len(plan.entra_status_unknown) < ASK_ENTRA_AT_MOST:
                plan.entra_status_unknown.append(after.id)
            if plan.listed(before, after) or before is None or before.source != after.source:
                self.staging.put(after, record, before)

    def _check_owner(self, device: Device) -> None:
        settings, tenant = self.run.settings, self.run.tenant.name
        if device.tenant != tenant and device.tenant in {each.name for each in settings.tenants}:
            raise RadtuneError(
                f"{tenant}: Intune lists {device.name} ({device.id}), which is a device of {device.tenant}: two "
                f"entries under intune in {settings.file} are the same tenant; `radtune unlink` one of them"
            )


def read_listed(managed: Managed, tenant: Tenant, plan: DevicePlan) -> Device | None:
    """Return the device that Graph lists; None, counted in the plan, if it has no usable id."""
    try:
        return to_device(managed, tenant.name, next(sources_of((managed,), salt_of(tenant))))
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
