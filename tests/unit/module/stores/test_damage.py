"""Damage to a store is found wherever it is, is never taken for a device that Intune doesn't know, and is mended."""

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from radtune.errors import StoreDamagedError, StoreError, StoreFullError
from radtune.identity.matching import find_device
from radtune.stores.device_index import _bucket_text
from radtune.stores.device_rows import RECORDS, key_hash
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
    except StoreError:
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
        lose(store, f"device/{guid(2)}")
        with pytest.raises(StoreDamagedError, match=f"device/{guid(2)}: missing"):
            store.get(guid(2))
        with pytest.raises(StoreDamagedError, match="mac/0016cbaabb02: it names a device without a record"):
            store.find("mac", "0016cbaabb02")
        assert store.find("mac", "0016cbaabb99") == ()
        assert store.get(guid(99)) is None
        assert store.damaged
        lose(store, "index/0/0")
        for mac in ("0016cbaabb01", "0016cbaabb99"):
            with pytest.raises(StoreDamagedError, match="index/0/0: missing or damaged"):
                store.find("mac", mac)
        for number in (1, 99):
            with pytest.raises(StoreDamagedError, match="index/0/0: missing or damaged"):
                store.get(guid(number))


@pytest.mark.parametrize("row", ["synced_at", "index/0/0"])
def test_a_row_that_is_always_there(tmp_path: Path, row: str) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store:
        lose(store, row)
        assert find_device(by_mac("0016cbaabb99"), store).state == "unavailable"


def test_the_index_grows_with_the_store(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for last in (3, 40, 200):
            publish(store, [device(number, macs=(f"0016cb{number:06x}",)) for number in range(1, last)])
            assert store.check()
            for number in range(1, last + 5):
                assert (store.get(guid(number)) is not None) == (number < last)
                assert len(store.find("mac", f"0016cb{number:06x}")) == (number < last)
        assert len([key for key in keys(store) if key.startswith("index/")]) > 16
        publish(store, (), [device(number) for number in range(5, 200)])
        assert store.get(guid(150)) is None
        assert store.check()


def test_the_number_of_buckets_is_always_there(tmp_path: Path) -> None:
    fill(tmp_path, [device(number) for number in range(1, 200)])
    with opened(tmp_path) as store:
        lose(store, "index")
        assert find_device(by_mac("0016cbaabb01"), store).state == "unavailable"


def test_a_bucket_that_another_process_has_split_is_found_again(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store:
        assert store.get(guid(100)) is None
        fill(tmp_path, [device(number) for number in range(1, 200)])
        assert store.get(guid(1000)) is None
        assert store.find("serial", "ser150") == (device(150),)


def edit(store: DeviceStore, key: str, row: int | None) -> None:
    """Let another row stand for the key in the one bucket of the index, or none."""
    text = store.read("index/0/0") or ""
    entries = {int(entry[:16], 16): {int(entry[17:]) - RECORDS} for entry in text[16:].split(";")[:-1]}
    entries[key_hash(key)] = set() if row is None else {row}
    bucket = {each: {RECORDS + row for row in rows} for each, rows in entries.items()}
    store.write("index/0/0", _bucket_text(bucket))


SPOILS: dict[str, Callable[[DeviceStore], object]] = {
    "a key is missing": lambda store: edit(store, "name/laptop-1", None),
    "a key names nobody's device": lambda store: edit(store, "mac/0016cbaabb99", 0),
    "a key names another device": lambda store: edit(store, "mac/0016cbaabb01", 1),
    "a bucket is damaged": lambda store: sql(store, "UPDATE Cache SET value = 'x' WHERE key = ?", "index/0/0"),
    "a bucket is empty": lambda store: store.write("index/0/0", "0" * 16),
    "a bucket is missing": lambda store: lose(store, "index/0/0"),
    "there is a bucket too many": lambda store: store.write("index/0/1", "0" * 16),
    "there is a row of other devices too many": lambda store: store.write("index/more/00", "1"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_an_index_that_does_not_fit_is_made_anew(tmp_path: Path, spoil: str) -> None:
    fill(tmp_path, [device(1), device(2)])
    with opened(tmp_path) as store:
        before = rows(store)
        assert store.check()
        SPOILS[spoil](store)
        assert not store.check()
        store.mend_index()
        assert rows(store) == before
        assert store.check()


def test_a_key_that_names_another_device_finds_nobody(tmp_path: Path) -> None:
    fill(tmp_path, [device(1), device(2)])
    with opened(tmp_path) as store:
        edit(store, "mac/0016cbaabb01", 1)
        match = find_device(by_mac("0016cbaabb01"), store)
        assert (match.state, "it names another device" in match.how) == ("unavailable", True)


def test_what_a_bucket_has_no_room_for_is_there_too(tmp_path: Path) -> None:
    fill(tmp_path, [device(number, name="iPhone") for number in range(40)])
    with opened(tmp_path) as store:
        (more,) = [key for key in keys(store) if key.startswith("index/more/")]
        lose(store, more)
        assert len(store.find("name", "iphone")) == 16
        assert not store.check()
        store.mend_index()
        assert store.check()


def test_a_record_that_was_lost_is_not_written_anew_by_a_sync(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store:
        lose(store, f"device/{guid(1)}")
        with pytest.raises(StoreDamagedError, match=f"device/{guid(1)}: missing"):
            publish(store, [device(1)])
        lose(store, "index/0/0")
        with pytest.raises(StoreDamagedError, match="index/0/0: missing"):
            publish(store, [device(2)])


DAMAGES: dict[str, Callable[[DeviceStore], object]] = {
    "a record is missing": lambda store: lose(store, f"device/{guid(1)}"),
    "a record is damaged": lambda store: sql(
        store, "UPDATE Cache SET value = value || 'x' WHERE key = ?", f"device/{guid(1)}"
    ),
    "the number of the devices is missing": lambda store: lose(store, "index"),
    "the time of the sync is missing": lambda store: lose(store, "synced_at"),
    "the state of a tenant is damaged": lambda store: sql(
        store, "INSERT INTO Cache(key, raw, mode, value) VALUES ('sync/contoso.example', 1, 1, 'x')"
    ),
}


@pytest.mark.parametrize("spoil", DAMAGES)
def test_what_can_t_be_made_anew_from_the_rest(tmp_path: Path, spoil: str) -> None:
    fill(tmp_path, [device(1), device(2)])
    with opened(tmp_path) as store:
        store.check()
        DAMAGES[spoil](store)
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
