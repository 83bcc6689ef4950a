"""The syncs of all tenants, one after the other; `radtune sync` is made of them."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.dataclass import dataclass
from radtune.errors import (
    RadtuneError,
    StoreError,
)
from radtune.records.device_and_client import Session
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from radtune_tools.graph.client import Graph
from radtune_tools.graph.credential import expiry_warning
from radtune_tools.graph.deadline import Deadline
from radtune_tools.graph.http import Http
from radtune_tools.graph.signin import SignIn
from radtune_tools.output import Output
from radtune_tools.stores import open_sessions
from radtune_tools.sync.changes import sync_changes
from radtune_tools.sync.device_plan import NOTHING_ACCEPTED, AcceptedCounts, DevicePlan
from radtune_tools.sync.ethernet import complete_macs
from radtune_tools.sync.left_tenants import left_tenants, sync_left_tenants
from radtune_tools.sync.walk import TenantSync
from radtune_tools.sync.whole_sync import failed, sync_all

PING_SECONDS = 60.0
"""The time in which the monitor's URL is tried."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """The options of a sync; `lock_wait` is in seconds."""

    dry_run: bool = False
    check: bool = False
    changes: bool = False
    accepted: AcceptedCounts = NOTHING_ACCEPTED
    lock_wait: float = 0.0
    progress: bool = False

    @property
    def writes(self) -> bool:
        """True if the store may be written."""
        return not self.dry_run and not self.check


class TenantSyncs:
    """The syncs of all tenants, one after the other, and what came of them."""

    def __init__(self, settings: Settings, output: Output, request: SyncRequest) -> None:
        self._settings = settings
        self._output = output
        self._request = request
        self.plans: list[DevicePlan] = []
        self.failures: list[RadtuneError] = []

    def mend(self, store: DeviceStore) -> None:
        """Before a whole sync, mend an index that doesn't fit; raises StoreDamagedError for other damage."""
        if self._request.changes:
            return
        if not store.check():
            if self._request.writes:
                store.mend_index()
            done = "it was made anew" if self._request.writes else "a sync makes it anew"
            self._output.problem(f"{store.directory}: the index did not fit the devices; {done}")

    def run(self, store: DeviceStore) -> None:
        """Sync each tenant, whatever becomes of the others."""
        for tenant in self._settings.tenants:
            whole = True
            try:
                whole = not self._request.changes or not store.sync_state(tenant.name).whole_at
                # Not at each look at changes, which is every minute.
                if whole and (warning := expiry_warning(tenant, datetime.now(UTC))):
                    self._output.problem(warning)
                self._one(tenant, store, whole=whole)
            except RadtuneError as error:
                self.failures.append(error)
                self._output.problem(str(error) if tenant.name in str(error) else f"{tenant.name}: {error}")
                if self._request.writes:
                    listed = any(plan.whole and plan.tenant == tenant.name for plan in self.plans)
                    self._note(store, tenant.name, error, whole=whole and not listed)
        if not self._request.changes and not self.failures:
            self._left_tenants(store)
        if self._settings.sync.ping and self._request.writes and not self._request.changes:
            self._ping(self._settings.sync.ping)

    def _left_tenants(self, store: DeviceStore) -> None:
        names: list[str] = []
        try:
            names = left_tenants(self._settings, store)
            plan = sync_left_tenants(
                self._settings, store, self._request.accepted, self._show, dry_run=not self._request.writes
            )
        except RadtuneError as error:
            self.failures.append(error)
            self._output.problem(str(error))
            for name in names if self._request.writes else ():
                self._note(store, name, error, whole=False)
        else:
            self.plans += [plan] if plan is not None else []

    def _one(self, tenant: Tenant, store: DeviceStore, *, whole: bool) -> None:
        settings, request, output = self._settings, self._request, self._output
        deadline = Deadline(settings.sync.deadline)
        with (
            Http(ca_file=tenant.ca_file, proxy=tenant.proxy, deadline=deadline) as http,
            output.progress(f"{tenant.name}: devices", shown=request.progress) as tick,
        ):
            graph = Graph(tenant, http, SignIn(tenant, http))
            run = TenantSync(
                settings, tenant, graph, request.accepted, self._show, output.problem, tick, dry_run=not request.writes
            )
            entra_status_unknown: Sequence[str] = ()
            if whole:
                plan = sync_all(run, store)
                self.plans.append(plan)
                entra_status_unknown = plan.entra_status_unknown
            # What Entra says is no part of the list.
            if not whole or (tenant.entra_changes and request.writes):
                self.plans.append(sync_changes(run, store, live_sessions(settings), entra_status_unknown))
            if tenant.ethernet_macs and request.writes:
                try:
                    complete_macs(run, store)
                except RadtuneError as error:
                    # The sync itself went well.
                    output.problem(f"{tenant.name}: the Ethernet MACs could not be asked for: {error}")

    def _show(self, plan: DevicePlan) -> None:
        for sentence in plan.sentences:
            self._output.line(sentence)
        if plan.unsaid:
            self._output.line(f"and {plan.unsaid} more")
        self._output.line(plan.summary())

    def _note(self, store: DeviceStore, tenant: str, error: RadtuneError, *, whole: bool) -> None:
        """Note that the tenant's sync failed; if that fails as well, the other tenants' syncs go on."""
        try:
            state = store.sync_state(tenant)
            store.put_sync_state(failed(state, error, int(time.time()), whole=whole))
        except StoreError as worse:
            self._output.problem(f"{tenant}: the failure could not be noted: {worse}")

    def _ping(self, url: str) -> None:
        with Http(ca_file=None, proxy="", deadline=Deadline(PING_SECONDS, "sync.ping")) as http:
            if problem := http.ping(url.rstrip("/") + ("/fail" if self.failures else "")):
                self._output.problem(problem)


def live_sessions(settings: Settings) -> list[Session]:
    """Return the live sessions; there are none before the server's first start."""
    if not SessionStore.exists(settings.session_store):
        return []
    with open_sessions(settings) as sessions:
        return list(sessions.sessions())
