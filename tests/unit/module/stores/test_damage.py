"""Damage to a store is found wherever it is, is never taken for a device that Intune doesn't know, and is mended."""

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from radtune.errors import StoreDamagedError, StoreError, StoreFullError
from radtune.identity.matching import find_device
from radtune.stores import register
from radtune.stores.devices import DeviceStore
from unit.samples import by_mac, device, fill, guid, keys, opened, publish, rows


def sql(store: DeviceStore, statement: str, *values: object) -> None:
    store.query(statement, values)


def lose(store: DeviceStore, key: str) -> None:
    assert store.delete(key)


@pytest.mark.parametrize("seed", range(12))
def test_random_bytes_make_no_device_unknown(tmp_path: Path, seed: int) -> None:
    """Whatever is hit: who is found is the right one, and who isn't is unavailable."""
    generator = random.Random(seed)  # noqa: S311
    devices = [device(number) for number in range(1, 60)]
    fill(tmp_path, devices)
    file = tmp_path / "cache.db"
    with file.open("r+b") as stream:
        for _ in range(3):
            stream.seek(generator.randrange(100, file.stat().st_size))
            stream.write(generator.randbytes(400))
    try:
        store = DeviceStore(tmp_path, create=False, timeout=0.05)
    except StoreDamagedError:
        return
    with closing(store):
        for each in devices:
            match = find_device(by_mac(each.macs[0]), store)
            assert match.state == "unavailable" or match.device == each


def test_damage_that_sqlite_quotes_without_being_text_is_damage(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    file = tmp_path / "cache.db"
    file.write_bytes(file.read_bytes().replace(b"CREATE TRIGGER", b"CREATE \xc4\xffIGGER"))
    with pytest.raises(StoreDamagedError):
        DeviceStore(tmp_path, create=False, timeout=0.05)


def test_a_lost_row_is_damage_and_a_row_that_never_was_is_not(tmp_path: Path) -> None:
    fill(tmp_path, [device(1), device(2)])
    with opened(tmp_path) as store:
        lose(store, "mac/0016cbaabb01")
        lose(store, f"device/{guid(2)}")
        with pytest.raises(StoreDamagedError, match="mac/0016cbaabb01: missing"):
            store.find("mac", "0016cbaabb01")
        with pytest.raises(StoreDamagedError, match=f"device/{guid(2)}: missing"):
            store.get(guid(2))
        assert store.find("mac", "0016cbaabb99") == ()
        assert store.get(guid(99)) is None
        assert store.damaged


@pytest.mark.parametrize("row", ["synced_at", "register", "register/"])
def test_a_row_that_is_always_there(tmp_path: Path, row: str) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store:
        lose(store, row)
        assert find_device(by_mac("0016cbaabb99"), store).state == "unavailable"


@pytest.mark.parametrize("most", [1, 1000])
def test_the_register_grows_and_shrinks_with_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(register, "AT_ONCE", most)
    monkeypatch.setattr(register, "BUCKET", 4)
    with opened(tmp_path) as store:
        for last in (3, 40, 200):
            publish(store, [device(number, macs=(f"0016cb{number:06x}",)) for number in range(1, last)])
            assert not store.mend_index()
            store.check()
            for number in range(1, last + 5):
                assert (store.get(guid(number)) is not None) == (number < last)
        assert len([key for key in keys(store) if key.startswith("register/")]) > 16
        publish(store, (), [device(number) for number in range(5, 200)])
        assert store.get(guid(150)) is None
        assert not store.mend_index()
        store.check()


SPOILS: dict[str, Callable[[DeviceStore], object]] = {
    "a row is missing": lambda store: lose(store, "name/laptop-1"),
    "a row names nobody's device": lambda store: store.write("mac/0016cbaabb99", guid(1)),
    "a row names another device": lambda store: store.write("mac/0016cbaabb01", guid(2)),
    "a row is damaged": lambda store: sql(store, "UPDATE Cache SET value = 'x' WHERE key = ?", "serial/ser2"),
    "the register lacks a key": lambda store: store.write("register/", ""),
    "a part of the register is missing": lambda store: lose(store, "register/"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_an_index_that_does_not_fit_is_made_anew(tmp_path: Path, spoil: str) -> None:
    fill(tmp_path, [device(1), device(2)])
    with opened(tmp_path) as store:
        before = rows(store)
        SPOILS[spoil](store)
        store.check()
        assert store.mend_index(write=False)
        assert store.mend_index()
        assert rows(store) == before
        assert not store.mend_index()


RECORDS: dict[str, Callable[[DeviceStore], object]] = {
    "a record is missing": lambda store: lose(store, f"device/{guid(1)}"),
    "a record is damaged": lambda store: sql(
        store, "UPDATE Cache SET value = value || 'x' WHERE key = ?", f"device/{guid(1)}"
    ),
    "the time of the sync is missing": lambda store: lose(store, "synced_at"),
    "the state of a tenant is damaged": lambda store: sql(
        store, "INSERT INTO Cache(key, raw, mode, value) VALUES ('sync/contoso.example', 1, 1, 'x')"
    ),
}


@pytest.mark.parametrize("spoil", RECORDS)
def test_what_can_t_be_made_anew_from_the_rest(tmp_path: Path, spoil: str) -> None:
    fill(tmp_path, [device(1), device(2)])
    with opened(tmp_path) as store:
        store.check()
        RECORDS[spoil](store)
        with pytest.raises(StoreDamagedError, match="the next `radtune sync` makes it anew"):
            store.check()


def test_no_room_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store:
        before = rows(store)
        ((pages,),) = store.query("PRAGMA page_count")
        store.query(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreFullError, match="the disk is full; make room"):
            publish(store, [device(number) for number in range(2, 200)])
        assert rows(store) == before
        store.query("PRAGMA max_page_count = 100000")
        publish(store, [device(2)])
        assert store.get(guid(2)) == device(2)


def test_a_sync_does_not_write_into_a_store_that_is_gone(tmp_path: Path) -> None:
    fill(tmp_path / "store", [device(1)])
    with opened(tmp_path / "store") as store:
        (tmp_path / "store").rename(tmp_path / "away")
        shutil.copytree(tmp_path / "away", tmp_path / "store")
        with pytest.raises(StoreError, match="moved or replaced while it was written"):
            publish(store, [device(2)])
        store.look()
        publish(store, [device(2)])
    with opened(tmp_path / "store") as store:
        assert store.get(guid(2)) == device(2)
