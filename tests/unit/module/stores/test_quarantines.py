"""The quarantines in the session store."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from radtune.errors import StoreError
from radtune.policy.quarantines import Quarantine
from radtune.stores import quarantines as quarantine_store
from radtune.stores.quarantines import QuarantineReader, change_quarantines, forget_expired, read_quarantines
from radtune.stores.sessions import SessionStore
from unit.samples import NOW, device

ONE, OTHER = (
    Quarantine((device(1),), "alice", int(NOW)),
    Quarantine((device(2),), "bob", int(NOW), int(NOW) + 60, "why"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with closing(SessionStore(tmp_path, create=True, timeout=0.05)) as made:
        yield made


def read_rows(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rows: list[str] = []
    read = store.read

    def note(key: str) -> str | None:
        rows.append(key)
        return read(key)

    monkeypatch.setattr(store, "read", note)
    return rows


def test_all_are_read_only_where_something_has_changed(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, rows = QuarantineReader(store), read_rows(store, monkeypatch)
    assert list(reader.read()) == []
    change_quarantines(store, lambda quarantines: (*quarantines, ONE))
    rows.clear()
    for _ in range(3):
        assert list(reader.read()) == [ONE]
    assert rows == ["quarantines_version", "quarantines", "quarantines_history", *["quarantines_version"] * 2]
    change_quarantines(store, lambda quarantines: (*quarantines, OTHER))
    assert list(reader.read()) == [ONE, OTHER]
    change_quarantines(store, lambda quarantines: (each for each in quarantines if each == OTHER))
    assert list(reader.read()) == [OTHER]


@pytest.mark.parametrize("changes", [1, 2, 5])
def test_a_store_made_anew_loses_none_however_often_it_was_changed(tmp_path: Path, changes: int) -> None:
    with closing(SessionStore(tmp_path / "s", create=True, timeout=0.05)) as store:
        first, second = QuarantineReader(store), QuarantineReader(store)
        change_quarantines(store, lambda _: [ONE])
        assert [list(reader.read()) for reader in (first, second)] == [[ONE], [ONE]]
        rmtree(tmp_path / "s")
        with closing(SessionStore(tmp_path / "s", create=True, timeout=0.05)) as other:
            for number in range(changes):
                change_quarantines(other, lambda _: [replace(OTHER, reason=str(number))])  # noqa: B023  # called at once
            newest = replace(OTHER, reason=str(changes - 1))
            store.look()
            assert list(first.read()) == list(read_quarantines(other)) == [newest, ONE]
            change_quarantines(other, lambda quarantines: (each for each in quarantines if each != ONE))
            assert [list(reader.read()) for reader in (first, second)] == [[newest], [newest]], "released is released"


def test_the_history_of_versions_has_an_end(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine_store, "MOST_VERSIONS", 3)
    reader = QuarantineReader(store)
    for number in range(9):
        change_quarantines(store, lambda _: [replace(ONE, reason=str(number))])  # noqa: B023  # called at once
        reader.read()
    assert len((store.read("quarantines_history") or "").split()) == 3
    assert [each.reason for each in reader.last] == ["8"]


def test_a_change_to_the_same_writes_nothing(store: SessionStore) -> None:
    change_quarantines(store, lambda quarantines: quarantines)
    assert read_quarantines(store) is not None
    assert store.read("quarantines_version") == "0"


def test_a_change_while_it_is_read_is_not_missed(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, read = QuarantineReader(store), store.read
    change_quarantines(store, lambda _: [ONE])

    def change_in_between(key: str) -> str | None:
        text = read(key)
        if key == "quarantines":
            monkeypatch.undo()
            change_quarantines(store, lambda _: [OTHER])
        return text

    monkeypatch.setattr(store, "read", change_in_between)
    assert list(reader.read()) == [ONE]
    assert list(reader.read()) == [OTHER]


def test_what_can_t_be_read_leaves_what_was_read_last(store: SessionStore) -> None:
    reader = QuarantineReader(store)
    change_quarantines(store, lambda _: [ONE])
    reader.read()
    store.write("quarantines", "[")
    store.write("quarantines_version", "new")
    for _ in range(2):
        with pytest.raises(StoreError, match=r"damaged \(quarantines: Expecting value"):
            reader.read()
        assert list(reader.last) == [ONE]


def test_expired_ones_are_forgotten(store: SessionStore) -> None:
    change_quarantines(store, lambda _: [ONE, OTHER, replace(ONE, until=int(NOW) + 30)])
    version = store.read("quarantines_version")
    forget_expired(store, NOW + 29)
    assert store.read("quarantines_version") == version
    forget_expired(store, NOW + 60)
    assert list(read_quarantines(store)) == [ONE]
