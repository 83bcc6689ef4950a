"""Sessions that a server can't write down at once."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from radtune.errors import StoreBusyError, StoreError
from radtune.records.device_and_client import Session
from radtune.server import session_recorder as recorder
from radtune.server.instance import ModuleInstance
from radtune.stores import write_retry_queue as retry_queue
from radtune.stores.sessions import SessionStore
from radtune.stores.write_retry_queue import WriteRetryQueue
from unit.samples import MAC, NAS, NOW, accounting_request, by_mac, device, fill, mab_request

KEY = f"192.0.2.1/{MAC}/ge-0/0/7"
RESTART = [("Acct-Status-Type", "Accounting-On"), ("Acct-Delay-Time", "50")]
"""It began between the two logins."""


@pytest.fixture
def store(office: Path) -> Iterator[SessionStore]:
    with closing(SessionStore(office / "store/sessions", create=True, timeout=0.01)) as made:
        yield made


@contextmanager
def locked(store: SessionStore) -> Iterator[None]:
    """Let another process hold the lock of the store."""
    with closing(sqlite3.connect(store.directory / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def session(number: int = 1, **more: object) -> Session:
    made = Session(by_mac(f"0016cb{number:06x}"), "vlan 750", NOW)
    return replace(made, **more)  # type: ignore[arg-type]


def keep(made: WriteRetryQueue, store: SessionStore, *sessions: Session) -> None:
    with locked(store):
        for each in sessions:
            with pytest.raises(StoreBusyError):
                made.put(each)


def written(store: SessionStore) -> list[str]:
    return sorted(each.key for each in store.sessions())


def test_what_can_t_be_written_counts_and_is_written_with_the_next_one(store: SessionStore) -> None:
    made = WriteRetryQueue(store)
    made.put(session(granted="vlan 1"))
    keep(made, store, session(granted="vlan 2"), session())
    assert store.get_including_ended(session().key) == session(granted="vlan 1")
    assert made.get_including_ended(session().key) == session(), "the newest counts"
    assert made.get_including_ended("none") is None
    made.take_up()
    made.put(session(2))
    assert store.get_including_ended(session().key) == session()
    assert written(store) == [session().key, session(2).key]


def test_what_is_written_later_is_not_written_over(store: SessionStore) -> None:
    made = WriteRetryQueue(store)
    keep(made, store, session(granted="vlan 1"))
    made.take_up()
    made.put(session())
    made.catch_up()
    assert store.get_including_ended(session().key) == session()


def test_what_has_ended_is_not_written_any_more(store: SessionStore) -> None:
    made = WriteRetryQueue(store)
    keep(made, store, session())
    with locked(store), pytest.raises(StoreBusyError):
        made.end(session().key)
    assert made.get_including_ended(session().key) == session()
    made.failure = None
    assert made.end(session().key)
    assert not made.end(session().key)
    made.catch_up()
    assert written(store) == []


def test_no_call_waits_more_than_once(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made, put, asked = WriteRetryQueue(store), store.put, 0

    def count(each: Session) -> None:
        nonlocal asked
        asked += 1
        put(each)

    keep(made, store, *map(session, range(1, 6)))
    monkeypatch.setattr(store, "put", count)
    with locked(store):
        with pytest.raises(StoreBusyError):
            made.take_up()
        with pytest.raises(StoreBusyError):
            made.put(session(6))
        with pytest.raises(StoreBusyError):
            made.end(session(6).key)
    assert asked == 1
    made.take_up()
    assert (asked, len(written(store))) == (7, 6)
    made.take_up()
    assert asked == 7


def test_some_at_once_and_the_newest_of_too_many(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_queue, "MOST", 5)
    monkeypatch.setattr(retry_queue, "AT_ONCE", 2)
    made = WriteRetryQueue(store)
    keep(made, store, *map(session, range(1, 6)), session(1), session(6))
    assert made.get_including_ended(session(2).key) is None, "the one that waited longest"
    for rows in (2, 4, 5, 5):
        made.catch_up()
        assert len(written(store)) == rows
    assert written(store) == [session(number).key for number in (1, 3, 4, 5, 6)]


def test_one_that_can_never_be_written_is_in_nobody_s_way(store: SessionStore) -> None:
    made = WriteRetryQueue(store)
    bad = replace(session(), facts=replace(by_mac(), nas_address="\udcff"))
    with pytest.raises(StoreError, match="not valid Unicode"):
        made.put(bad)
    keep(made, store, session(1), session(2))
    for number in (3, 4):
        made.take_up()
        made.put(session(number))
    assert written(store) == [session(number).key for number in range(1, 5)]


Call = Callable[[ModuleInstance], object]


def account(status: str, mac: str = MAC) -> Call:
    return lambda instance: instance.account(accounting_request(status, mac), NOW + 101)


def refuse(instance: ModuleInstance) -> None:
    """Refuse the client as a login does that has been decided."""
    instance._recorder.denied(by_mac(), NOW + 50)


def login(instance: ModuleInstance, now: float = NOW + 101, mac: str = MAC) -> None:
    instance.answer("login", None, mab_request(mac), [("Auth-Type", "Accept")], now=now)


@pytest.mark.parametrize(
    "call",
    [
        account("Start"),
        account("Interim-Update"),
        account("Failed"),
        account("Interim-Update", "0016cbaabb77"),
        lambda instance: instance.account([*NAS, *RESTART], NOW + 101),
        lambda instance: login(instance, mac="0016cbaabb02"),
        lambda instance: login(instance, mac="0016cbaabb77"),
    ],
)
def test_a_server_writes_the_login_that_it_could_not_with_whatever_comes_next(
    office: Path, store: SessionStore, call: Call
) -> None:
    """Else accounting would keep the session before alive, and nobody would move the device from where it is."""
    logged: list[str] = []
    fill(office / "store/devices", [device(1, compliance="noncompliant"), device(2)])
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as instance:
        login(instance, NOW)
        fill(office / "store/devices", [device(1), device(2)])
        with locked(store):
            login(instance, NOW + 100)
        (said,) = logged
        assert said.startswith("the session store fails, and sessions wait in memory: ")
        call(instance)
        found = store.get(KEY)
    assert found is not None
    assert (found.granted, found.granted_at) == ("vlan 750", NOW + 100)
    assert len(logged) == 1


def test_a_refusal_is_noted_at_the_login_that_could_not_be_written(office: Path, store: SessionStore) -> None:
    with closing(ModuleInstance(office / "settings.yaml", print)) as instance:
        with locked(store):
            login(instance, NOW)
        fill(office / "store/devices", [device(1, compliance="error")])
        login(instance)
        found = store.get(KEY)
    assert found is not None
    assert (found.granted_at, found.denied_at) == (NOW, NOW + 101)


@pytest.mark.parametrize("call", [account("Interim-Update"), account("Stop"), refuse])
def test_a_login_meanwhile_on_another_thread_is_not_lost(
    office: Path, store: SessionStore, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    """The interpreter may go to another thread while the store is read."""
    read, threads = SessionStore.get_including_ended, list[Thread]()

    def read_slowly(this: SessionStore, key: str) -> Session | None:
        found = read(this, key)
        if not threads:
            threads.append(Thread(target=login, args=(instance, NOW + 100)))
            threads[0].start()
            threads[0].join(0.2)
        return found

    with closing(ModuleInstance(office / "settings.yaml", print)) as instance:
        login(instance, NOW)
        monkeypatch.setattr(SessionStore, "get_including_ended", read_slowly)
        call(instance)
        threads[0].join()
        monkeypatch.undo()
        found = store.get(KEY)
    assert found is not None
    assert found.granted_at == NOW + 100


def test_a_server_that_ends_waits_for_the_lock_once(
    office: Path, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CLOSE_SECONDS", 0.01)
    real, tries = SessionStore.put, list[Session]()

    def put(opened: SessionStore, session: Session) -> None:
        tries.append(session)
        real(opened, session)

    logged: list[str] = []
    instance = ModuleInstance(office / "settings.yaml", logged.append)
    with locked(store):
        assert instance.answer("login", None, mab_request(), [("Auth-Type", "Accept")], now=NOW).verdict == "allow"
        monkeypatch.setattr(SessionStore, "put", put)
        instance.close()
    assert (len(tries), f"lost, since it could not be written: 1 session: {KEY}" in logged[-1]) == (1, True)
