"""What the device store keeps of syncs, and what is left of one that is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from radtune.errors import StoreError
from radtune.records.moves_and_states import SyncState
from unit.samples import NOW, TENANT, device, fill, guid, opened, publish, rows

ROOT = Path(__file__).resolve().parents[4]
OTHER = "fabrikam.example"
KILLED = """\
import os, pathlib, signal, sys
from unit.samples import NOW, TENANT, device, fill, guid, opened, publish, rows
with opened(pathlib.Path(sys.argv[1])) as store, store.publishing() as publication:
    for number in range(1, 8):
        if number == int(sys.argv[2]):
            os.kill(os.getpid(), int(sys.argv[3]))
        publication.put(device(number, compliance="error", name="NEW"))
"""


def test_the_state_of_each_tenant(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.sync_state(TENANT) == SyncState(TENANT)
        state = SyncState(TENANT, whole_at=int(NOW), counts={"compliant": 3}, problem="zu \u2028 spät")
        store.put_sync_state(state)
        store.put_sync_state(SyncState(OTHER, failures=2))
        assert store.sync_state(TENANT) == state
        assert store.sync_state(OTHER).failures == 2


def test_what_is_noted_about_a_tenant(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.note(TENANT, "recheck") is None
        store.put_note(TENANT, "asked/name/a/b", [1, 2])
        store.put_note(TENANT, "asked/name/a", {"ä": None})
        store.put_note(TENANT, "recheck", guid(1))
        store.put_note(OTHER, "asked/name/a", 0)
        assert store.note(TENANT, "asked/name/a/b") == [1, 2]
        assert store.note(TENANT, "asked/name/a") == {"ä": None}
        assert store.note(OTHER, "asked/name/a") == 0
        assert list(store.notes(TENANT, "asked/")) == ["asked/name/a", "asked/name/a/b"]
        store.put_note(TENANT, "asked/name/a", None)
        assert list(store.notes(TENANT, "asked/")) == ["asked/name/a/b"]


@pytest.mark.parametrize("row", [f"sync/{TENANT}", f"note/{TENANT}/recheck"])
def test_damaged_rows(tmp_path: Path, row: str) -> None:
    with opened(tmp_path) as store:
        store.write(row, "not json")
        with pytest.raises(StoreError, match=f"damaged .{row}: "):
            store.sync_state(TENANT)
            store.note(TENANT, "recheck")


def publish_nothing(directory: Path, tenant: str, at: float) -> None:
    with opened(directory) as store, store.publishing() as publication:
        publication.synced(SyncState(tenant, whole_at=int(at)))


def test_each_tenant_has_its_own_time_and_those_that_settings_name_no_more_have_none(tmp_path: Path) -> None:
    publish_nothing(tmp_path, TENANT, NOW)
    publish_nothing(tmp_path, OTHER, NOW + 5)
    with opened(tmp_path) as store:
        assert store.synced_at() == {TENANT: NOW, OTHER: NOW + 5}
        for tenant in (TENANT, OTHER):
            store.put_sync_state(SyncState(tenant, whole_at=1))
            store.put_note(tenant, "recheck", guid(1))
    publish_nothing(tmp_path, OTHER, NOW + 9)
    with opened(tmp_path) as store:
        assert store.synced_at() == {TENANT: NOW, OTHER: NOW + 9}
        with store.publishing() as publication:
            publication.forget_tenants({OTHER})
        assert store.synced_at() == {OTHER: NOW + 9}
        left = [key for key in rows(store) if "index" not in key]
        assert left == [f"note/{OTHER}/recheck", f"sync/{OTHER}", "synced_at"]


def test_ids_go_on_behind_any_of_them(tmp_path: Path) -> None:
    fill(tmp_path, [device(number) for number in (3, 1, 2)])
    with opened(tmp_path) as store:
        assert list(store.ids()) == [guid(1), guid(2), guid(3)]
        assert list(store.ids(guid(1))) == [guid(2), guid(3)]
        assert list(store.ids(guid(9))) == []
        assert [each.id for each in store.devices()] == [guid(1), guid(2), guid(3)]


def test_a_name_of_very_many_devices(tmp_path: Path) -> None:
    """iPhone is one."""
    fill(tmp_path, [device(number, name="iPhone") for number in range(200)])
    with opened(tmp_path) as store:
        assert len(store.find("name", "iphone")) == 16
        assert store.check()
        publish(store, [device(number, name="iPhone 2") for number in range(150)])
        assert (len(store.find("name", "iphone")), len(store.find("name", "iphone 2"))) == (16, 16)
        publish(store, (), [device(number) for number in range(3, 197)])
        assert {each.id for each in store.find("name", "iphone 2")} == {guid(0), guid(1), guid(2)}
        assert {each.id for each in store.find("name", "iphone")} == {guid(197), guid(198), guid(199)}
        assert store.check()
        assert not [key for key in rows(store) if "more" in key]


@pytest.mark.parametrize("signal", [9, 15])
@pytest.mark.parametrize("at", [1, 4, 7])
def test_killed_in_the_middle_it_is_as_before(tmp_path: Path, at: int, signal: int) -> None:
    fill(tmp_path, [device(number) for number in range(1, 8)])
    with opened(tmp_path) as store:
        before = rows(store)
    path = os.pathsep.join(str(ROOT / name) for name in ("module", "tools", "tests"))
    done = subprocess.run(
        [sys.executable, "-B", "-c", KILLED, str(tmp_path), str(at), str(signal)],
        env={"PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == -signal
    with opened(tmp_path) as store:
        assert rows(store) == before
        store.put_sync_state(SyncState(TENANT))
