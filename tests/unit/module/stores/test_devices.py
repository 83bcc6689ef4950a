"""The devices in their store, and what names them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.errors import StoreError
from radtune.records.device_and_client import Device, IndexKind
from unit.samples import MAC, NOW, TENANT, device, fill, guid, joined, opened, publish, rows


def test_what_was_published_is_found_by_everything_that_names_it(tmp_path: Path) -> None:
    one = device(1, entra_id=guid(50), name="Büro 1")
    fill(tmp_path, [one, device(2)])
    with opened(tmp_path) as store:
        assert store.get(guid(1)) == one
        assert store.get(guid(9)) is None
        assert store.find("entra_id", guid(50)) == (one,)
        assert store.find("serial", "ser1") == (one,)
        assert store.find("name", "büro 1") == (one,)
        assert store.find("mac", MAC) == (one,)
        assert store.find("mac", "") == ()
        assert sorted(each.id for each in store.devices()) == [guid(1), guid(2)]
        assert store.synced_at() == {TENANT: NOW}


def test_placeholders_name_nothing(tmp_path: Path) -> None:
    fill(tmp_path, [device(1, name="", serial="", macs=())])
    with opened(tmp_path) as store:
        assert store.find("name", "") == store.find("serial", "") == store.find("entra_id", "") == ()


def test_several_devices_can_have_one_name(tmp_path: Path) -> None:
    fill(tmp_path, [device(1, name="X"), device(2, name="x")])
    with opened(tmp_path) as store:
        assert {each.id for each in store.find("name", "x")} == {guid(1), guid(2)}


def test_a_change_moves_the_names_along(tmp_path: Path) -> None:
    before = device(1)
    after = replace(before, name="NEW", macs=("0016cbaabbff",), serial="")
    fill(tmp_path, [before])
    with opened(tmp_path) as store:
        publish(store, [after])
        assert store.find("name", "laptop-1") == store.find("mac", MAC) == store.find("serial", "ser1") == ()
        assert store.find("name", "new") == store.find("mac", "0016cbaabbff") == (after,)


def test_what_is_gone_leaves_nothing(tmp_path: Path) -> None:
    fill(tmp_path, [device(1), device(2, name="LAPTOP-1")])
    with opened(tmp_path) as store:
        publish(store, (), [device(1)])
        assert store.get(guid(1)) is None
        assert [each.id for each in store.find("name", "laptop-1")] == [guid(2)]
        publish(store, (), [device(2, name="LAPTOP-1")])
        assert sorted(rows(store)) == ["index", "index/0/0", "synced_at"]
        assert rows(store)["index/0/0"] == "0" * 16


def test_the_time_of_the_last_sync_is_the_one_that_counts(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    fill(tmp_path, [device(1, tenant="fabrikam.example")], NOW + 5, "fabrikam.example")
    with opened(tmp_path) as store:
        assert store.synced_at() == {TENANT: NOW, "fabrikam.example": NOW + 5}
        assert store.get(guid(1)) == device(1, tenant="fabrikam.example")


def test_publish_is_all_or_nothing(tmp_path: Path) -> None:
    fill(tmp_path, [device(1), device(4)])

    def breaks_off() -> Iterator[Device]:
        yield device(1, compliance="noncompliant", name="NEW")
        yield device(2)
        raise KeyboardInterrupt

    with opened(tmp_path) as store:
        before = rows(store)
        with pytest.raises(KeyboardInterrupt):
            publish(store, breaks_off(), [device(4)], NOW + 9)
        assert rows(store) == before
        publish(store, [device(3)], synced_at=NOW + 9)
        assert store.synced_at() == {TENANT: NOW + 9}


KINDS: tuple[IndexKind, ...] = ("name", "serial", "user")
NAMES = st.sampled_from(["", "A", "a", "B"])
RECORDS = st.builds(
    device,
    st.integers(1, 4),
    name=NAMES,
    serial=NAMES,
    entra_id=st.sampled_from(["", guid(50), guid(51)]),
    macs=st.lists(st.sampled_from([MAC, "0016cbaabbff"]), unique=True).map(tuple),
    ethernet_mac=st.sampled_from(["", MAC, "0016cbaabbfe"]),
    user=NAMES,
)


@settings(max_examples=25)
@given(st.lists(st.lists(RECORDS, unique_by=lambda each: each.id), max_size=4), st.integers(1, 3))
def test_the_indexes_say_what_the_devices_say(
    tmp_path_factory: pytest.TempPathFactory, syncs: list[list[Device]], at_most: int
) -> None:
    """After any row of syncs the store answers like a plain list of the last sync's devices."""
    with opened(tmp_path_factory.mktemp("model")) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr("radtune.stores.device_index.DEVICES_IN_BUCKET", 1)
        patch.setattr("radtune.stores.device_index.MANY", at_most)
        model: dict[str, Device] = {}
        for listed in syncs:
            wanted = {each.id: each for each in listed}
            publish(store, wanted.values(), [each for key, each in model.items() if key not in wanted])
            model = wanted
        assert {each.id: each for each in store.devices()} == model
        for kind in KINDS:
            for name in ("a", "b"):
                named = {each for each in model.values() if getattr(each, kind).lower() == name}
                assert is_some(store.find(kind, name), named, at_most)
        for entra in (guid(50), guid(51)):
            named = {each for each in model.values() if each.entra_id == entra}
            assert is_some(store.find("entra_id", entra), named, at_most)
        for mac in (MAC, "0016cbaabbff", "0016cbaabbfe"):
            named = {each for each in model.values() if mac in (*each.macs, each.ethernet_mac)}
            assert is_some(store.find("mac", mac), named, at_most)
        assert store.check()
        assert used(rows(store)) == used(rows_of(tmp_path_factory.mktemp("afresh"), model.values()))


