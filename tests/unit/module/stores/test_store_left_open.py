"""What can't be opened leaves no file open: who meets the error may keep it, and all that it holds, for long."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import diskcache
import pytest

from radtune.errors import RadtuneError
from radtune.server.instance import ModuleInstance
from radtune.stores.devices import DeviceStore
from unit.samples import device, fill


def open_files() -> list[str]:
    """Return the files of stores that this process has open."""
    files = (os.path.realpath(link) for link in Path("/proc/self/fd").iterdir())
    return [file for file in files if "cache.db" in file]


def other_format(directory: Path) -> None:
    with closing(diskcache.Cache(str(directory))) as cache:
        cache.set("format", "1")


def no_database(directory: Path) -> None:
    (directory / "cache.db").write_bytes(b"x" * 5000)


def damaged_settings(directory: Path) -> None:
    with closing(diskcache.Cache(str(directory))) as cache:
        cache._sql("UPDATE Settings SET value = 'x' WHERE key = 'sqlite_mmap_size'")
        cache._sql("DROP TABLE Cache")
        cache._sql("CREATE TABLE Cache (x)")


@pytest.mark.parametrize("spoil", [other_format, no_database, damaged_settings])
def test_a_store(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path)
    with pytest.raises(RadtuneError) as caught:
        DeviceStore(tmp_path, create=False, timeout=0.05)
    assert open_files() == []
    del caught


def spoiled_sessions(office: Path) -> None:
    no_database(office / "store/sessions")


def no_event_log(office: Path) -> None:
    (office / "events.jsonl").mkdir()


@pytest.mark.parametrize("spoil", [spoiled_sessions, no_event_log])
def test_a_server_s_stores(office: Path, spoil: Callable[[Path], None]) -> None:
    spoil(office)
    with pytest.raises(RadtuneError) as caught:
        ModuleInstance(office / "settings.yaml", lambda _: None)
    assert open_files() == []
    del caught


def test_a_second_start_and_the_end(loaded: ModuleType, office: Path) -> None:
    first = sorted(open_files())
    assert {Path(file).parent.name for file in first} == {"devices", "sessions"}
    loaded.instantiate(None)
    assert sorted(open_files()) == first
    fill(office / "store/devices", [device(1)])
    loaded.detach(None)
    assert open_files() == []
