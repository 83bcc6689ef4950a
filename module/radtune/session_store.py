"""The sessions, written by the server and by the reconcile."""

import json
from collections.abc import Iterable, Iterator

from radtune.matching import Match
from radtune.move import Move
from radtune.records import Device, PolicyState, Session
from radtune.store import Store, damaged


class SessionStore(Store):
    """The sessions that the server has let in, and the moves that are under way for them."""

    def get(self, key: str) -> Session | None:
        """Return the session of this key (`Session.key`)."""
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
        """Yield every session, in no order."""
        for key in self.keys("session/"):
            session = self.get(key.removeprefix("session/"))
            if session is not None:
                yield session

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

    def forget_moved(self, before: float) -> None:
        """Forget the clients that were moved before this time."""
        for client, at in self.moved().items():
            if at < before:
                with self.errors():
                    self.cache.delete(f"moved/{client}")

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
