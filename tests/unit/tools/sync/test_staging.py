"""What is set aside while a list is walked."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.errors import StoreError, StoreFullError
from radtune.records.device_and_client import Device
from radtune_tools.sync.staging import Staging
from unit.samples import device, guid

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DEVICES = st.builds(device, st.integers(0, 9), name=TEXT, serial=TEXT, user=TEXT, macs=st.lists(TEXT).map(tuple))
ITEMS = st.lists(st.one_of(DEVICES, st.integers(0, 9).map(guid)))


@settings(max_examples=200)
@given(ITEMS)
def test_what_goes_in_comes_out_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, items: list[Device | str]
) -> None:
    with Staging(tmp_path_factory.getbasetemp()) as staging:
        for item in items:
            if isinstance(item, Device):
                staging.put(item)
            else:
                staging.forget(item)
        assert list(staging.read()) == items
        assert list(staging.read()) == items


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with Staging(tmp_path) as staging:
        for number in range(2000):
            staging.put(device(number))
            staging.list(guid(number))
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_what_memory_has_no_room_for_is_on_the_disk_of_the_directory_without_a_name(tmp_path: Path) -> None:
    with Staging(tmp_path) as staging:
        for number in range(50):
            staging.put(device(number, name="x" * 1_000_000))
        opened = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
        assert [name for name in opened if name.startswith(f"{tmp_path}/") and name.endswith(" (deleted)")]
        assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"{tmp_path}/none: can't set aside there .*No such file or directory"):
        Staging(tmp_path / "none")


USES: list[Callable[[Staging], object]] = [
    lambda staging: staging.put(device(1)),
    lambda staging: staging.forget(guid(1)),
    lambda staging: staging.list(guid(1)),
    lambda staging: staging.has_listed(guid(1)),
    lambda staging: list(staging.read()),
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (sqlite3.OperationalError("database or disk is full"), StoreFullError, "the disk is full; make room"),
        (sqlite3.OperationalError("disk I/O error"), StoreError, "can't set aside there .*: disk I/O error"),
    ],
)
def test_a_disk_that_refuses(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    use: Callable[[Staging], object],
    error: Exception,
    kind: type,
    says: str,
) -> None:
    class Refusing(sqlite3.Connection):
        def execute(self, *_: object) -> sqlite3.Cursor:
            raise error

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *names, **more: connect(*names, **more, factory=Refusing))
    with Staging(tmp_path) as staging, pytest.raises(kind, match=f"{tmp_path}: {says}"):
        use(staging)


def test_a_full_disk_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("radtune_tools.sync.staging.TemporaryFile", refused)
    with pytest.raises(StoreFullError, match=f"{tmp_path}: the disk is full; make room"):
        Staging(tmp_path)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 60).map(guid)))
def test_the_ids_that_a_list_holds(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    with Staging(tmp_path_factory.getbasetemp()) as staging:
        for number, each in enumerate(ids):
            assert staging.list(each) == (each not in ids[:number])
        for number in range(61):
            assert staging.has_listed(guid(number)) == (guid(number) in ids)
