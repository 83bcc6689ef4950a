"""Every live session where policy wants it: plan, send, and see it through."""

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.policy.decide import Decision, Policy
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import client_of
from radtune.records.states import LastRun
from radtune.stores.quarantines import forget_expired
from radtune_tools.enforce.closed_loop import is_due, overdue
from radtune_tools.enforce.in_force import none_runs, other_policy, policy_states, said_of
from radtune_tools.enforce.move_events import MoveEvents
from radtune_tools.enforce.plan import BLIND, Refusal, SessionMove, SessionPlan, held_because, plan_sessions
from radtune_tools.enforce.progress import OVER, Progress, Show, progress_of
from radtune_tools.enforce.sender import Sender
from radtune_tools.policy.verdict import find_and_judge
from radtune_tools.stores import Stores

POLL_SECONDS = 0.2


class Reconcile:
    """One run over the sessions. Use it as a context manager."""

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        """Open the stores and the policy of settings, unless another is given; raises what they raise."""
        self._settings = settings
        self._events = MoveEvents(settings.events)
        self._policy = policy or read_policy(settings.policy, settings.policy_context)
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

    @property
    def fingerprint(self) -> str:
        """By which policy this run judges (`Policy.fingerprint`)."""
        return self._policy.fingerprint

    def judge(self, facts: Facts) -> Decision:
        """Return what policy grants these facts now."""
        stores = self._stores
        return find_and_judge(
            facts, stores.devices, self._policy, time.time(), stores.known, stores.quarantines()
        ).decision

    def obstacle(self) -> str:
        """Return why nobody may be moved now, or ''.

        Without a server a moved device could not log in again. One that still judges by another policy would give it
        its old outcome, time and again.
        """
        return self.no_server() or self._other_policy()

    def no_server(self) -> str:
        """Return that no server runs, in a sentence, or ''."""
        return none_runs(said_of(self._settings))

    def _other_policy(self) -> str:
        return other_policy(policy_states(self._settings), self._policy.fingerprint, self._settings.policy)

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
        relogin, moves = self._settings.moves.relogin, sorted(self._sessions.moves(), key=lambda move: move.key)
        return [progress_of(move, self._sessions, time.time(), relogin) for move in moves]

    def settle(self, show: Show, *, judge: bool = True) -> list[Progress]:
        """Close the moves that are enforced or ended, and give up those whose last method was of no use.

        With `judge`, those are forgotten that policy no longer wants; not while the server judges by another policy.
        Shows the first two kinds, returns what is left.
        """
        left, judge = [], judge and not self._other_policy()
        for progress in self.progress():
            move, session = progress.move, progress.session
            if progress.state in OVER:
                self._close(progress)
                show(progress)
            elif session is not None and judge and self._stays(session):
                self._sessions.end_move(move.key)
            else:
                left.append(self._given_up(progress) or progress)
        return left

    def _close(self, progress: Progress) -> None:
        move, session = progress.move, progress.session
        if session is not None and (move.after == "deny" or progress.state == "ended"):
            self._sessions.end_here(session)
        elif session is not None:
            self._sessions.put_moved(client_of(session.facts), session.granted_at)
        if session is not None and progress.state == "enforced" and move.state == "acknowledged":
            self.sender.note_obeyed(session.facts)
        self._sessions.end_move(move.key)
        self._events.append(
            progress.state, move, progress.state, session or self._sessions.get_including_ended(move.key)
        )

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
        """Tell whether policy wants the session where it is, or can't tell where; nothing while nobody can judge."""
        decision = self.judge(session.facts)
        if decision.compliance in BLIND:
            return False
        return decision.missing_attribute_rule != "" or decision.outcome == session.granted

    def tidy(self) -> None:
        """Forget what is of no use any more: clients moved long ago, and what was last known of clients too long ago.

        Nothing of the latter is forgotten while the server judges by another policy, which may want it.
        """
        now = time.time()
        self._sessions.forget_moved(now - self._settings.moves.hold_down, now + CLOCK_TOLERANCE)
        if not self._other_policy():
            keep = self._policy.last_known("unavailable")
            self._sessions.forget_known(time.time() - keep if keep else math.inf)

    def note_run(self, refusals: Sequence[Refusal], held: int) -> None:
        """Write down when this run was, what it was not let do, and how many moves it held back."""
        self._sessions.put_last_run(LastRun(time.time(), tuple(refusal.why for refusal in refusals), held))

    def news(self, refusals: list[Refusal], left: list[Progress]) -> tuple[list[Refusal], list[Progress]]:
        """Return those of the refusals, and of the moves that are stuck, that the last such run didn't tell of.

        Each is told of once, whatever is said of it later, until it is gone.
        """
        before = set(self._sessions.reported_problems())
        stuck = [progress for progress in left if progress.stuck]
        # A move that is tried once more has been told of, too.
        kept = {name for progress in left if progress.astray and (name := _name(progress)) in before}
        self._sessions.put_reported_problems(sorted({each.kind for each in refusals} | set(map(_name, stuck)) | kept))
        new = [each for each in refusals if each.kind not in before]
        return new, [each for each in stuck if _name(each) not in before]

    def sweep(self) -> None:
        """Delete the sessions and quarantines that are over; no command sees them any more."""
        self._sessions.sweep()
        forget_expired(self._sessions, time.time())

    def start_over(self, keys: Collection[str] | None = None) -> None:
        """Let the moves that had no success be sent again at once; those of these sessions, or all."""
        for move in list(self._sessions.moves()):
            if move.state in ("not_enforced", "unanswered", "refused") and (keys is None or move.key in keys):
                self._sessions.put_move(replace(move, state="not_enforced", next_at=time.time()))

    def see_through(
        self, moves: Sequence[SessionMove], seconds: float, show: Show, *, by_hand: bool = False
    ) -> list[Progress]:
        """Send these moves, again and by the next method where it has to be, until they are enforced.

        What is sent again is wanted still, and to the same outcome; with `by_hand` windows don't count. Ends when
        nothing can come of waiting, and after so many seconds at most; returns what is still under way.
        """
        ours = {move.session.key: move.after for move in moves}
        deadline = time.monotonic() + seconds
        self.sender.send(moves, show)
        while True:
            started = time.monotonic()
            left = self.settle(show, judge=False)
            now, remaining = time.time(), deadline - started
            if remaining <= 0 or not any(_may_change(progress, ours, now, now + remaining) for progress in left):
                return left
            due = [each.session for each in left if each.session is not None and self._is_due(each, ours, now)]
            if due:
                self.sender.send(self._wanted_still(due, ours, by_hand=by_hand), show)
            # A round over many moves takes its time, and leaves as much to others.
            time.sleep(max(POLL_SECONDS, time.monotonic() - started))

    def _is_due(self, progress: Progress, ours: Mapping[str, str], now: float) -> bool:
        move, session = progress.move, progress.session
        if session is None or move.key not in ours or not progress.astray or progress.state == "pending":
            return False
        return is_due(move, session, now, self._settings.moves)

    def _wanted_still(
        self, sessions: Sequence[Session], ours: Mapping[str, str], *, by_hand: bool
    ) -> list[SessionMove]:
        """Return the moves of these sessions that are what was let happen; none while there is an `obstacle`."""
        if self.obstacle():
            return []
        plan = self.plan(sessions)
        moves = [*plan.moves, *(held.move for held in plan.held if by_hand)]
        return [move for move in moves if move.after == ours[move.session.key] and not move.blind]


def _name(progress: Progress) -> str:
    return f"{progress.move.key} -> {progress.move.after}"


def _may_change(progress: Progress, ours: Mapping[str, str], now: float, until: float) -> bool:
    """Tell whether it is worth waiting for: the device may log in again, or it is sent again before this time."""
    move = progress.move
    if progress.state == "acknowledged":
        return move.key in ours or move.next_at > now
    again = progress.state in ("refused", "unanswered") and progress.astray and move.key in ours
    return again and move.next_at <= until
