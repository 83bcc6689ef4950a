"""Moves under way, and what else commands note of them: clients moved lately, NASes that obey, the last run."""

import json
from collections.abc import Iterable, Iterator, Mapping

from radtune.records.moves_and_states import LastRun, Move
from radtune.stores.store import Store


class MoveStore(Store):
    """The part of the session store that no server reads."""

    def moves(self) -> Iterator[Move]:
        """Yield every move that is under way, ordered by the keys of their sessions."""
        return (move for _, move in self.all_parsed(self.rows("move/"), Move.from_json))

    def get_move(self, key: str) -> Move | None:
        """Return the move that is under way for the session of this key."""
        return self.parsed(f"move/{key}", Move.from_json)

    def put_move(self, move: Move) -> None:
        """Write the move under its session's key."""
        self.note_moves([move])

    def note_moves(
        self, moves: Iterable[Move] = (), over: Iterable[str] = (), moved: Mapping[str, float] | None = None
    ) -> None:
        """Write these moves, forget those of the sessions `over`, and note when clients were `moved`, all or nothing.

        moved: seconds since the epoch by client (`client_of` its facts)
        """
        rows: dict[str, str | None] = {f"move/{move.key}": move.to_json() for move in moves}
        rows |= {f"move/{key}": None for key in over}
        rows |= {f"moved/{client}": repr(at) for client, at in (moved or {}).items()}
        self.write_all(rows)

    def moved(self) -> dict[str, float]:
        """Return the time when each client was moved last (`client_of` its facts), in seconds since the epoch."""
        return {row.removeprefix("moved/"): at for row, at in self.all_parsed(self.rows("moved/"), float)}

    def forget_moved(self, before: float, after: float) -> None:
        """Forget the clients that were moved before the one time, and after the other: by a clock that was wrong."""
        self.write_all({f"moved/{client}": None for client, at in self.moved().items() if not before <= at <= after})

    def obeyed(self, nas: str) -> str:
        """Return the profile that a NAS (`nas_key`) was last seen to obey by, or ''."""
        return self.read(f"obeyed/{nas}") or ""

    def put_obeyed(self, nas: str, profile: str) -> None:
        """Note that a NAS was seen to obey by this profile."""
        if self.obeyed(nas) != profile:
            self.write(f"obeyed/{nas}", profile)

    def last_run(self) -> LastRun | None:
        """Return the last run of apply; None if it never ran."""
        return self.parsed("last_apply", LastRun.from_json)

    def put_last_run(self, run: LastRun) -> None:
        """Note a run of apply."""
        self.write("last_apply", run.to_json())

    def reported_problems(self) -> list[str]:
        """Return the problems that a run that reports only new ones has reported."""
        return self.parsed("reported_problems", lambda text: [str(each) for each in json.loads(text)]) or []

    def put_reported_problems(self, problems: Iterable[str]) -> None:
        """Note the problems that were reported and that are still there."""
        self.write("reported_problems", json.dumps(list(problems)))
