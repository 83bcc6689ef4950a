"""The sessions, written by the server and by the reconcile."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from radtune.identity.matching import Match
from radtune.records.device_and_client import Device, Facts, Session
from radtune.records.lifetime import Restart, is_over, nas_prefix
from radtune.records.session_key import client_of, key_part, nas_key
from radtune.stores.quarantines import FIRST_ROWS as FIRST_QUARANTINES
from radtune.stores.runs import RunStore

SILENCE = 604_800.0
"""Seconds after which a session that was not heard of counts as over, unless settings say otherwise."""
FEW = 16
"""Sessions that are looked at of those with one id."""


def _tag(facts: Facts) -> str | None:
    return f"{facts.acct_session_id}\n{facts.nas_identifier}" if facts.acct_session_id else None


def row_of(key: str) -> str:
    """Return the row of a session's key; the client comes first there, so that all its sessions stand together."""
    nas, slash, rest = key.partition("/")
    client, between, port = rest.partition("/")
    return f"session/{client}{slash}{nas}{between}{port}"


def _key(row: str) -> str:
    client, slash, rest = row.removeprefix("session/").partition("/")
    nas, between, port = rest.partition("/")
    return f"{nas}{slash}{client}{between}{port}"


class SessionStore(RunStore):
    """The sessions that the server has let in, and the moves that are under way for them.

    A session is read as long as it is there (`is_over`); one that is over stays written until it was unheard of for so
    long that `sweep` deletes it, so that it can be there again once it is heard of.
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
        """Return the session of this key (`Session.key`); None where it is over."""
        self.look()
        session = self.written(key)
        if session is None:
            return None
        restarts = self._restarts(nas_prefix(nas_key(session.facts)))
        return None if is_over(session, restarts, time.time(), self._silence) else session

    def written(self, key: str) -> Session | None:
        """Return the session of this key, even where it is over."""
        text = self.read(row_of(key))
        return self._session(row_of(key), text) if text is not None else None

    def _session(self, row: str, text: str) -> Session:
        try:
            return Session.from_json(text)
        except ValueError as error:
            raise self.damage(row, error) from error

    def put(self, session: Session) -> None:
        """Write the session under its key; the tag of its row says under which Acct-Session-Id its NAS knows it."""
        self.write(row_of(session.key), session.to_json(), tag=_tag(session.facts))

    def end(self, key: str) -> bool:
        """Forget the session; tell whether there was one."""
        return self.delete(row_of(key))

    def ids_of(self, nas: str, client: str) -> dict[str, str]:
        """Return the Acct-Session-Id, or '', of each session that is written of a client on a NAS, by its key.

        `nas` is a `nas_key`, `client` a `client_of`.
        """
        start = f"session/{key_part(client)}/{key_part(nas)}"
        # What follows the NAS in a key sorts before the character behind the slash.
        select = "SELECT key, tag FROM Cache WHERE key >= ? AND key < ?"
        with self.errors():
            rows = self.query(select, (start, f"{start}0"))
        found = {_key(row): (tag or "").partition("\n")[0] for row, tag in rows}
        return {key: tag for key, tag in found.items() if key.partition("/")[0] == key_part(nas)}

    def of_client(self, client: str) -> list[Session]:
        """Return every session that is written of a client (`client_of`), wherever it is, even those that are over."""
        rows = self.keys(f"session/{key_part(client)}/")
        return [session for row in rows if (session := self.written(_key(row))) is not None]

    def with_id(self, facts: Facts) -> list[Session]:
        """Return sessions that are written under this Acct-Session-Id and NAS-Identifier; a few, if there are many."""
        with self.errors():
            rows = self.query("SELECT key FROM Cache WHERE tag = ? LIMIT ?", (_tag(facts), FEW))
        return [session for (row,) in rows if (session := self.written(_key(row))) is not None]

    def elsewhere(self, session: Session) -> list[Session]:
        """Return the other sessions of its client that are not over."""
        others = (each.key for each in self.of_client(client_of(session.facts)) if each.key != session.key)
        return [live for key in others if (live := self.get(key)) is not None]

    def end_here(self, session: Session) -> bool:
        """Take the session for over until it is heard of again, unless its client has logged in since it was read.

        Tells whether that is done.
        """
        with self.transaction():
            current = self.written(session.key)
            if current is None or current.granted_at != session.granted_at:
                return False
            # Where the clock was set back, what was heard of last is in the future.
            self.put(replace(current, over_at=max(time.time(), current.heard_at)))
            return True

    def sessions(self) -> Iterator[Session]:
        """Yield every session that isn't over, in no order."""
        self.look()
        restarts: defaultdict[str, list[tuple[Restart, float]]] = defaultdict(list)
        for restart, at in self._restarts():
            restarts[restart.nas].append((restart, at))
        now = time.time()
        for session in self._all_written():
            if not is_over(session, restarts.get(nas_key(session.facts), ()), now, self._silence):
                yield session

    def _all_written(self) -> Iterator[Session]:
        """Yield every session that is written, even where it is over."""
        for row in self.keys("session/"):
            session = self.written(_key(row))
            if session is not None:
                yield session

    def restarted(self, restart: Restart, at: float) -> None:
        """Note a restart: the sessions that it concerns and that were last heard of before `at` are over.

        One row is written, however many they are; of the same restart told twice, the later time counts.
        """
        with self.transaction():
            before = self._restart_at(f"restart/{restart.to_json()}")
            if before is None or before < at:
                self.write(f"restart/{restart.to_json()}", repr(at))

    def _restarts(self, prefix: str = "") -> Iterator[tuple[Restart, float]]:
        """Yield the restarts whose text starts so, and when each was."""
        for key in self.keys(f"restart/{prefix}"):
            at = self._restart_at(key)
            try:
                if at is not None:
                    yield Restart.from_json(key.removeprefix("restart/")), at
            except ValueError as error:
                raise self.damage(key, error) from error

    def _restart_at(self, key: str) -> float | None:
        text = self.read(key)
        try:
            return float(text) if text is not None else None
        except ValueError as error:
            raise self.damage(key, error) from error

    def sweep(self) -> int:
        """Delete the sessions that nobody has heard of for the whole silence; return how many.

        A restart is kept as long as there may be sessions that it has ended; not one in the future, whose clock was
        wrong.
        """
        restarts, now = list(self._restarts()), time.time()
        silent = (session for session in self._all_written() if now - session.heard_at > self._silence)
        gone = sum(self._delete_unheard(session) for session in silent)
        for restart, at in restarts:
            if not 0 <= now - at <= self._silence:
                self._delete_same(f"restart/{restart.to_json()}", repr(at))
        return gone

    def _delete_unheard(self, session: Session) -> bool:
        """Delete the session, unless something was heard of it since it was read; tell whether it was deleted."""
        with self.transaction():
            return self.written(session.key) == session and self.end(session.key)

    def _delete_same(self, key: str, text: str) -> bool:
        """Delete the row if this is still what it says; tell whether it was."""
        with self.transaction():
            return self.read(key) == text and self.delete(key)

    def known(self, client: str) -> Match | None:
        """Return which device this client was when it last logged in, and when Intune said so."""
        text = self.read(f"known/{client}")
        if text is None:
            return None
        try:
            by, synced_at, plain = json.loads(text)
            device = Device.from_json(json.dumps(plain))
            return Match("found", "as at its last login", device, str(by), (device,), float(synced_at), recalled=True)
        except (ValueError, TypeError) as error:
            raise self.damage(f"known/{client}", error) from error

    def put_known(self, client: str, match: Match) -> None:
        """Note which device this client is; one that is none any more is forgotten."""
        key = f"known/{client}"
        if match.device is None:
            self.delete(key)
        else:
            self.write(key, json.dumps([match.by, match.synced_at, json.loads(match.device.to_json())]))

    def forget_known(self, before: float) -> int:
        """Forget what Intune said of clients before this time (seconds since the epoch); return of how many."""
        old = []
        for key in self.keys("known/"):
            match = self.known(key.removeprefix("known/"))
            if match is not None and match.synced_at < before:
                old.append(key)
        return sum(self.delete(key) for key in old)
