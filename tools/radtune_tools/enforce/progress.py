"""A move, and where it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from radtune.records.device_and_client import Session
from radtune.records.states import Move
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.closed_loop import standing
from radtune_tools.output import timestamp

OVER = ("enforced", "ended")
"""The states in which there is nothing left to do."""

AGAIN = ("unanswered", "refused", "not_enforced")
"""Those in which it is sent again later."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A move, where it stands (`closed_loop.standing`), and its session, None where that is over."""

    move: Move
    state: str
    session: Session | None

    @property
    def astray(self) -> bool:
        """Whether the session is there, and not where policy wants it."""
        return self.session is not None and self.state not in OVER

    @property
    def stuck(self) -> bool:
        """Whether nothing more is done for it without a person, or for a long time."""
        return self.astray and self.state in ("not_enforced", "pending")

    def plain(self) -> dict[str, Any]:
        """Return what JSON shows."""
        move = self.move
        return {
            "session": move.key,
            "from": move.before,
            "to": move.after,
            "state": self.state,
            "answer": move.answer,
            "method": move.method,
            "attempts": move.attempts,
            "planned": timestamp(move.planned_at),
            "sent": timestamp(move.sent_at),
            "again": timestamp(move.next_at) if self.state in AGAIN else "",
            "reason": move.reason,
        }

    def problem(self) -> str:
        """Return the sentence for one that is astray."""
        return str(self) if self.state == "not_enforced" else f"not enforced yet: {self}"

    def __str__(self) -> str:
        return f"{self.move.key}: {self.move.before} {self.to}"

    @property
    def to(self) -> str:
        """Where the session is moved, and how far that is."""
        said = f"-> {self.move.after}: {self.state.replace('_', ' ')}"
        if self.state not in OVER:
            times = f"; sent {self.move.attempts} times, last by {self.move.method}" if self.move.attempts > 1 else ""
            said += f" ({self.move.answer}{times})" if self.move.answer else ""
        if self.state in AGAIN and self.move.next_at:
            said += f", again at {timestamp(self.move.next_at)}"
        if self.state == "acknowledged":
            said += ", not logged in again yet"
        return said


def progress_of(move: Move, sessions: SessionStore, now: float, relogin: float) -> Progress:
    """Return where a move stands now. Changes nothing."""
    session = sessions.get(move.key)
    elsewhere = sessions.elsewhere(session) if session is not None and move.sent_at else ()
    return Progress(move, standing(move, session, now, relogin, elsewhere), session)


Show = Callable[[Progress], None]
"""Takes each move as something becomes of it."""
