"""The sessions, written by the server and by the reconcile."""

from collections.abc import Iterator

from radtune.records import Move, Session
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

    def served_policy(self) -> str:
        """Return the fingerprint of the policy that the server judges by; '' where no server has said so yet."""
        return self.read("served_policy") or ""

    def put_served_policy(self, fingerprint: str) -> None:
        """Note the policy that this server judges by from now on."""
        with self.errors():
            self.cache.set("served_policy", fingerprint)

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
