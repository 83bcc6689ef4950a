"""Every live session where policy wants it: plan, send, and see it through."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from radtune.events import append_event
from radtune.override_store import forget_expired
from radtune.policy import Decision, Policy
from radtune.policy_file import read_policy
from radtune.records import Facts, Move, Session
from radtune.settings import Settings
from radtune_tools.dispatch import Dispatch, Prepared
from radtune_tools.in_force import other_policy
from radtune_tools.plan import SessionMove, SessionPlan, is_waiting, plan_sessions, standing
from radtune_tools.radclient import UNWANTED, Reply
from radtune_tools.stores import Stores
from radtune_tools.verdict import find_and_judge

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """A move, where it stands (`standing`), and its session, None where that is over."""

    move: Move
    state: str
    session: Session | None

    def __str__(self) -> str:
        said = f"{self.move.key}: {self.move.before} -> {self.move.after}: {self.state}"
        if self.state not in ("enforced", "ended") and self.move.answer:
            said += f" ({self.move.answer})"
        if self.state == "acknowledged":
            said += ", not logged in again yet"
        return said


class Reconcile:
    """One run over the sessions. Use it as a context manager."""

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        """Open the stores and the policy of settings, unless another is given; raises what they raise."""
        self.problems: list[str] = []
        self._settings = settings
        self.dispatch = Dispatch(settings)
        self._policy = policy or read_policy(settings.policy, settings.surroundings)
        self._stores = Stores(settings)
        self._sessions = self._stores.sessions

    def __enter__(self) -> "Reconcile":
        return self

    def __exit__(self, *_: object) -> None:
        self._stores.close()

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

    def plan(self) -> SessionPlan:
        """Return which sessions would move."""
        return plan_sessions((session, self.judge(session.facts)) for session in self.sessions())

    def progress(self) -> list[Progress]:
        """Return where the moves that are under way stand. Changes nothing."""
        found = []
        for move in sorted(self._sessions.moves(), key=lambda move: move.key):
            session = self._sessions.get(move.key)
            found.append(Progress(move, standing(move, session, time.time()), session))
        return found

    def settle(self) -> list[Progress]:
        """Close the moves that are enforced or ended, or that policy no longer wants; return the first two kinds."""
        closed = []
        for progress in self.progress():
            move, session = progress.move, progress.session
            if progress.state in ("enforced", "ended"):
                if move.after == "deny":
                    self._sessions.end(move.key)
                self._sessions.end_move(move.key)
                self._event(progress.state, move, session)
                closed.append(progress)
            elif session is not None and self._stays(session):
                self._sessions.end_move(move.key)
        return closed

    def _stays(self, session: Session) -> bool:
        """Tell whether policy wants the session where it is, or can't tell where it wants it."""
        decision = self.judge(session.facts)
        return decision.undecided != "" or decision.outcome == session.granted

    def forget_known(self) -> None:
        """Forget what was last known of clients longer ago than policy lets it count.

        Nothing is forgotten while the server judges by another policy, which may want it.
        """
        if not self.obstacle():
            keep = self._policy.last_known("unavailable")
            self._sessions.forget_known(time.time() - keep if keep else math.inf)

    def sweep(self) -> None:
        """Delete the sessions and quarantines that are over; no command sees them any more."""
        self._sessions.sweep()
        forget_expired(self._sessions, time.time())

    def send(self, moves: Sequence[SessionMove], show: Callable[[Progress], None]) -> None:
        """Ask the NASes for these moves.

        Each move is looked at again and written down right before its packet leaves, so that no run throws out a device
        that is where it should be, or sends a CoA a second time unknowingly.
        """
        wanted = {move.session.key: move for move in moves}
        sent: dict[str, tuple[Move, Move]] = {}

        def leaves(each: Prepared) -> bool:
            planned = self._planned(wanted[each.session.key])
            if planned is None:
                return False
            move = replace(planned, state="sent", sent_at=time.time(), attempts=planned.attempts + 1)
            self._sessions.put_move(move)
            sent[each.session.key] = planned, move
            return True

        prepared = [self.dispatch.prepare(move.session) for move in moves]
        for each, reply in zip(prepared, self.dispatch.ask(prepared, leaves), strict=True):
            planned, move = sent.get(each.session.key, (None, None))
            base = planned if reply.state == "pending" else move
            if each.packet is None:
                base = self._planned(wanted[each.session.key])
            if base is not None and reply is not UNWANTED:
                self._note_reply(each.session, replace(base, state=reply.state, answer=reply.answer), reply, show)

    def _note_reply(self, session: Session, move: Move, reply: Reply, show: Callable[[Progress], None]) -> None:
        if reply.session_missing:
            self._forget(session)
        self._sessions.put_move(move)
        self._event("coa", move, session)
        show(Progress(move, move.state, self._sessions.get(move.key)))

    def _forget(self, session: Session) -> None:
        """Forget a session that the NAS doesn't have; not the one that has begun while it was asked."""
        current = self._sessions.get(session.key)
        if current is not None and current.granted_at == session.granted_at:
            self._sessions.end(session.key)

    def _planned(self, wanted: SessionMove) -> Move | None:
        """Return the move as it stands before it is sent; None where the session has changed since the plan was made.

        None, too, where the device may still be answering to an earlier CoA by logging in again.
        """
        session, now = wanted.session, time.time()
        current = self._sessions.get(session.key)
        if current is None or current.granted_at != session.granted_at:
            return None
        earlier = self._sessions.get_move(session.key)
        if earlier is not None and earlier.after == wanted.after and is_waiting(earlier, now):
            return None
        return Move(
            key=session.key,
            before=session.granted,
            after=wanted.after,
            reason=wanted.decision.reason,
            state="pending",
            planned_at=earlier.planned_at if earlier else now,
            attempts=earlier.attempts if earlier else 0,
        )

    def wait(self, seconds: float, show: Callable[[Progress], None]) -> list[Progress]:
        """Wait until the acknowledged moves are enforced, for so long at most; return what is still under way."""
        deadline = time.monotonic() + seconds
        while True:
            for progress in self.settle():
                show(progress)
            left = self.progress()
            # One that has come true since the line before is settled in the next round.
            unsettled = any(progress.state in ("acknowledged", "enforced", "ended") for progress in left)
            if not unsettled or time.monotonic() >= deadline:
                return left
            time.sleep(POLL_SECONDS)

    def by_hand(self, prepared: Sequence[Prepared]) -> Iterator[tuple[Session, Reply]]:
        """Send these whatever policy says of the sessions; yield what became of each."""
        for each, reply in zip(prepared, self.dispatch.ask(prepared), strict=True):
            session, now = each.session, time.time()
            move = Move(
                session.key, session.granted, session.granted, "by hand", reply.state, now, now, answer=reply.answer
            )
            self._event("coa", move, session)
            yield session, reply

    def _event(self, kind: str, move: Move, session: Session | None) -> None:
        """Append an event; where that fails it is noted in `problems`, and everything else goes on."""
        facts = session.facts if session else Facts(mac=move.key.rpartition("/")[2])
        fields = {
            "mac": facts.mac or facts.calling_station_id,
            "user": facts.user_name,
            "auth_type": facts.auth_type,
            "device": session.device_name if session else "",
            "outcome": move.after,
            "before": move.before,
            "state": move.state if kind == "coa" else kind,
            "answer": move.answer,
            "nas": facts.nas_identifier or move.key.partition("/")[0],
            "reason": move.reason,
        }
        try:
            append_event(self._settings.events, time.time(), kind, **fields)
        except OSError as error:
            self.problems.append(f"an event is lost: {self._settings.events}: {error.strerror}")
