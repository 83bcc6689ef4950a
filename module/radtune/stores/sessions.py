"""The session store: the sessions, written by the server and by what moves them, and what was last known of clients."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from radtune.identity.matching import Match, still_shows
from radtune.records.device_and_client import Device, Facts, Session
from radtune.records.json_record import encode
from radtune.records.session_end import Restart, is_over, nas_prefix
from radtune.records.session_key import client_key, client_of, key_part, nas_key
from radtune.stores.quarantines import FIRST_ROWS as FIRST_QUARANTINES
from radtune.stores.runs import RunStore

SILENCE = 604_800.0
"""Seconds after which a session that was not heard of counts as over, unless settings say otherwise."""
FEW = 16
"""Sessions that are looked at of those with one id."""


_PLAIN = "mode = 1 AND filename IS NULL AND size = 0"
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


class SessionStore(RunStore):
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

    def get(self, key: str) -> Session | None:
        """Return the session of this key (`Session.key`); None if it is over."""
        self.look()
        session = self.get_including_ended(key)
        if session is None:
            return None
        restarts = self._restarts(nas_prefix(nas_key(session.facts)))
        return None if is_over(session, restarts, time.time(), self._silence) else session

    def get_including_ended(self, key: str) -> Session | None:
        """Return the session of this key, even if it is over."""
        return self.parsed(row_of(key), Session.from_json)

    def put(self, session: Session) -> None:
        """Write the session under its key; the tag of its row says under which Acct-Session-Id its NAS knows it."""
        row, text, tag = row_of(session.key), session.to_json(), _tag(session.facts)
        # The index of tags is written only if the tag is another one: that costs as much as all the rest.
        if not self.execute(_UPDATE, (self.sealed(row, text), row, tag)).rowcount:
            self.write(row, text, tag)

    def put_alone(self, key: str, session: Session, *, under_any_id: bool) -> bool:
        """Write the session if no other one of its client on its NAS is known; tell whether it was written.

        A session that is there under the same key is replaced, if its Acct-Session-Id is the same or with
        `under_any_id`.
        """
        row, text, tag = row_of(key), session.to_json(), _tag(session.facts)
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
        return list(self._rows(self.keys(f"session/{key_part(client)}/")))

    def with_id(self, facts: Facts) -> list[Session]:
        """Return the sessions with this Acct-Session-Id and NAS-Identifier, even those over; a few if they are many."""
        rows = self.query("SELECT key FROM Cache WHERE tag = ? LIMIT ?", (_tag(facts), FEW))
        return list(self._rows(row for (row,) in rows))

    def _rows(self, rows: Iterator[str]) -> Iterator[Session]:
        for row in rows:
            if (session := self.get_including_ended(_key(row))) is not None:
                yield session

    def elsewhere(self, session: Session) -> list[Session]:
        """Return the other sessions of its client that are not over."""
        others = (each.key for each in self.of_client(client_of(session.facts)) if each.key != session.key)
        return [live for key in others if (live := self.get(key)) is not None]

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
        restarts: defaultdict[str, list[tuple[Restart, float]]] = defaultdict(list)
        for restart, at in self._restarts():
            restarts[restart.nas].append((restart, at))
        now = time.time()
        for session in self._all_including_ended():
            if not is_over(session, restarts.get(nas_key(session.facts), ()), now, self._silence):
                yield session

    def _all_including_ended(self) -> Iterator[Session]:
        return self._rows(self.keys("session/"))

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
        for key in self.keys(f"restart/{prefix}"):
            at = self.parsed(key, float)
            try:
                if at is not None:
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

    def recall(self, facts: Facts, identifiers: frozenset[str]) -> Match | None:
        """Return the device that this client was at its last login, if it shows now what that was found by.

        Only if that is one of these identifier kinds: the policy may have been another one then.
        """
        match = self._known(f"known/{client_key(facts)}")
        return match if match is not None and match.by in identifiers and still_shows(facts, match) else None

    def _known(self, key: str) -> Match | None:
        return self.parsed(key, _read_known)

    def remember(self, facts: Facts, match: Match) -> None:
        """Note which device this client is; if it is none any more, that is forgotten."""
        key = f"known/{client_key(facts)}"
        if match.device is None:
            self.delete(key)
        else:
            self.write(key, encode([match.by, match.synced_at, match.device]))

    def forget_known(self, before: float) -> int:
        """Forget what Intune said of clients before this time (seconds since the epoch); return of how many."""
        known = [(key, self._known(key)) for key in self.keys("known/")]
        return sum(self.delete(key) for key, match in known if match is not None and match.synced_at < before)


def _read_known(text: str) -> Match:
    by, synced_at, plain = json.loads(text)
    device = Device.from_plain(plain)
    return Match("found", "as at its last login", device, str(by), (device,), float(synced_at), recalled=True)
