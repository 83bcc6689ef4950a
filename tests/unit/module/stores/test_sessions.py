"""The sessions and moves in their store."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import StoreError
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move
from radtune.records.session_end import Restart
from radtune.stores.sessions import SessionStore, row_of
from unit.samples import NOW, by_mac, keys

START = ["format", "quarantines", "quarantines_history", "quarantines_version"]
"""The rows of a new store."""


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
        store.note_moves(over=[move.key])
        store.note_moves(over=[move.key])
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
    rows = len(keys(store))
    store.restarted(Restart("192.0.2.1", "", ""), NOW + 1)
    assert len(keys(store)) == rows + 1
    assert {found.key for found in store.sessions()} == {after.key, on("192.0.2.2").key}
    assert (store.get(before.key), store.get_including_ended(before.key)) == (None, before)
    assert store.get(after.key) == after
    store.put(replace(before, seen_at=NOW + 3))
    assert store.get(before.key) is not None, "it was heard of again"


def test_silence_ends_a_session(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(session())
    for after, live in ((3600, 1), (3601, 0)):
        monkeypatch.setattr("radtune.stores.sessions.time.time", lambda after=after: NOW + after)
        assert len(list(store.sessions())) == live
        assert (store.get(session().key) is not None) == bool(live)


def test_the_sweep_deletes_what_is_silent_and_nothing_else(store: SessionStore) -> None:
    now = time.time()
    silent = [on("192.0.2.1", now - 3601), on("192.0.2.4", now - 9999)]
    over = [on("192.0.2.2", now - 3500), replace(on("192.0.2.3", now - 3500), timeout=60), on("192.0.2.5", now - 5)]
    for made in (*silent, *over):
        store.put(made)
    restart = Restart("192.0.2.2", "", "")
    store.restarted(restart, now - 3400)
    store.end_here(over[2])
    assert list(store.sessions()) == []
    assert store.sweep() == 2
    kept = [row_of(made.key) for made in over]
    assert keys(store) == sorted([*START, f"restart/{restart.to_json()}", *kept])
    assert list(store.sessions()) == [], "what is over stays so"
    for made in over:
        store.put(replace(made, seen_at=now + 1))
    assert len(list(store.sessions())) == 3, "each was heard of again"
    assert store.sweep() == 0


def test_a_restart_is_kept_as_long_as_it_ends_anything(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    restart = Restart("192.0.2.1", "", "")
    store.put(session(granted_at=NOW - 1))
    store.restarted(restart, NOW)
    for after, kept in ((3600, True), (3601, False)):
        monkeypatch.setattr("radtune.stores.sessions.time.time", lambda after=after: NOW + after)
        store.sweep()
        assert (f"restart/{restart.to_json()}" in keys(store)) is kept
        assert list(store.sessions()) == []


def test_a_restart_of_the_future_ends_nothing_and_is_swept(store: SessionStore) -> None:
    """The clock was a day ahead, and was set right."""
    now = time.time()
    store.restarted(Restart("192.0.2.1", "", ""), now + 86_400)
    store.put(session(granted_at=now))
    assert store.get(session().key) == session(granted_at=now)
    assert store.sweep() == 0
    assert keys(store) == [*START, row_of(session().key)]


def test_a_restart_that_is_told_again_later_is_as_it_was_told_first(store: SessionStore) -> None:
    store.put(session(granted_at=NOW + 5))
    for at in (NOW + 10, NOW + 1):
        store.restarted(Restart("192.0.2.1", "", ""), at)
    assert store.get(session().key) is None


def test_the_sweep_leaves_what_is_heard_of_meanwhile(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    silent, again = session(granted_at=now - 4000), session(granted_at=now - 4000, seen_at=now)
    store.put(silent)
    read = store._all_including_ended

    def heard_meanwhile() -> Iterator[Session]:
        for found in read():
            store.put(again)
            yield found

    monkeypatch.setattr(store, "_all_including_ended", heard_meanwhile)
    assert store.sweep() == 0
    assert store.get_including_ended(silent.key) == again


def test_a_session_is_taken_for_over_until_it_is_heard_of(store: SessionStore) -> None:
    now = time.time()
    made = session(granted_at=now - 5)
    store.put(made)
    assert store.end_here(made)
    assert (store.get(made.key), list(store.sessions())) == (None, [])
    kept = store.get_including_ended(made.key)
    assert kept is not None
    assert kept == replace(made, over_at=kept.over_at)
    assert store.end_here(made), "it is the same login"
    store.put(replace(kept, seen_at=now + 60))
    assert store.get(made.key) is not None


def test_a_login_since_is_not_taken_for_over(store: SessionStore) -> None:
    before, after = session(granted_at=time.time() - 5), session(granted_at=time.time())
    assert not store.end_here(before)
    store.put(after)
    assert not store.end_here(before)
    assert store.get(after.key) == after


def test_a_session_of_the_future_can_be_taken_for_over(store: SessionStore) -> None:
    store.put(session(granted_at=time.time() + 60))
    assert store.end_here(session(granted_at=0)) is False
    (made,) = store.sessions()
    assert store.end_here(made)
    assert store.get(made.key) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [('restart/{"nas":"192.0.2.1","identifier":"","bss":""}', "soon"), ('restart/{"nas":"192.0.2.1","bss":5}', "1")],
)
def test_a_row_that_is_no_restart_is_damage(store: SessionStore, key: str, text: str) -> None:
    store.put(session())
    store.write(key, text)
    for read in (lambda: list(store.sessions()), lambda: store.get(session().key), store.sweep):
        with pytest.raises(StoreError, match="restart/"):
            read()


@pytest.mark.parametrize("key", ["session/192.0.2.1/x", "move/192.0.2.1/x"])
@pytest.mark.parametrize("text", ["null", "{", '{"facts": {"certificate": "x"}}', '{"key": 5}'])
def test_a_row_that_is_no_session_is_damage(tmp_path: Path, key: str, text: str) -> None:
    with closing(SessionStore(tmp_path, create=True, timeout=0.05)) as store:
        store.write(key, text)
        with pytest.raises(StoreError, match=key):
            [*store.sessions(), *store.moves()]
