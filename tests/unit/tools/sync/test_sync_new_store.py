"""`radtune sync` into a store that is new, or takes the place of a damaged one."""

from contextlib import closing
from shutil import rmtree

from radtune.errors import ExitCode
from radtune.identity.matching import find_device
from radtune.stores.devices import DeviceStore
from unit.cloud import Cloud
from unit.running import Run
from unit.samples import NOW, TENANT, by_mac
from unit.syncing import OTHER
from unit.tools.commands.test_sync_command import BUSY, cloud, stored

__all__ = ["cloud"]


def test_until_a_new_store_has_every_tenant_s_devices_it_is_stale(run: Run, cloud: Cloud) -> None:
    rmtree(cloud.office / "store/devices")
    cloud.instead[OTHER] = BUSY
    assert run("sync").code == ExitCode.TEMPORARY
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        assert store.synced_at() == {TENANT: NOW, OTHER: 0.0}
        assert find_device(by_mac("0016cb0000ff"), store).synced_at == 0.0
    cloud.instead.clear()
    assert run("sync").code == 0
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        assert store.synced_at() == {TENANT: NOW, OTHER: NOW}


def test_what_a_killed_sync_has_left_is_in_nobody_s_way(run: Run, cloud: Cloud) -> None:
    for name in ("devices", "devices.new"):
        (cloud.office / f"store/{name}").mkdir(exist_ok=True)
        (cloud.office / f"store/{name}/cache.db").write_bytes(b"")
    assert run("sync").code == 0
    assert "LAPTOP-2" in stored(cloud)


def test_two_stores_that_are_put_aside_in_one_second_are_both_kept(run: Run, cloud: Cloud) -> None:
    for number in (1, 2):
        (cloud.office / "store/devices/cache.db").write_bytes(b"")
        assert run("sync").code == 0
        assert len(list(cloud.office.glob("store/devices.replaced-*/cache.db"))) == number
