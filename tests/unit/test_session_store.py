"""The sessions and moves in their store."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import StoreError
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


@pytest.mark.parametrize("key", ["session/192.0.2.1/x", "move/192.0.2.1/x"])
@pytest.mark.parametrize("text", ["null", "{", '{"facts": {"certificate": "x"}}', '{"key": 5}'])
def test_a_row_that_is_no_session_is_damage(tmp_path: Path, key: str, text: str) -> None:
    with closing(SessionStore(tmp_path, create=True, timeout=0.05)) as store:
        store.cache.set(key, text)
        with pytest.raises(StoreError, match=key):
            [*store.sessions(), *store.moves()]
