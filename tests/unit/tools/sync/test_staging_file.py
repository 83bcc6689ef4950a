"""What is set aside while a list is walked."""

import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.errors import StoreError
from radtune.records.device_and_client import Device
from radtune_tools.sync import staging_file as module
from radtune_tools.sync.staging_file import Seen, StagingFile
from unit.samples import device, guid

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DEVICES = st.builds(device, st.integers(0, 9), name=TEXT, serial=TEXT, user=TEXT, macs=st.lists(TEXT).map(tuple))
ITEMS = st.lists(st.one_of(DEVICES, st.integers(0, 9).map(guid)))


@settings(max_examples=200)
@given(ITEMS)
def test_what_goes_in_comes_out_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, items: list[Device | str]
) -> None:
    with StagingFile(tmp_path_factory.getbasetemp()) as staging:
        for item in items:
            if isinstance(item, Device):
                staging.put(item)
            else:
                staging.forget(item)
        assert list(staging.read()) == items
        assert list(staging.read()) == items


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with StagingFile(tmp_path) as staging:
        staging.put(device(1))
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"{tmp_path}/none: can't set aside there .*No such file or directory"):
        StagingFile(tmp_path / "none")


class _Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")

    def seek(self, *_: int) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: _Full())
    with StagingFile(tmp_path) as staging:
        for use in (lambda: staging.put(device(1)), lambda: staging.forget(guid(1)), lambda: list(staging.read())):
            with pytest.raises(StoreError, match="the disk is full; make room"):
                use()


@settings(max_examples=200)
@given(st.lists(st.integers(0, 60).map(guid)), st.integers(0, 5))
def test_the_ids_that_were_seen(ids: list[str], unsorted: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "UNSORTED", unsorted)
        seen = Seen()
        for number, each in enumerate(ids):
            assert seen.add(each) == (each not in ids[:number])
            assert len(seen) == len(set(ids[: number + 1]))
        for number in range(61):
            assert (guid(number) in seen) == (guid(number) in ids)


def test_a_large_fleet_takes_8_bytes_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNSORTED", 100)
    seen = Seen()
    for number in range(5000):
        assert seen.add(guid(number))
    assert len(seen) == 5000
    assert len(seen._new) <= 5000 // 8 + 1
    assert seen._sorted.itemsize == 8
    assert not seen.add(guid(17))
