"""The sessions and moves in their store."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import StoreError
from radtune.lifetime import Restart
from radtune.move import Move
from radtune.records import Session
from radtune.session_store import SessionStore
from unit.samples import NOW, by_mac


def session(**more: object) -> Session:
    return replace(Session(by_mac(), "vlan 750", NOW), **more)  # type: ignore[arg-type]


def test_sessions_and_moves(tmp_path: Path) -> None:
    move = Move("192.0.2.1/x", "vlan 1", "vlan 750", "because", "pending", NOW)
    with closing(SessionStore(tmp_path, create=True, timeout=0.05)) as store:
        store.put(session())
        store.put_move(move)
        assert store.get(session().key) == session()
        assert list(store.sessions()) == [session()]
        assert list(store.moves()) == [move]
        assert store.end(session().key)
        assert not store.end(session().key)
        store.end_move(move.key)
        store.end_move(move.key)
        assert (list(store.sessions()), list(store.moves()), store.get("none")) == ([], [], None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    """Return a store that takes an hour's silence for the end of a session."""
    with closing(SessionStore(tmp_path, create=True, timeout=0.05, silence=3600)) as made:
        yield made


def on(nas: str, heard_at: float = NOW) -> Session:
    return session(facts=replace(by_mac(), nas_address=nas), granted_at=heard_at)


def test_a_restart_is_one_row_and_ends_the_sessions_of_its_nas(store: SessionStore) -> None:
    before, after = session(facts=by_mac("0016cbaabb02")), session(granted_at=NOW + 2)
    for made in (before, after, on("192.0.2.2")):
        store.put(made)
    rows = len(store.cache)
    store.restarted(Restart("192.0.2.1", "", ""), NOW + 1)
    assert len(store.cache) == rows + 1
    assert {found.key for found in store.sessions()} == {after.key, on("192.0.2.2").key}
    assert (store.get(before.key), store.written(before.key)) == (None, before)
    assert store.get(after.key) == after
    store.put(replace(before, seen_at=NOW + 3))
    assert store.get(before.key) is not None, "it was heard of again"


def test_silence_ends_a_session(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(session())
    for after, live in ((3600, 1), (3601, 0)):
        monkeypatch.setattr("radtune.session_store.time.time", lambda after=after: NOW + after)
        assert len(list(store.sessions())) == live
        assert (store.get(session().key) is not None) == bool(live)


def test_the_sweep_deletes_what_is_over_and_nothing_else(store: SessionStore) -> None:
    kept = [on("192.0.2.2"), on("192.0.2.3", heard_at=time.time() - 3500)]
    for made in (session(), on("192.0.2.4", heard_at=time.time() - 3700), *kept):
        store.put(made)
    store.restarted(Restart("192.0.2.1", "", ""), NOW + 1)
    assert store.sweep() == 2
    assert sorted(store.cache) == sorted(["format", *(f"session/{made.key}" for made in kept)])
    assert store.sweep() == 0


def test_the_sweep_leaves_what_is_heard_of_meanwhile(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(session())
    restart = Restart("192.0.2.1", "", "")
    store.restarted(restart, NOW + 1)
    walk = store._walk

    def login_meanwhile() -> Iterator[tuple[Session, bool]]:
        for found in walk():
            store.put(session(granted_at=NOW + 2))
            store.restarted(restart, NOW + 3)
            yield found

    monkeypatch.setattr(store, "_walk", login_meanwhile)
    assert store.sweep() == 0
    assert store.written(session().key) == session(granted_at=NOW + 2)
    assert store.get(session().key) is None, "the second restart is still known"


@pytest.mark.parametrize(
    ("key", "text"), [('restart/["192.0.2.1", "", ""]', "soon"), ('restart/["192.0.2.1", 5]', "1")]
)
def test_a_row_that_is_no_restart_is_damage(store: SessionStore, key: str, text: str) -> None:
    store.put(session())
    store.cache.set(key, text)
    for read in (lambda: list(store.sessions()), lambda: store.get(session().key), store.sweep):
        with pytest.raises(StoreError, match="restart/"):
            read()


@pytest.mark.parametrize("key", ["session/192.0.2.1/x", "move/192.0.2.1/x"])
@pytest.mark.parametrize("text", ["null", "{", '{"facts": {"certificate": "x"}}', '{"key": 5}'])
def test_a_row_that_is_no_session_is_damage(tmp_path: Path, key: str, text: str) -> None:
    with closing(SessionStore(tmp_path, create=True, timeout=0.05)) as store:
        store.cache.set(key, text)
        with pytest.raises(StoreError, match=key):
            [*store.sessions(), *store.moves()]
