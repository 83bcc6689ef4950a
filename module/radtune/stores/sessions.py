"""The session store: the sessions, written by the server and by what moves them."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from radtune.dataclass import replace
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_end import Restart, is_over, nas_prefix
from radtune.records.session_key import client_of, key_part, nas_key
from radtune.stores.followed_database import PLAIN
from radtune.stores.known_clients import KnownClientStore
from radtune.stores.moves import MoveStore
from radtune.stores.quarantines import FIRST_ROWS as FIRST_QUARANTINES
from radtune.stores.session_rows import read_session, session_text

SILENCE = 604_800.0
"""Seconds after which a session that was not heard of counts as over, unless settings say otherwise."""
FEW = 16
"""Sessions that are looked at of those with one id."""


_PLAIN = f"{PLAIN} AND size = 0"
_UPDATE = f"UPDATE Cache SET value = ? WHERE key = ? AND raw = 1 AND tag IS ? AND {_PLAIN}"  # noqa: S608  # constants
_PUT_ALONE = (
    "INSERT INTO Cache(key, raw, tag, size, mode, filename, value) SELECT ?, 1, ?, 0, 1, NULL, ? "
    "WHERE NOT EXISTS (SELECT 1 FROM Cache WHERE key >= ? AND key < ? AND key <> ?) ON CONFLICT(key, raw) DO UPDATE "
)
_SAME_TAG = f"SET value = excluded.value WHERE tag IS excluded.tag AND {_PLAIN}"
_WITH_TAG = "SET tag = excluded.tag, size = 0, mode = 1, filename = NULL, value = excluded.value"


def _tag(facts: Facts) -> str | None:
    return f"{facts.acct_session_id}\n{facts.nas_identifier}" if facts.acct_session_id else None


def _on_nas(nas: str, client: str) -> tuple[str, str]:
    """Return the bounds of the rows of a client on a NAS; a NAS whose name begins alike may be between them."""
    start = f"session/{key_part(client)}/{key_part(nas)}"
    # What follows the NAS in a key sorts before the character behind the slash.
    return start, f"{start}0"


def row_of(key: str) -> str:
    """Return the row of a session's key; the client comes first there, so that all its sessions stand together."""
    return f"session/{_swapped(key)}"


def _key(row: str) -> str:
    return _swapped(row.removeprefix("session/"))


def _swapped(key: str) -> str:
    """Return the key with its first two parts, NAS and client, the other way round."""
    first, slash, rest = key.partition("/")
    second, between, port = rest.partition("/")
    return f"{second}{slash}{first}{between}{port}"


