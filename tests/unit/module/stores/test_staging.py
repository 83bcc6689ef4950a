"""What is set aside while a list is walked."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import diskcache
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.errors import StoreFullError
from radtune.records.device_and_client import Device
from radtune.stores.device_rows import DEVICE
from radtune.stores.devices import DeviceStore
from radtune.stores.publication import Staging
from unit.samples import device, guid, keys, opened, rows

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DEVICES = st.builds(device, st.integers(0, 9), name=TEXT, serial=TEXT, user=TEXT, macs=st.lists(TEXT).map(tuple))
LISTS = st.lists(st.lists(DEVICES, unique_by=lambda each: each.id), max_size=3)


def set_aside(store: DeviceStore, staging: Staging, wanted: dict[str, Device]) -> None:
    """Set aside what makes the store have these devices alone."""
    for each in wanted.values():
        record = store.record(each.id)
        staging.put(each, record, None if record is None else store.device(record))
    for record in store.records():
        before = store.device(record)
        if before.id not in wanted:
            staging.forget(record, before)


@settings(max_examples=40)
@given(LISTS)
def test_what_was_set_aside_is_in_the_store(
    tmp_path_factory: pytest.TempPathFactory, lists: list[list[Device]]
) -> None:
    with opened(tmp_path_factory.mktemp("staging")) as store:
        for wanted in lists:
            with Staging(store) as staging:
                set_aside(store, staging, {each.id: each for each in wanted})
                with store.publishing(staging):
                    pass
            assert sorted(store.devices(), key=lambda each: each.id) == sorted(wanted, key=lambda each: each.id)
            assert store.check()


def test_what_is_not_published_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        before = rows(store)
        with Staging(store) as staging:
            for number in range(2000):
                staging.put(device(number), None, None)
            staging.list([guid(number) for number in range(2000)])
        assert rows(store) == before
        with store.publishing():
            pass
        assert keys(store) == ["format", "index", "index/0/0", "synced_at"]


def test_the_ids_that_a_list_holds(tmp_path: Path) -> None:
    with opened(tmp_path) as store, Staging(store) as staging:
        assert staging.list([guid(1), guid(2)]) == set()
        assert staging.list([guid(2), guid(3)]) == {guid(2)}
        assert [staging.has_listed(guid(number)) for number in range(5)] == [False, True, True, True, False]


def test_what_memory_has_no_room_for_is_in_a_file_without_a_name(tmp_path: Path) -> None:
    with opened(tmp_path) as store, Staging(store) as staging:
        for number in range(50):
            staging.put(device(number, name="x" * 1_000_000), None, None)
        staging.flush()
        links = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
        assert [name for name in links if "etilqs" in name and name.endswith(" (deleted)")]
        assert not [file for file in tmp_path.iterdir() if not file.name.startswith("cache.db")]


def test_plain_diskcache_reads_what_was_published(tmp_path: Path) -> None:
    """Its own count and size are true, each row is a text, and it writes beside ours without harm."""
    with opened(tmp_path) as store:
        for wanted in (
            [device(number) for number in range(40)],
            [device(number, name="NEW") for number in range(10, 60)],
        ):
            with Staging(store) as staging:
                set_aside(store, staging, {each.id: each for each in wanted})
                with store.publishing(staging):
                    pass
    with closing(diskcache.Cache(str(tmp_path))) as cache:
        found = {key: cache[key] for key in cache}
        assert len(cache) == len(found)
        assert cache.check() == []
        assert cache.volume() > 0
        assert {key for key in found if key.startswith("device/")} == {
            f"device/{guid(number)}" for number in range(10, 60)
        }
        assert json.loads(found[f"device/{guid(10)}"][DEVICE])[:4] == [guid(10), "contoso.example", "NEW", "compliant"]
        cache.set("of somebody else", "x")
    with opened(tmp_path) as store:
        assert store.check()
        assert store.find("name", "new")
        with Staging(store) as staging:
            set_aside(store, staging, {guid(99): device(99)})
            with store.publishing(staging):
                pass
        assert store.check()
        assert list(store.devices()) == [device(99)]


def test_no_room_for_what_is_set_aside(tmp_path: Path) -> None:
    with opened(tmp_path) as store, Staging(store) as staging:
        store.query("PRAGMA temp.max_page_count = 10")
        with pytest.raises(StoreFullError, match=r"the disk is full; make room; what is set aside .* TMPDIR"):
            for number in range(3000):
                staging.put(device(number), None, None)
    with closing(sqlite3.connect(tmp_path / "cache.db")) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
