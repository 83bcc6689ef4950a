"""The sessions, written by the server and by the reconcile."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from radtune.last_run import LastRun
from radtune.lifetime import Restart, is_over, nas_prefix
from radtune.matching import Match
from radtune.move import Move
from radtune.policy_state import PolicyState
from radtune.records import Device, Session, nas_key
from radtune.store import Store, damaged

SILENCE = 604_800.0
"""Seconds after which a session that was not heard of counts as over, unless settings say otherwise."""


class SessionStore(Store):
    """The sessions that the server has let in, and the moves that are under way for them.

    A session is read as long as it is there (`is_over`); one that is over stays written until `sweep` deletes it, so
    that it can be there again once it is heard of.
    """

    def __init__(self, directory: Path, *, create: bool, timeout: float, silence: float = SILENCE) -> None:
        """Open the store as `Store` does; a session not heard of for `silence` seconds is over."""
        super().__init__(directory, create=create, timeout=timeout)
        self._silence = silence

    def get(self, key: str) -> Session | None:
        """Return the session of this key (`Session.key`); None where it is over."""
        session = self.written(key)
        if session is None:
            return None
        restarts = self._restarts(nas_prefix(nas_key(session.facts)))
        return None if is_over(session, restarts, time.time(), self._silence) else session

    def written(self, key: str) -> Session | None:
        """Return the session of this key, even where it is over."""
        text = self.read(f"session/{key}")
        try:
            return Session.from_json(text) if text is not None else None
        except ValueError as error:
            raise damaged(self.directory, f"session/{key}", error) from error

    def put(self, session: Session) -> None:
        """Write the session under its key."""
        with self.errors():
            self.cache.set(f"session/{session.key}", session.to_json())

    def end(self, key: str) -> bool:
        """Forget the session; tell whether there was one."""
        with self.errors():
            return bool(self.cache.delete(f"session/{key}"))

    def sessions(self) -> Iterator[Session]:
        """Yield every session that isn't over, in no order."""
        yield from (session for session, over in self._walk() if not over)

    def _walk(self) -> Iterator[tuple[Session, bool]]:
        """Yield every session that is written, and whether it is over."""
        restarts: defaultdict[str, list[tuple[Restart, float]]] = defaultdict(list)
        for restart, at in self._restarts():
            restarts[restart.nas].append((restart, at))
        now = time.time()
        for key in self.keys("session/"):
            session = self.written(key.removeprefix("session/"))
            if session is not None:
                yield session, is_over(session, restarts.get(nas_key(session.facts), ()), now, self._silence)

    def restarted(self, restart: Restart, now: float) -> None:
        """Note a restart: the sessions that it concerns and that were last heard of before `now` are over.

        One row is written, however many they are.
        """
        with self.errors():
            self.cache.set(f"restart/{restart.to_json()}", repr(now))

    def _restarts(self, prefix: str = "") -> Iterator[tuple[Restart, float]]:
        """Yield the restarts whose text starts so, and when each was."""
        for key in self.keys(f"restart/{prefix}"):
            text = self.read(key)
            try:
                if text is not None:
                    yield Restart.from_json(key.removeprefix("restart/")), float(text)
            except ValueError as error:
                raise damaged(self.directory, key, error) from error

    def sweep(self) -> int:
        """Delete the sessions that are over, and the restarts that end none any more; return how many sessions."""
        restarts, gone = list(self._restarts()), 0
        for session, over in self._walk():
            # One that is heard of meanwhile is there again.
            gone += over and self._delete_same(f"session/{session.key}", session.to_json())
        for restart, at in restarts:
            self._delete_same(f"restart/{restart.to_json()}", repr(at))
        return gone

    def _delete_same(self, key: str, text: str) -> bool:
        """Delete the row if this is still what it says; tell whether it was."""
        with self.errors(), self.cache.transact():
            return self.cache.get(key) == text and bool(self.cache.delete(key))

    def policy_state(self) -> PolicyState | None:
        """Return which policy the server judges by, as it said last; None where no server has said so yet."""
        text = self.read("policy_state")
        try:
            return PolicyState.from_json(text) if text is not None else None
        except ValueError as error:
            raise damaged(self.directory, "policy_state", error) from error

    def put_policy_state(self, state: PolicyState) -> None:
        """Note the policy that this server judges by from now on."""
        with self.errors():
            self.cache.set("policy_state", state.to_json())

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
            raise damaged(self.directory, f"known/{client}", error) from error

    def put_known(self, client: str, match: Match) -> None:
        """Note which device this client is; one that is none any more is forgotten."""
        key = f"known/{client}"
        with self.errors():
            if match.device is None:
                self.cache.delete(key)
            else:
                self.cache.set(key, json.dumps([match.by, match.synced_at, json.loads(match.device.to_json())]))

    def forget_known(self, before: float) -> int:
        """Forget what Intune said of clients before this time (seconds since the epoch); return of how many."""
        old = []
        for key in self.keys("known/"):
            match = self.known(key.removeprefix("known/"))
            if match is not None and match.synced_at < before:
                old.append(key)
        with self.errors():
            return sum(bool(self.cache.delete(key)) for key in old)

    def moves(self) -> Iterator[Move]:
        """Yield every move that is under way, in no order."""
        for key in self.keys("move/"):
            move = self.get_move(key.removeprefix("move/"))
            if move is not None:
                yield move

    def get_move(self, key: str) -> Move | None:
        """Return the move that is under way for the session of this key."""
        text = self.read(f"move/{key}")
        try:
            return Move.from_json(text) if text is not None else None
        except ValueError as error:
            raise damaged(self.directory, f"move/{key}", error) from error

    def put_move(self, move: Move) -> None:
        """Write the move under its session's key."""
        with self.errors():
            self.cache.set(f"move/{move.key}", move.to_json())

    def end_move(self, key: str) -> None:
        """Forget the move of this session."""
        with self.errors():
            self.cache.delete(f"move/{key}")

    def moved(self) -> dict[str, float]:
        """Return when each client was moved last (`client_of` its facts), in seconds since the epoch."""
        found: dict[str, float] = {}
        for key in self.keys("moved/"):
            text = self.read(key)
            try:
                found[key.removeprefix("moved/")] = float(text) if text is not None else 0.0
            except ValueError as error:
                raise damaged(self.directory, key, error) from error
        return found

    def put_moved(self, client: str, at: float) -> None:
        """Note that a client is moved now (seconds since the epoch)."""
        with self.errors():
            self.cache.set(f"moved/{client}", repr(at))

    def forget_moved(self, before: float, after: float) -> None:
        """Forget the clients that were moved before the one time, and after the other: by a clock that was wrong."""
        for client, at in self.moved().items():
            if not before <= at <= after:
                with self.errors():
                    self.cache.delete(f"moved/{client}")

    def last_run(self) -> LastRun | None:
        """Return when apply ran last, and what it was not let do; None where it never did."""
        text = self.read("last_run")
        try:
            return LastRun.from_json(text) if text is not None else None
        except ValueError as error:
            raise damaged(self.directory, "last_run", error) from error

    def put_last_run(self, run: LastRun) -> None:
        """Note a run of apply."""
        with self.errors():
            self.cache.set("last_run", run.to_json())

    def told(self) -> list[str]:
        """Return what the last run that tells of news alone had to tell of."""
        text = self.read("told")
        try:
            return [str(each) for each in json.loads(text)] if text is not None else []
        except (ValueError, TypeError) as error:
            raise damaged(self.directory, "told", error) from error

    def put_told(self, problems: Iterable[str]) -> None:
        """Note what a run has to tell of."""
        with self.errors():
            self.cache.set("told", json.dumps(list(problems)))
