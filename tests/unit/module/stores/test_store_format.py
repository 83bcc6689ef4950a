"""A device store that another release has written."""

import sys
from contextlib import closing
from pathlib import Path

import diskcache
import pytest

from radtune.errors import StoreError
from radtune.records.device_and_client import FORMAT
from radtune.stores.devices import DeviceStore
from unit.clock import Clock
from unit.cloud import Cloud
from unit.running import Run
from unit.samples import NOW, TENANT
from unit.syncing import managed


@pytest.fixture
def cloud(office: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Cloud:
    """Return a tenant of one device, and a store of an older format."""
    assert clock.now
    made = Cloud(office, monkeypatch)
    made.fleets[TENANT] = [managed(1)]
    with closing(diskcache.Cache(str(office / "store/devices"))) as cache:
        cache.set("format", "1")
    return made


def test_sync_makes_it_anew_and_says_so(run: Run, cloud: Cloud) -> None:
    store = cloud.office / "store/devices"
    ran = run("sync")
    (aside,) = cloud.office.glob(f"store/devices.replaced-{int(NOW)}-*")
    assert ran.err.splitlines()[0] == (
        f"radtune: {store}: format 1, not {FORMAT}; it was made anew, and the server takes it up by itself. "
        f"The old one is {aside}"
    )
    with closing(DeviceStore(store, create=False, timeout=1.0)) as made:
        assert [device.name for device in made.devices()] == ["LAPTOP-1"]
    assert (aside / "cache.db").exists()


def test_it_stays_where_intune_does_not_answer(run: Run, cloud: Cloud) -> None:
    cloud.instead[TENANT] = (403, {"error": {"code": "Forbidden", "message": "no"}})
    ran = run("sync")
    assert ran.code
    assert f"format 1, not {FORMAT}; it stays until a sync of all tenants has filled a new one" in ran.err
    with closing(diskcache.Cache(str(cloud.office / "store/devices"))) as cache:
        assert cache.get("format") == "1"
    cloud.instead.clear()
    assert run("sync").code == 0
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as made:
        assert [device.name for device in made.devices()] == ["LAPTOP-1"]


@pytest.mark.parametrize("words", [("sync", "--check"), ("sync", "--dry-run"), ("devices",)])
def test_nothing_else_touches_it(run: Run, cloud: Cloud, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert (ran.code, f"format 1, not {FORMAT}; the next `radtune sync` makes it anew" in ran.err) == (78, True)
    assert [file.name for file in (cloud.office / "store").glob("devices*")] == ["devices"]


def test_a_library_that_is_missing_is_told_when_a_store_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "diskcache", None)
    with pytest.raises(StoreError, match="the Python module diskcache is missing; run: "):
        DeviceStore(tmp_path / "devices", create=True, timeout=1.0)
