"""Every live session where policy wants it: plan, send, and see it through."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import LastRun
from radtune.records.session_key import client_of
from radtune.stores.quarantines import forget_expired
from radtune.stores.session_rows import read_session
from radtune.stores.sessions import SessionStore
from radtune.text import counted
from radtune_tools.enforce.change_time import ChangeTimes
from radtune_tools.enforce.move_progress import OVER, Progress, effective_state, give_up_if_expired, is_due
from radtune_tools.enforce.move_sender import MoveSender, Show
from radtune_tools.enforce.running_servers import no_server, policy_mismatch, policy_states
from radtune_tools.enforce.session_plan import (
    STORE_UNUSABLE,
    Blocked,
    SessionMove,
    SessionPlan,
    held_because,
    plan_sessions,
)
from radtune_tools.policy.evaluation import find_and_evaluate
from radtune_tools.stores import Stores

POLL_SECONDS = 0.2
REMEMBERED = 50_000
"""Sessions that a run remembers, so that it decodes each once: some 2 kB each."""


class Reconcile:
    """One run over the sessions. Use it as a context manager."""

    def __init__(self, settings: Settings) -> None:
        """Open the stores and the policy of settings; raises what they raise."""
        self._settings = settings
        self._policy = read_policy(settings.policy, settings.policy_context)
        self._stores = Stores(settings)
        self._sessions = self._stores.sessions
        self._sessions.decode = lru_cache(REMEMBERED)(read_session)
        self.sender = MoveSender(settings, self._sessions)
        self._stores.callback(self.sender.events.close)

    def __enter__(self) -> "Reconcile":
        return self

    def __exit__(self, *_: object) -> None:
        self._stores.close()

    def obstacle(self) -> str:
        """Return why nobody may be moved now, or ''.

        Without a server a moved device could not log in again. A server that still judges by another policy would give
        it its old outcome, time and again.
        """
        return no_server(self._settings) or self._policy_mismatch()

    def _policy_mismatch(self) -> str:
        return policy_mismatch(policy_states(self._settings), self._policy.fingerprint, self._settings.policy)

    def sessions(self) -> Iterator[Session]:
        """Yield every session, ordered by key."""
        yield from sorted(self._sessions.sessions(), key=lambda session: session.key)

    def plan(self, sessions: Iterable[Session] | None = None) -> SessionPlan:
        """Return the plan for these sessions, or for all."""
        chosen = self.sessions() if sessions is None else sessions
        under_way = {move.key: move for move in self._sessions.moves()}
        moved, evaluate = self._sessions.moved(), self._evaluator()

        def hold(move: SessionMove) -> str:
            moved_at = moved.get(client_of(move.session.facts), 0.0)
            return held_because(move, self._settings.moves, moved_at, time.time())

        changed_at = ChangeTimes(self._settings, self._policy, under_way)
        return plan_sessions(((session, evaluate(session)) for session in chosen), under_way, hold, changed_at)

    def admitted(self, plan: SessionPlan, accepted: int | None) -> tuple[list[SessionMove], list[Blocked]]:
        """Return the moves that may be made, and those that may not: none may while there is an `obstacle`."""
        if plan.moves and (obstacle := self.obstacle()):
            why = f"{counted(len(plan.moves), 'session')} would move, but {obstacle}"
            return [], [Blocked("server", why, tuple(plan.moves))]
        return plan.admitted(self._settings.limits, accepted)

    def _evaluator(self) -> Callable[[Session], Decision]:
        """Return what tells what policy grants a session now. What is the same for all sessions is read once."""
        devices, recall, policy = self._stores.devices, self._sessions.recall, self._policy
        now, quarantines = time.time(), self._stores.quarantines()

        def evaluate(session: Session) -> Decision:
            return find_and_evaluate(session.facts, devices, policy, now, recall, quarantines).decision

        return evaluate

    def progress(self) -> list[Progress]:
        """Return the moves under way, ordered by session. Changes nothing."""
        return moves_under_way(self._sessions, time.time(), self._settings.moves.relogin)

    def settle(self, show: Show, *, forget_unwanted: bool = True) -> list[Progress]:
        """Close the moves that are enforced or ended, and give up those whose last method was of no use.

        With `forget_unwanted`, moves that policy no longer wants are forgotten, unless the server has another policy.
        Shows the moves that are over, returns those that are left.
        """
        over, unwanted, left = list[Progress](), list[str](), list[Progress]()
        evaluate = self._evaluator() if forget_unwanted and not self._policy_mismatch() else None
        for progress in self.progress():
            session = progress.session
            if progress.state in OVER:
                over.append(progress)
            elif session is not None and evaluate is not None and _stays(session, evaluate(session)):
                unwanted.append(progress.move.key)
            else:
                left.append(self._given_up(progress) or progress)
        self._sessions.note_moves(over=unwanted)
        self.sender.close(over, show)
        return left

    def _given_up(self, progress: Progress) -> Progress | None:
        session = progress.session
        if session is None:
            return None
        methods = partial(self.sender.nas_requests.methods, session.facts)
        move = give_up_if_expired(progress.move, session, methods, time.time(), self._settings.moves)
        if move is None:
            return None
        self._sessions.put_move(move)
        self.sender.append_events([("not_enforced", move, move.state, session)])
        return Progress(move, move.state, session)

    def tidy(self) -> None:
        """Delete what no command sees any more: sessions and quarantines that are over, and clients moved long ago.

        What was last known of clients is kept while the server judges by another policy, which may want it.
        """
        now = time.time()
        self._sessions.sweep()
        forget_expired(self._sessions, now)
        self._sessions.forget_moved(now - self._settings.moves.hold_down, now + CLOCK_TOLERANCE)
        if not self._policy_mismatch():
            keep = self._policy.last_known("unavailable")
            self._sessions.forget_known(now - keep if keep else math.inf)

    def note_run(self, blocked: Sequence[Blocked], held: int) -> None:
        """Write down when this run was, what the limits blocked, and how many moves were held back."""
        self._sessions.put_last_run(LastRun(time.time(), tuple(each.why for each in blocked), held))

    def news(self, blocked: list[Blocked], left: list[Progress]) -> tuple[list[Blocked], list[Progress]]:
        """Return what is blocked, and the moves that are stuck, unless the last such run has reported it.

        Each problem is reported once until it clears.
        """
        reported = set(self._sessions.reported_problems())
        stuck = [progress for progress in left if progress.stuck]
        # A move that is tried once more has been reported, too.
        kept = {name for progress in left if progress.out_of_policy and (name := _name(progress)) in reported}
        self._sessions.put_reported_problems(sorted({each.kind for each in blocked} | set(map(_name, stuck)) | kept))
        new = [each for each in blocked if each.kind not in reported]
        return new, [each for each in stuck if _name(each) not in reported]

    def start_over(self, keys: Collection[str] | None = None) -> None:
        """Let the moves that had no success be sent again at once; those of these sessions, or all."""
        again = [
            replace(move, state="not_enforced", next_at=time.time())
            for move in self._sessions.moves()
            if move.state in ("not_enforced", "unanswered", "refused") and (keys is None or move.key in keys)
        ]
        self._sessions.note_moves(again)

    def see_through(
        self, moves: Sequence[SessionMove], seconds: float, show: Show, *, by_hand: bool = False
    ) -> list[Progress]:
        """Send these moves, again and by the next method if need be, until they are enforced.

        A move is sent again only if it is still wanted, and to the same outcome; with `by_hand` windows don't count.
        Ends when nothing can come of waiting, and after so many seconds at most; returns what is still under way.
        """
        outcomes = {move.session.key: move.after for move in moves}
        deadline = time.monotonic() + seconds
        self.sender.send(moves, show)
        while True:
            started = time.monotonic()
            left = self.settle(show, forget_unwanted=False)
            now, remaining = time.time(), deadline - started
            if remaining <= 0 or not any(_may_change(progress, outcomes, now, now + remaining) for progress in left):
                return left
            due = [each.session for each in left if each.session is not None and self._is_due(each, outcomes, now)]
            if due:
                self.sender.send(self._still_wanted(due, outcomes, by_hand=by_hand), show)
            # A round over many moves takes its time, and leaves as much to others.
            time.sleep(max(POLL_SECONDS, time.monotonic() - started))

    def _is_due(self, progress: Progress, outcomes: Mapping[str, str], now: float) -> bool:
        move, session = progress.move, progress.session
        if session is None or move.key not in outcomes or not progress.out_of_policy or progress.state == "pending":
            return False
        return is_due(move, session, now, self._settings.moves)

    def _still_wanted(
        self, sessions: Sequence[Session], outcomes: Mapping[str, str], *, by_hand: bool
    ) -> list[SessionMove]:
        """Return the moves of these sessions to the outcomes that were allowed; none while there is an `obstacle`."""
        if self.obstacle():
            return []
        plan = self.plan(sessions)
        moves = [*plan.moves, *(move for move, _ in plan.held if by_hand)]
        return [move for move in moves if move.after == outcomes[move.session.key] and not move.store_unusable]


def moves_under_way(sessions: SessionStore, now: float, relogin: float) -> list[Progress]:
    """Return the moves under way, ordered by session. Changes nothing."""
    moves = list(sessions.moves())
    there = sessions.with_others([move.key for move in moves])
    return [
        Progress(move, effective_state(move, session, now, relogin, others if move.sent_at else ()), session)
        for move, (session, others) in zip(moves, there, strict=True)
    ]


def _stays(session: Session, decision: Decision) -> bool:
    """Tell whether policy wants the session where it is, or asks for an attribute that its login didn't keep.

    False if the store is unusable, for then policy wants nothing.
    """
    stays = decision.missing_attribute_rule != "" or decision.outcome == session.granted
    return stays and decision.compliance not in STORE_UNUSABLE


def _name(progress: Progress) -> str:
    return f"{progress.move.key} -> {progress.move.after}"


def _may_change(progress: Progress, outcomes: Mapping[str, str], now: float, until: float) -> bool:
    """Tell whether it is worth waiting for: the device may log in again, or it is sent again before this time."""
    move = progress.move
    if progress.state == "acknowledged":
        return move.key in outcomes or move.next_at > now
    again = progress.state in ("refused", "unanswered") and progress.out_of_policy and move.key in outcomes
    return again and move.next_at <= until
