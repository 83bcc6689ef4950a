"""Intune -> plan -> store, with a list in the place of Graph."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType

import pytest

from radtune.device_store import DeviceStore
from radtune.errors import ConfigurationError, RefusedError, TemporaryError
from radtune.settings import Settings, read_settings
from radtune_tools import sync as module
from radtune_tools.plan import Agreed, DevicePlan
from radtune_tools.sync import sync
from unit.samples import SETTINGS, TENANT, guid

INTUNE = f"""\
intune:
  tenant: {TENANT}
  client_id: {guid(7)}
  client_secret_file: secret
"""
Managed = dict[str, object]
Sync = Callable[..., DevicePlan]


class Listed:
    """Lists these devices where Graph would; an exception in the list is raised at its place."""

    devices: Sequence[Managed | Exception] = ()

    def __init__(self, _: object) -> None:
        pass

    def __enter__(self) -> "Listed":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        pass

    def managed_devices(self, _: Sequence[str]) -> Iterator[Managed]:
        for device in self.devices:
            if isinstance(device, Exception):
                raise device
            yield device


def managed(number: int, **more: object) -> Managed:
    return {"id": guid(number), "deviceName": f"LAPTOP-{number}", "complianceState": "compliant", **more}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "settings.yaml").write_text(SETTINGS + INTUNE)
    (tmp_path / "store").mkdir()
    return read_settings(tmp_path / "settings.yaml")


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Sync:
    """Return what syncs against a list of devices."""
    monkeypatch.setattr(module, "Graph", Listed)

    def against(*devices: Managed | Exception, dry_run: bool = False, accept_gone: int | None = None) -> DevicePlan:
        monkeypatch.setattr(Listed, "devices", devices)
        return sync(settings, dry_run=dry_run, agreed=Agreed(accept_gone), show=lambda _: None)

    return against


def stored(settings: Settings) -> dict[str, str]:
    """Return name and compliance of the devices in the store."""
    with closing(DeviceStore(settings.device_store, create=True, timeout=1.0)) as store:
        return {device.name: device.compliance for device in store.devices()}


def synced_at(settings: Settings) -> float:
    with closing(DeviceStore(settings.device_store, create=True, timeout=1.0)) as store:
        return store.synced_at().get(TENANT, 0.0)


def test_the_first_sync(settings: Settings, run: Sync) -> None:
    plan = run(managed(1), managed(2, complianceState="noncompliant"))
    assert (plan.seen, len(plan.changes), plan.gone) == (2, 2, [])
    assert stored(settings) == {"LAPTOP-1": "compliant", "LAPTOP-2": "noncompliant"}
    assert synced_at(settings) > 0


def test_only_what_differs_is_a_change(settings: Settings, run: Sync) -> None:
    run(managed(1), managed(2))
    before = synced_at(settings)
    plan = run(managed(1), managed(2, complianceState="error"))
    assert [str(change) for change in plan.changes] == [f"changed: LAPTOP-2 ({guid(2)}) compliant -> error"]
    assert synced_at(settings) >= before


def test_a_device_that_is_gone_is_removed(settings: Settings, run: Sync) -> None:
    run(managed(1), managed(2))
    assert [device.name for device in run(managed(1)).gone] == ["LAPTOP-2"]
    assert stored(settings) == {"LAPTOP-1": "compliant"}


def test_a_list_that_breaks_off_changes_nothing(settings: Settings, run: Sync) -> None:
    run(managed(1), managed(2))
    before = synced_at(settings)
    with pytest.raises(TemporaryError):
        run(managed(1, complianceState="error"), TemporaryError("504"))
    assert stored(settings) == {"LAPTOP-1": "compliant", "LAPTOP-2": "compliant"}
    assert synced_at(settings) == before


def test_an_empty_list_is_refused_until_a_person_agrees_to_the_very_number(settings: Settings, run: Sync) -> None:
    run(managed(1), managed(2))
    for agreed in (None, 1, 3):
        with pytest.raises(RefusedError, match=r"Intune lists no device at all.*The store is as it was"):
            run(accept_gone=agreed)
    assert len(stored(settings)) == 2
    run(accept_gone=2)
    assert stored(settings) == {}


def test_many_that_vanish_are_refused(settings: Settings, run: Sync) -> None:
    run(*(managed(number) for number in range(1, 11)))
    with pytest.raises(RefusedError, match="9 of 10 devices would vanish"):
        run(managed(1))
    assert len(stored(settings)) == 10


def test_a_dry_run_changes_nothing(settings: Settings, run: Sync) -> None:
    run(managed(1))
    before = synced_at(settings)
    assert len(run(managed(1, complianceState="error"), managed(2), dry_run=True).changes) == 2
    assert stored(settings) == {"LAPTOP-1": "compliant"}
    assert synced_at(settings) == before


def test_a_device_listed_twice_counts_once_and_one_without_id_not_at_all(settings: Settings, run: Sync) -> None:
    assert run(managed(1), managed(1, deviceName="AGAIN"), {"deviceName": "NO-ID"}).seen == 1
    assert stored(settings) == {"LAPTOP-1": "compliant"}


def test_the_tenant_written_otherwise_leaves_nothing_behind(
    settings: Settings, run: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(managed(1), managed(2))
    file = settings.file
    file.write_text(file.read_text().replace(TENANT, guid(9)))
    monkeypatch.setattr(Listed, "devices", [managed(1)])
    sync(read_settings(file), dry_run=False, agreed=Agreed(), show=lambda _: None)
    with closing(DeviceStore(settings.device_store, create=True, timeout=1.0)) as store:
        assert [device.id for device in store.devices()] == [guid(1)]
        assert list(store.synced_at()) == [guid(9)]


def test_without_a_tenant_there_is_nothing_to_sync(settings: Settings) -> None:
    settings.file.write_text(SETTINGS)
    with pytest.raises(ConfigurationError, match="intune: the key is missing; sync needs it"):
        sync(read_settings(settings.file), dry_run=False, agreed=Agreed(), show=lambda _: None)


def test_only_one_sync_at_a_time(settings: Settings, run: Sync) -> None:
    def nested() -> None:
        run(managed(1))

    class Impatient(Listed):
        def managed_devices(self, _: Sequence[str]) -> Iterator[Managed]:
            nested()
            yield from ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Graph", Impatient)
        with pytest.raises(TemporaryError, match="another sync is running"):
            sync(settings, dry_run=False, agreed=Agreed(), show=lambda _: None)
