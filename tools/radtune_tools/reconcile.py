"""Every live session where policy wants it: plan, send, and see it through."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from radtune.override_store import forget_expired
from radtune.policy import Decision, Policy
from radtune.policy_file import read_policy
from radtune.records import Facts, Session, client_of
from radtune.settings import Settings
from radtune_tools.closed_loop import is_due, overdue, standing
from radtune_tools.in_force import other_policy
from radtune_tools.move_events import MoveEvents
from radtune_tools.plan import SessionMove, SessionPlan, held_because, plan_sessions
from radtune_tools.progress import OVER, Progress, Show
from radtune_tools.sender import Sender
from radtune_tools.stores import Stores
from radtune_tools.verdict import find_and_judge

POLL_SECONDS = 0.2


class Reconcile:
    """One run over the sessions. Use it as a context manager."""

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        """Open the stores and the policy of settings, unless another is given; raises what they raise."""
        self._settings = settings
        self._events = MoveEvents(settings.events)
        self._policy = policy or read_policy(settings.policy, settings.surroundings)
        self._stores = Stores(settings)
        self._sessions = self._stores.sessions
        self.sender = Sender(settings, self._sessions, self._events)

    def __enter__(self) -> "Reconcile":
        return self

    def __exit__(self, *_: object) -> None:
        self._stores.close()

    @property
    def problems(self) -> list[str]:
        """What went wrong without standing in the way of anything."""
        return self._events.problems

    def judge(self, facts: Facts) -> Decision:
        """Return what policy grants these facts now."""
        stores = self._stores
        return find_and_judge(
            facts, stores.devices, self._policy, time.time(), stores.known, stores.overrides()
        ).decision

    def obstacle(self) -> str:
        """Return why nobody may be moved now, or ''.

        A server that still judges by another policy would give a moved device its old outcome, time and again.
        """
        return other_policy(self._sessions.policy_state(), self._policy.fingerprint, self._settings.policy)

    def sessions(self) -> Iterator[Session]:
        """Yield every session, ordered by key."""
        yield from sorted(self._sessions.sessions(), key=lambda session: session.key)

    def plan(self, sessions: Iterable[Session] | None = None) -> SessionPlan:
        """Return which of these sessions would move, of all of them unless given."""
        chosen = self.sessions() if sessions is None else sessions
        under_way = {move.key: move for move in self._sessions.moves()}
        moved = self._sessions.moved()

        def holds(move: SessionMove) -> str:
            moved_at = moved.get(client_of(move.session.facts), 0.0)
            return held_because(move, self._settings.moves, moved_at, time.time())

        return plan_sessions(((session, self.judge(session.facts)) for session in chosen), under_way, holds)

    def progress(self) -> list[Progress]:
        """Return where the moves that are under way stand. Changes nothing."""
        found, relogin = [], self._settings.moves.relogin
        for move in sorted(self._sessions.moves(), key=lambda move: move.key):
            session = self._sessions.get(move.key)
            found.append(Progress(move, standing(move, session, time.time(), relogin), session))
        return found

    def settle(self, show: Show, *, judge: bool = True) -> list[Progress]:
        """Close the moves that are enforced or ended, and give up those whose last method was of no use.

        With `judge`, those are forgotten that policy no longer wants. Shows the first two kinds, returns what is left.
        """
        left = []
        for progress in self.progress():
            move, session = progress.move, progress.session
            if progress.state in OVER:
                if move.after == "deny":
                    self._sessions.end(move.key)
                self._sessions.end_move(move.key)
                self._events.append(progress.state, move, progress.state, session)
                show(progress)
            elif session is not None and judge and self._stays(session):
                self._sessions.end_move(move.key)
            else:
                left.append(self._given_up(progress) or progress)
        return left

    def _given_up(self, progress: Progress) -> Progress | None:
        session = progress.session
        if session is None:
            return None
        now, methods = time.time(), self.sender.methods(session.facts)
        move = overdue(progress.move, session, methods, now, self._settings.moves)
        if move is None:
            return None
        self._sessions.put_move(move)
        self._events.append("not_enforced", move, move.state, session)
        return Progress(move, move.state, session)

    def _stays(self, session: Session) -> bool:
        """Tell whether policy wants the session where it is, or can't tell where it wants it."""
        decision = self.judge(session.facts)
        return decision.undecided != "" or decision.outcome == session.granted

    def tidy(self) -> None:
        """Forget what is of no use any more: clients moved long ago, and what was last known of clients too long ago.

        Nothing of the latter is forgotten while the server judges by another policy, which may want it.
        """
        self._sessions.forget_moved(time.time() - self._settings.moves.hold_down)
        if not self.obstacle():
            keep = self._policy.last_known("unavailable")
            self._sessions.forget_known(time.time() - keep if keep else math.inf)

    def news(self, refusals: list[str], astray: list[Progress]) -> tuple[list[str], list[Progress]]:
        """Return those of these that the last such run didn't tell of, and remember all of them."""
        before = self._sessions.told()
        self._sessions.put_told([*refusals, *map(str, astray)])
        return [each for each in refusals if each not in before], [each for each in astray if str(each) not in before]

    def sweep(self) -> None:
        """Delete the sessions and quarantines that are over; no command sees them any more."""
        self._sessions.sweep()
        forget_expired(self._sessions, time.time())

    def start_over(self) -> None:
        """Let the moves that were given up be sent again."""
        for move in list(self._sessions.moves()):
            if move.state == "not_enforced":
                self._sessions.put_move(replace(move, next_at=time.time()))

    def see_through(self, moves: Sequence[SessionMove], seconds: float, show: Show) -> list[Progress]:
        """Send these moves, again and by the next method where it has to be, until they are enforced.

        Ends when nothing can come of waiting, and after so many seconds at most; returns what is still under way.
        """
        ours = {move.session.key for move in moves}
        deadline = time.monotonic() + seconds
        self.sender.send(moves, show)
        while True:
            started = time.monotonic()
            left = self.settle(show, judge=False)
            now, remaining = time.time(), deadline - started
            if remaining <= 0 or not any(_may_change(progress, ours, now + remaining) for progress in left):
                return left
            due = [each for each in left if each.move.key in ours and each.astray and is_due(each.move, now)]
            sessions = [each.session for each in due if each.session is not None and each.state != "pending"]
            if sessions:
                self.sender.send(self.plan(sessions).moves, show)
            # A round over many moves takes its time, and leaves as much to others.
            time.sleep(max(POLL_SECONDS, time.monotonic() - started))


def _may_change(progress: Progress, ours: set[str], until: float) -> bool:
    """Tell whether it is worth waiting for: the device may log in again, or it is sent again before this time."""
    if progress.state == "acknowledged":
        return True
    again = progress.state in ("refused", "unanswered") and progress.astray and progress.move.key in ours
    return again and progress.move.next_at <= until
