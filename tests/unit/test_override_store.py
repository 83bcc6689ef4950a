"""The overrides in the session store."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import StoreError
from radtune.override_store import OverrideReader, change_overrides, forget_expired, read_overrides
from radtune.overrides import Override
from radtune.session_store import SessionStore
from unit.samples import NOW, device

ONE, OTHER = Override((device(1),), "alice", int(NOW)), Override((device(2),), "bob", int(NOW), int(NOW) + 60, "why")


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
    reader, rows = OverrideReader(store), read_rows(store, monkeypatch)
    assert list(reader.read()) == []
    change_overrides(store, lambda overrides: (*overrides, ONE))
    rows.clear()
    for _ in range(3):
        assert list(reader.read()) == [ONE]
    assert rows == ["overrides_version", "overrides", *["overrides_version"] * 2]
    change_overrides(store, lambda overrides: (*overrides, OTHER))
    assert list(reader.read()) == [ONE, OTHER]
    change_overrides(store, lambda overrides: (each for each in overrides if each == OTHER))
    assert list(reader.read()) == [OTHER]


def test_a_change_to_the_same_writes_nothing(store: SessionStore) -> None:
    change_overrides(store, lambda overrides: overrides)
    assert read_overrides(store) is not None
    assert store.read("overrides_version") == "0"


def test_a_change_while_it_is_read_is_not_missed(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, read = OverrideReader(store), store.read
    change_overrides(store, lambda _: [ONE])

    def change_in_between(key: str) -> str | None:
        text = read(key)
        if key == "overrides":
            monkeypatch.undo()
            change_overrides(store, lambda _: [OTHER])
        return text

    monkeypatch.setattr(store, "read", change_in_between)
    assert list(reader.read()) == [ONE]
    assert list(reader.read()) == [OTHER]


def test_what_can_t_be_read_leaves_what_was_read_last(store: SessionStore) -> None:
    reader = OverrideReader(store)
    change_overrides(store, lambda _: [ONE])
    reader.read()
    store.write("overrides", "[")
    store.write("overrides_version", "new")
    for _ in range(2):
        with pytest.raises(StoreError, match="overrides_version: invalid literal"):
            reader.read()
        assert list(reader.last) == [ONE]


def test_expired_ones_are_forgotten(store: SessionStore) -> None:
    change_overrides(store, lambda _: [ONE, OTHER, replace(ONE, until=int(NOW) + 30)])
    version = store.read("overrides_version")
    forget_expired(store, NOW + 29)
    assert store.read("overrides_version") == version
    forget_expired(store, NOW + 60)
    assert list(read_overrides(store)) == [ONE]
