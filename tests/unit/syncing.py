"""A fleet in the place of Graph, and syncs of it into a store, by a clock that is moved by hand."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

from radtune.config.settings import Settings, read_settings
from radtune.records.device_and_client import Certificate, Device, Facts, Session
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune_tools.graph.managed_device import PROPERTIES
from radtune_tools.sync.changes import sync_changes
from radtune_tools.sync.device_plan import NOTHING_ACCEPTED, AcceptedCounts, DevicePlan
from radtune_tools.sync.ethernet import complete_macs
from radtune_tools.sync.left_tenants import sync_left_tenants
from radtune_tools.sync.walk import TenantSync
from radtune_tools.sync.whole_sync import sync_all
from unit.clock import Clock
from unit.samples import NOW, SETTINGS, TENANT, guid, rows

OTHER = "fabrikam.example"
Managed = dict[str, Any]


def managed(number: int, **more: Any) -> Managed:
    """Return a managedDevice of Graph: compliant, and checked in long ago."""
    made = {"id": guid(number), "deviceName": f"LAPTOP-{number}", "complianceState": "compliant"}
    return {**made, "lastSyncDateTime": "2026-01-01T00:00:00Z", **more}


def checked_in(seconds: float) -> dict[str, str]:
    """Return the property of a device that checked in then."""
    return {"lastSyncDateTime": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"}


class Intune:
    """Graph of one tenant. `listed` are managedDevices, and exceptions that are raised at their place.

    `asked` are the conditions of the lists that were asked for ('' for all), and the ids; `said_nothing` are the ids
    that it gives no answer for; `entra` are Entra's changes, or exceptions, by the link, `entra_devices_there` its
    devices, and `entra_asked` those that it was asked for.
    """

    def __init__(self, *listed: Managed | Exception) -> None:
        self.listed: Sequence[Managed | Exception] = listed
        self.counted: int | Exception | None = None
        self.said_nothing: set[str] = set()
        self.entra: dict[str, list[dict[str, Any]] | Exception] = {}
        self.entra_devices_there: dict[str, dict[str, Any]] = {}
        self.asked: list[str | list[str]] = []
        self.entra_asked: list[list[str]] = []
        self.date = formatdate(NOW, usegmt=True)
        self.delta_link = ""

    def managed_devices(self, properties: Sequence[str], condition: str = "") -> Iterator[Managed]:
        """Yield those that fit the condition."""
        assert properties == PROPERTIES
        self.asked.append(condition)
        for device in self.listed:
            if isinstance(device, Exception):
                raise device
            if _fits(device, condition):
                yield device

    def count(self) -> int | None:
        """Return what Intune counts."""
        if isinstance(self.counted, Exception):
            raise self.counted
        return self.counted

    def devices(self, ids: Sequence[str], properties: Sequence[str]) -> Iterator[tuple[str, Managed | None]]:
        """Yield each by its id."""
        assert {"id"} <= set(properties)
        if ids:
            self.asked.append(list(ids))
        there = {device["id"]: device for device in self.listed if not isinstance(device, Exception)}
        yield from ((each, there.get(each)) for each in ids if each not in self.said_nothing)

    def entra_devices(self, ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield each by its deviceId."""
        wanted = list(ids)
        self.entra_asked += [wanted] if wanted else []
        yield from ((each, self.entra_devices_there.get(each)) for each in wanted if each not in self.said_nothing)

    def entra_changes(self, link: str) -> Iterator[dict[str, Any]]:
        """Yield what has changed since the link."""
        found = self.entra[link]
        if isinstance(found, Exception):
            raise found
        yield from found
        self.delta_link = f"{link}+"


def _fits(device: Managed, condition: str) -> bool:
    if not condition:
        return True
    found = re.fullmatch(r"(\w+) (gt|eq) '?(.+?)'?", condition)
    assert found is not None
    name, word, value = found.groups()
    mine, wanted = str(device.get(name, "")).lower(), value.replace("''", "'").lower()
    return mine > wanted if word == "gt" else mine == wanted


