"""The notes of runs over the sessions: moves under way, clients moved lately, NASes that obey, the last run."""

import json
from collections.abc import Iterable, Iterator

from radtune.records.moves_and_states import LastRun, Move
from radtune.stores.store import Store


class RunStore(Store):
    """The part of the session store that no server reads."""

    def moves(self) -> Iterator[Move]:
        """Yield every move that is under way, in no order."""
        for key in self.keys("move/"):
            if (move := self.get_move(key.removeprefix("move/"))) is not None:
                yield move

    def get_move(self, key: str) -> Move | None:
        """Return the move that is under way for the session of this key."""
        return self.parsed(f"move/{key}", Move.from_json)

    def put_move(self, move: Move) -> None:
        """Write the move under its session's key."""
        self.write(f"move/{move.key}", move.to_json())

    def end_move(self, key: str) -> None:
        """Forget the move of this session."""
        self.delete(f"move/{key}")

    def moved(self) -> dict[str, float]:
        """Return the time when each client was moved last (`client_of` its facts), in seconds since the epoch."""
        return {key.removeprefix("moved/"): self.parsed(key, float) or 0.0 for key in self.keys("moved/")}

    def put_moved(self, client: str, at: float) -> None:
        """Note that a client is moved now (seconds since the epoch)."""
        self.write(f"moved/{client}", repr(at))

    def forget_moved(self, before: float, after: float) -> None:
        """Forget the clients that were moved before the one time, and after the other: by a clock that was wrong."""
        for client, at in self.moved().items():
            if not before <= at <= after:
                self.delete(f"moved/{client}")

    def obeyed(self, nas: str) -> str:
        """Return the profile that a NAS (`nas_key`) was last seen to obey by, or ''."""
        return self.read(f"obeyed/{nas}") or ""

    def put_obeyed(self, nas: str, profile: str) -> None:
        """Note that a NAS was seen to obey by this profile."""
        if self.obeyed(nas) != profile:
            self.write(f"obeyed/{nas}", profile)

    def last_run(self) -> LastRun | None:
        """Return the last run of apply; None if it never ran."""
        return self.parsed("last_run", LastRun.from_json)

    def put_last_run(self, run: LastRun) -> None:
        """Note a run of apply."""
        self.write("last_run", run.to_json())

    def reported_problems(self) -> list[str]:
        """Return the problems that a run that reports only new ones has reported."""
        return self.parsed("reported_problems", lambda text: [str(each) for each in json.loads(text)]) or []

    def put_reported_problems(self, problems: Iterable[str]) -> None:
        """Note the problems that were reported and that are still there."""
        self.write("reported_problems", json.dumps(list(problems)))
