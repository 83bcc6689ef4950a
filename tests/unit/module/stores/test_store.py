"""A store on disk: what goes in, what is refused, and who may use it."""

import fcntl
import os
import pickle
import pwd
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import diskcache
import pytest

from parts.readable import INTERPRETER, LIBRARIES, readable
from radtune.errors import StoreAccessError, StoreBusyError, StoreError
from radtune.records.device_and_client import FORMAT, Device
from radtune.stores.devices import DeviceStore
from radtune.stores.store import Store
from unit.samples import device, fill, guid, keys, opened, publish

ROOT = Path(__file__).resolve().parents[4]
OPEN_ELSEWHERE = """\
import pathlib, sys
from radtune.stores.devices import DeviceStore
try:
    DeviceStore(pathlib.Path(sys.argv[1]), create=True, timeout=0.05)
except Exception as error:
    print(type(error).__name__, error)
"""


class Trap:
    """Leaves a directory behind where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self.file),)


def test_who_makes_the_store_is_not_waited_for_longer_than_wanted(tmp_path: Path) -> None:
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(StoreBusyError, match="locked by another process"):
            Store(tmp_path, create=True, timeout=0.01)
    finally:
        os.close(lock)
    Store(tmp_path, create=True, timeout=0.01).close()


def test_a_pickled_value_is_refused_and_not_executed(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    trap = tmp_path / "sprung"
    with closing(diskcache.Cache(str(tmp_path), disk=diskcache.Disk)) as cache:
        cache.set(f"device/{guid(1)}", Trap(trap))
    with opened(tmp_path) as store, pytest.raises(StoreError, match="did not write"):
        store.get(guid(1))
    assert not trap.exists()
    pickle.loads(pickle.dumps(Trap(trap)))  # noqa: S301  # the trap itself works
    assert trap.exists()


def test_a_pickled_key_is_passed_over_and_not_executed(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    trap = tmp_path / "sprung"
    with closing(diskcache.Cache(str(tmp_path), disk=diskcache.Disk)) as cache:
        cache.set(("device/", Trap(trap)), "x")
    with opened(tmp_path) as store:
        assert list(store.devices()) == [device(1)]
    assert not trap.exists()


@pytest.mark.parametrize("value", [b"bytes", 5, 5.0, "x" * 100_000])
def test_a_value_that_radtune_does_not_write_is_refused(tmp_path: Path, value: object) -> None:
    """diskcache keeps a long string in a file of its own; radtune never does."""
    fill(tmp_path, [device(1)])
    with closing(diskcache.Cache(str(tmp_path), disk=diskcache.Disk)) as cache:
        cache.set(f"device/{guid(1)}", value)
    with opened(tmp_path) as store, pytest.raises(StoreError):
        store.get(guid(1))


def test_only_text_goes_in(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for value in (b"a", 5, None, ["a"], {"a": "b"}):
            with pytest.raises(TypeError, match="only str"):
                store.write("key", value)  # type: ignore[arg-type]  # what mypy forbids
        for key in (b"a", 5, ("a",)):
            with pytest.raises(TypeError, match="only str"):
                store.write(key, "value")  # type: ignore[arg-type]  # what mypy forbids


def test_text_that_is_none_is_neither_kept_nor_found(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for use in (
            lambda: publish(store, [device(1, name="\udcff")]),
            lambda: store.find("name", "\udcff"),
            lambda: store.put_note("contoso.example", "\udcff", "x"),
        ):
            with pytest.raises(StoreError, match="not valid Unicode"):
                use()
        assert keys(store) == ["format", "index", "synced_at"]


def test_long_records_stay_in_the_database(tmp_path: Path) -> None:
    long = device(1, name="x" * 100_000)
    fill(tmp_path, [long])
    with opened(tmp_path) as store:
        assert store.get(guid(1)) == long
    assert [file.name for file in tmp_path.iterdir() if not file.name.startswith("cache.db")] == []


def test_a_missing_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store; run `radtune sync`"):
        DeviceStore(tmp_path / "none", create=False, timeout=0.05)
    assert not (tmp_path / "none").exists()
    with pytest.raises(StoreError, match="No such file or directory"):
        DeviceStore(tmp_path / "none" / "devices", create=True, timeout=0.05)


def test_a_new_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    with opened(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("place", ["file", "file/devices"])
def test_a_file_in_the_place_of_the_store(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        DeviceStore(tmp_path / place, create=True, timeout=0.05)


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|delete"):
        DeviceStore(tmp_path, create=False, timeout=0.05)
    assert (tmp_path / "cache.db").read_bytes() == content


@pytest.mark.parametrize("rows", [{"format": "1"}, {"format": ""}, {"x": "1"}])
def test_another_format_is_not_read_and_not_touched(tmp_path: Path, rows: dict[str, str]) -> None:
    with closing(diskcache.Cache(str(tmp_path))) as cache:
        for key, value in rows.items():
            cache.set(key, value)
    with pytest.raises(StoreError, match=rf"format .*, not {FORMAT}; the next `radtune sync` makes it anew"):
        DeviceStore(tmp_path, create=True, timeout=0.05)
    with closing(diskcache.Cache(str(tmp_path))) as cache:
        assert {key: cache[key] for key in cache} == rows


def test_readers_do_not_wait_for_a_writer_and_a_writer_says_that_it_is_busy(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store, closing(sqlite3.connect(tmp_path / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.get(guid(1)) == device(1)
        with pytest.raises(StoreBusyError, match="locked by another process"):
            publish(store, ())
        other.execute("ROLLBACK")
        publish(store, ())


def test_all_threads_of_the_server_can_use_it_at_once(tmp_path: Path) -> None:
    fill(tmp_path, [device(1)])
    with opened(tmp_path) as store, ThreadPoolExecutor(8) as threads:

        def use(number: int) -> tuple[Device, ...]:
            publish(store, [device(number)])
            return store.find("name", "laptop-1")

        assert set(threads.map(use, range(2, 42))) == {(device(1),)}
        assert len(list(store.devices())) == 41


def test_a_store_that_belongs_to_another_user_names_its_owner(open_directory: Path) -> None:
    """As root, another user tries; else the store's own permissions are in the way."""
    store = open_directory / "store"
    fill(store, [device(1)])
    root = os.getuid() == 0
    other = {"user": pwd.getpwnam("nobody").pw_uid, "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    for mode in (0o700, 0o755) if root else (0o000, 0o500):
        store.chmod(mode)
        done = subprocess.run(
            [str(INTERPRETER), "-B", "-c", OPEN_ELSEWHERE, str(store)],
            env={"PYTHONPATH": f"{readable(ROOT / 'module')}:{readable(LIBRARIES)}"},
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
            **(other if root else {}),  # type: ignore[call-overload]
        )
        assert done.stdout.startswith("StoreAccessError ")
        assert f"belongs to {pwd.getpwuid(os.getuid()).pw_name}; run as root" in done.stdout


def test_a_directory_that_can_not_be_seen_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(StoreAccessError, match=str(tmp_path)):
        Store.exists(tmp_path)