def is_some(found: tuple[Device, ...], named: set[Device], at_most: int) -> bool:
    """Tell whether these are all that are named, or so many of them as are read at most."""
    return {*found} <= named and len(found) == min(len(named), at_most)


def rows_of(directory: Path, devices: Iterable[Device]) -> dict[str, str | None]:
    fill(directory, devices)
    with opened(directory) as store:
        return rows(store)


def used(found: dict[str, str | None]) -> dict[str, str | None]:
    """Return the rows without those of a store that nothing was ever published into."""
    return {key: value for key, value in joined(found).items() if "/" in key}


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", "not json", '["a"]', json.dumps([5] * 23), json.dumps(["a"] * 6 + [["b"]] + ["c"] * 16)],
)
def test_a_row_that_is_no_device_is_damage(tmp_path: Path, text: str) -> None:
    with opened(tmp_path) as store:
        store.write(f"device/{guid(1)}", " " * 24 + "0" * 16 + text)
        with pytest.raises(StoreError, match=f"damaged .device/{guid(1)}: "):
            list(store.devices())


@pytest.mark.parametrize("text", ["[]", "not json", '{"t": "x"}', '{"t": null}'])
def test_damaged_times_of_syncs(tmp_path: Path, text: str) -> None:
    with opened(tmp_path) as store:
        store.write("synced_at", text)
        with pytest.raises(StoreError, match="synced_at"):
            store.synced_at()


def test_a_sync_between_two_reads_of_one_look_up_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, [device(1, name="TWIN"), device(2, name="TWIN")])
    with opened(tmp_path) as store, opened(tmp_path) as sync:
        read, left = store.index._records, [device(2, name="OTHER")]

        def records(wanted: list[str]) -> list[tuple[int, str, str]]:
            if left:
                publish(sync, [left.pop()])
            return read(wanted)

        monkeypatch.setattr(store.index, "_records", records)
        assert [each.id for each in store.find("name", "twin")] == [guid(1)]
        assert (store.damaged, left) == (False, [])