class Syncs:
    """Settings with two tenants, and a store, in a directory; to be closed."""

    def __init__(self, directory: Path, clock: Clock, sync: str = "", tenant: str = "", more: str = "") -> None:
        """Write the settings, with this in `sync:` and for the first tenant, and with more lines."""
        self.directory, self.clock = directory, clock
        self.told: list[DevicePlan] = []
        self.warned: list[str] = []
        self.ticks: list[int] = []
        self._store: DeviceStore | None = None
        (directory / "store").mkdir(exist_ok=True)
        self.write(f"{{{sync}}}", [TENANT, OTHER], tenant, more)

    def write(self, sync: str, tenants: Iterable[str], tenant: str = "", more: str = "") -> None:
        """Write settings with these tenants; `tenant` are more lines of the first one."""
        lines = [f"  - {{tenant: {name}, client_id: {guid(7)}, client_secret_file: secret}}" for name in tenants]
        lines[:1] = [line.replace("}", f"{', ' + tenant if tenant else ''}}}") for line in lines[:1]]
        text = "\n".join([f"{SETTINGS}sync: {sync}", *(["intune:", *lines] if lines else []), more])
        (self.directory / "settings.yaml").write_text(text)
        self.settings: Settings = read_settings(self.directory / "settings.yaml")

    def _run(self, graph: Intune, name: str, accepted: AcceptedCounts, *, dry_run: bool) -> TenantSync:
        (tenant,) = (each for each in self.settings.tenants if each.name == name)
        self.ticks.clear()
        return TenantSync(
            settings=self.settings,
            tenant=tenant,
            graph=graph,  # type: ignore[arg-type]  # what syncs need of a Graph
            accepted=accepted,
            show=self.told.append,
            warn=self.warned.append,
            progress=self.ticks.append,
            dry_run=dry_run,
        )

    @property
    def store(self) -> DeviceStore:
        """The store, made at first use; to open it each time would be slow."""
        if self._store is None:
            self._store = DeviceStore(self.settings.device_store, create=True, timeout=1.0)
        return self._store

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()

    def all(
        self, graph: Intune, name: str = TENANT, *, accepted: AcceptedCounts = NOTHING_ACCEPTED, dry_run: bool = False
    ) -> DevicePlan:
        """Do a whole sync."""
        return sync_all(self._run(graph, name, accepted, dry_run=dry_run), self.store)

    def left(self, *, accepted: AcceptedCounts = NOTHING_ACCEPTED, dry_run: bool = False) -> DevicePlan | None:
        """Sync what is left of tenants that settings don't have."""
        return sync_left_tenants(self.settings, self.store, accepted, self.told.append, dry_run=dry_run)

    def changes(
        self,
        graph: Intune,
        *live: Session,
        name: str = TENANT,
        accepted: AcceptedCounts = NOTHING_ACCEPTED,
        dry_run: bool = False,
        entra_status_unknown: Sequence[str] = (),
    ) -> DevicePlan:
        """Look at changes."""
        return sync_changes(self._run(graph, name, accepted, dry_run=dry_run), self.store, live, entra_status_unknown)

    def macs(self, graph: Intune) -> int:
        """Ask for Ethernet MACs."""
        return complete_macs(self._run(graph, TENANT, NOTHING_ACCEPTED, dry_run=False), self.store)

    def devices_by_id(self) -> dict[str, Device]:
        """Return the devices in the store, by id."""
        return {device.id: device for device in self.store.devices()}

    def devices(self) -> dict[str, Device]:
        """Return the devices in the store, by name."""
        return {device.name: device for device in self.devices_by_id().values()}

    def compliance(self) -> dict[str, str]:
        """Return the compliance of each, with `missing ` before that of those that are kept."""
        return {
            name: f"{'missing ' if each.missing_since else ''}{each.compliance}"
            for name, each in self.devices().items()
        }

    def rows(self) -> dict[str, str | None]:
        """Return everything in the store."""
        return rows(self.store)

    def state(self, name: str = TENANT) -> SyncState:
        """Return how the tenant's syncs went."""
        return self.store.sync_state(name)

    def synced_at(self) -> dict[str, float]:
        """Return when each tenant's last whole sync began."""
        return self.store.synced_at()


def live(device_id: str = "", compliance: str = "compliant", user: str = "", **names: Any) -> Session:
    """Return a session of this device; with names, of a client with them in its certificate."""
    certificate = Certificate(**names) if names else None
    facts = Facts(certificate=certificate, user_name=user, user_verified=bool(user), nas_address="192.0.2.1")
    return Session(facts, "vlan 1", NOW, compliance=compliance, device_id=device_id)