class SessionStore(MoveStore, KnownClientStore):
    """The sessions that the server has let in, and the moves that are under way for them.

    A session is read as long as it is there (`is_over`). Ended sessions keep their row until `sweep`, so that
    accounting can revive them.
    """

    remedy = (
        "delete it; a server that runs makes a new one at its next request, with the quarantines that it knows, but "
        "without the sessions in this one"
    )
    written_here = True
    tags = True
    first_rows = FIRST_QUARANTINES

    def __init__(self, directory: Path, *, create: bool, timeout: float, silence: float = SILENCE) -> None:
        """Open the store as `Store` does; a session not heard of for `silence` seconds is over."""
        super().__init__(directory, create=create, timeout=timeout)
        self._silence = silence
        # A reader of the same sessions again and again sets one that remembers.
        self.decode: Callable[[str], Session] = read_session

    def get(self, key: str) -> Session | None:
        """Return the session of this key (`Session.key`); None if it is over."""
        return self.live([key]).get(key)

    def get_including_ended(self, key: str) -> Session | None:
        """Return the session of this key, even if it is over."""
        return self.parsed(row_of(key), self.decode)

    def put(self, session: Session) -> None:
        """Write the session under its key; the tag of its row says under which Acct-Session-Id its NAS knows it."""
        row, text, tag = row_of(session.key), session_text(session), _tag(session.facts)
        # The index of tags is written only if the tag is another one: that costs as much as all the rest.
        if not self.execute(_UPDATE, (self.sealed(row, text), row, tag)).rowcount:
            self.write(row, text, tag)

    def put_alone(self, key: str, session: Session, *, under_any_id: bool) -> bool:
        """Write the session if no other one of its client on its NAS is known; tell whether it was written.

        A session that is there under the same key is replaced, if its Acct-Session-Id is the same or with
        `under_any_id`.
        """
        row, text, tag = row_of(key), session_text(session), _tag(session.facts)
        start, end = _on_nas(nas_key(session.facts), client_of(session.facts))
        statement = _PUT_ALONE + (_WITH_TAG if under_any_id else _SAME_TAG)
        return self.execute(statement, (row, tag, self.sealed(row, text), start, end, row)).rowcount > 0

    def end(self, key: str) -> bool:
        """Forget the session; tell whether there was one."""
        return self.delete(row_of(key))

    def ids_of(self, nas: str, client: str) -> dict[str, str]:
        """Return the Acct-Session-Id, or '', of each session of a client on a NAS, even if it is over, by its key.

        `nas` is a `nas_key`, `client` a `client_of`.
        """
        rows = self.query("SELECT key, tag FROM Cache WHERE key >= ? AND key < ?", _on_nas(nas, client))
        found = {_key(row): (tag or "").partition("\n")[0] for row, tag in rows}
        return {key: tag for key, tag in found.items() if key.partition("/")[0] == key_part(nas)}

    def of_client(self, client: str) -> list[Session]:
        """Return every session of a client (`client_of`), wherever it is, even those that are over."""
        return list(self._decoded(self.rows(f"session/{key_part(client)}/")))

    def with_id(self, facts: Facts) -> list[Session]:
        """Return the sessions with this Acct-Session-Id and NAS-Identifier, even those over; a few if they are many."""
        rows = self.query("SELECT key FROM Cache WHERE tag = ? LIMIT ?", (_tag(facts), FEW))
        return list(self._decoded(self.texts(row for (row,) in rows)))

    def _decoded(self, rows: Iterable[tuple[str, str]]) -> Iterator[Session]:
        return (session for _, session in self.all_parsed(rows, self.decode))

    def elsewhere(self, session: Session) -> list[Session]:
        """Return the other sessions of its client that are not over."""
        return next(self.with_others([session.key]))[1]

    def with_others(self, keys: Iterable[str]) -> Iterator[tuple[Session | None, list[Session]]]:
        """Yield for each of these keys its session, or None, and the client's other ones; without those that are over.

        Each client is read once, however many of these sessions it has.
        """
        self.look()
        clients: dict[str, dict[str, Session]] = {}
        restarts: dict[str, list[tuple[Restart, float]]] = {}
        for key in keys:
            client = _swapped(key).partition("/")[0]
            if client not in clients:
                there = self._not_over(self._decoded(self.rows(f"session/{client}/")), restarts)
                clients[client] = {session.key: session for session in there}
            others = clients[client]
            yield others.get(key), [other for name, other in others.items() if name != key]

    def live(self, keys: Iterable[str]) -> dict[str, Session]:
        """Return the sessions of these keys that aren't over, by key; the cheap way for many."""
        self.look()
        return {session.key: session for session in self._not_over(self._decoded(self.texts(map(row_of, keys))), {})}

    def end_here(self, session: Session) -> bool:
        """Take the session for over until it is heard of again, unless its client has logged in since it was read.

        Tells whether that is done.
        """
        with self.transaction():
            current = self.get_including_ended(session.key)
            if current is None or current.granted_at != session.granted_at:
                return False
            # If the clock was set back, it was heard of in the future.
            self.put(replace(current, over_at=max(time.time(), current.heard_at)))
            return True

    def sessions(self) -> Iterator[Session]:
        """Yield every session that isn't over, in no order."""
        self.look()
        yield from self._not_over(self._all_including_ended(), {})

    def _not_over(
        self, sessions: Iterable[Session], restarts: dict[str, list[tuple[Restart, float]]]
    ) -> Iterator[Session]:
        """Yield those of these sessions that aren't over; `restarts` takes those that are read, by NAS."""
        now = time.time()
        for session in sessions:
            if (nas := nas_key(session.facts)) not in restarts:
                restarts[nas] = list(self._restarts(nas_prefix(nas)))
            if not is_over(session, restarts[nas], now, self._silence):
                yield session

    def _all_including_ended(self) -> Iterator[Session]:
        return self._decoded(self.rows("session/"))

    def restarted(self, restart: Restart, at: float) -> None:
        """Note a restart: the sessions that it concerns and that were last heard of before `at` are over.

        It is one row, however many they are. If the same restart is noted twice, the later time counts.
        """
        key = f"restart/{restart.to_json()}"
        with self.transaction():
            before = self.parsed(key, float)
            if before is None or before < at:
                self.write(key, repr(at))

    def _restarts(self, prefix: str = "") -> Iterator[tuple[Restart, float]]:
        """Yield the restarts whose text starts so, and when each was."""
        for key, at in self.all_parsed(self.rows(f"restart/{prefix}"), float):
            try:
                yield Restart.from_json(key.removeprefix("restart/")), at
            except ValueError as error:
                raise self.damage(key, error) from error

    def sweep(self) -> int:
        """Delete the sessions that were not heard of for the whole silence; return how many.

        A restart is kept as long as it may have ended a session; one of the future came from a wrong clock.
        """
        restarts, now = list(self._restarts()), time.time()
        silent = (session for session in self._all_including_ended() if now - session.heard_at > self._silence)
        gone = sum(self._delete_unheard(session) for session in silent)
        for restart, at in restarts:
            key = f"restart/{restart.to_json()}"
            if not 0 <= now - at <= self._silence:
                with self.transaction():
                    if self.parsed(key, float) == at:
                        self.delete(key)
        return gone

    def _delete_unheard(self, session: Session) -> bool:
        """Delete the session, unless something was heard of it since it was read; tell whether it was deleted."""
        with self.transaction():
            return self.get_including_ended(session.key) == session and self.end(session.key)
