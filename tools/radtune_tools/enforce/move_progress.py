"""A move from its CoA to its end: its state, when and how it is sent again, and when it is given up. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from radtune.config.move_settings import MoveSettings
from radtune.dataclass import dataclass, replace
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move, MoveState
from radtune.records.session_key import has_mac, nas_key
from radtune.text import utc
from radtune_tools.radclient.output import SESSION_MISSING, Reply

EffectiveState = MoveState | Literal["enforced", "ended"]
OVER = ("enforced", "ended")
"""The states in which there is nothing left to do."""
AGAIN = ("unanswered", "refused", "not_enforced")
"""The states in which a move is sent again later."""
MISSED_UPDATES = 3
"""After so many missing Interim-Updates a session is silent for long."""
SHORTEST_INTERVAL = 60.0
"""Seconds; packets that come more often are not Interim-Updates alone (RFC 2869 2.1)."""

Methods = Callable[[], Sequence[str]]
"""Returns the methods that fit a session, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A move, its `effective_state`, and its session, None if that is over."""

    move: Move
    state: EffectiveState
    session: Session | None

    @property
    def out_of_policy(self) -> bool:
        """The session is there, and not where policy wants it."""
        return self.session is not None and self.state not in OVER

    @property
    def stuck(self) -> bool:
        """Nothing more is done for it without a person, or for a long time."""
        return self.out_of_policy and self.state in ("not_enforced", "pending")

    @property
    def to(self) -> str:
        """The outcome to which the session is moved, and how far that is."""
        said = f"-> {self.move.after}: {self.state.replace('_', ' ')}"
        if self.state not in OVER and self.move.answer:
            times = f"; sent {self.move.attempts} times, last by {self.move.method}" if self.move.attempts > 1 else ""
            said += f" ({self.move.answer}{times})"
        if self.state in AGAIN and self.move.next_at:
            said += f", again at {utc(self.move.next_at)}"
        return said + (", not logged in again yet" if self.state == "acknowledged" else "")

    def __str__(self) -> str:
        return f"{self.move.key}: {self.move.before} {self.to}"

    def problem(self) -> str:
        """Return the sentence for a session that is out of policy."""
        return str(self) if self.state == "not_enforced" else f"not enforced yet: {self}"

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
            "planned": utc(move.planned_at),
            "sent": utc(move.sent_at) if move.sent_at else "",
            "again": utc(move.next_at) if self.state in AGAIN and move.next_at else "",
            "reason": move.reason,
        }


def effective_state(
    move: Move, session: Session | None, now: float, relogin: float, elsewhere: Sequence[Session] = ()
) -> EffectiveState:
    """Return the state of a move as its session shows it: that of its record, or `enforced`, or `ended`.

    It is enforced if the device has logged in again with the new outcome. If that is `deny`, it is enforced if the
    session is over, or its login was refused. Anybody can send the MAC of a session, so a refusal counts only after an
    acknowledgement. Nothing counts that happened before the CoA was sent. It has ended if the session is over and there
    was no new login within `relogin` seconds, or if it `is_left` for its client's other live sessions `elsewhere`.
    """
    if move.sent_at == 0:
        return "ended" if session is None else move.state
    if session is None:
        if move.after == "deny":
            return "enforced"
        return "ended" if move.state == "refused" or now - move.sent_at >= relogin else move.state
    if is_left(move, session, elsewhere, now, relogin):
        return "ended"
    if move.after == "deny":
        enforced = _was_obeyed(move) and session.denied_at > max(move.sent_at, session.granted_at)
    else:
        enforced = session.granted == move.after and session.granted_at > move.sent_at
    return "enforced" if enforced else move.state


def is_left(move: Move, session: Session, elsewhere: Sequence[Session], now: float, relogin: float) -> bool:
    """Tell whether a session that its NAS has let go of, or no longer has, is there no more.

    It is not if its client has logged in elsewhere since, or is silent for long. On another port of the same NAS, which
    has to have acknowledged, the client has `relogin` seconds to log in here, too. It is silent for long if the NAS has
    left out several Interim-Updates. If anything was heard of the session since the CoA, it is still there.
    """
    obeyed = _was_obeyed(move)
    if not (obeyed or move.cause == SESSION_MISSING) or session.heard_at > move.sent_at:
        return False
    if is_at_other_nas(session, elsewhere):
        return True
    later = obeyed and bool(_later(session, elsewhere))
    silent = session.interval >= SHORTEST_INTERVAL and now - session.heard_at > MISSED_UPDATES * session.interval
    return (later or silent) and now - move.sent_at >= relogin


def is_at_other_nas(session: Session, elsewhere: Sequence[Session]) -> bool:
    """Tell whether the client has logged in at another NAS since, by its other live sessions."""
    return any(nas_key(each.facts) != nas_key(session.facts) for each in _later(session, elsewhere))


def _later(session: Session, elsewhere: Sequence[Session]) -> list[Session]:
    """Return the later logins of the client; none if it has no MAC, for many devices have one user."""
    return [each for each in elsewhere if has_mac(session.facts) and each.granted_at > session.granted_at]


def is_due(move: Move, session: Session, now: float, settings: MoveSettings) -> bool:
    """Tell whether the move may be sent now.

    A move that was given up though its NAS obeyed is sent again if the device has logged in since, but not more often
    than every `again` seconds. An implausibly late `next_at` was written by a clock that was wrong: the move is due.
    """
    if move.state == "pending":
        return True
    if _is_given_up_in_vain(move):
        return session.granted_at > move.given_up_at and now - move.given_up_at >= settings.again
    longest = max(settings.again, settings.relogin, settings.retry * 2**settings.attempts) + CLOCK_TOLERANCE
    return move.next_at <= now or move.next_at > now + longest


def start_or_resume(
    earlier: Move | None, session: Session, after: str, reason: str, now: float, client: Mapping[str, str]
) -> Move:
    """Return the move that brings a session to an outcome: the one under way, or a new one.

    One that was given up begins with the first method again.
    """
    if earlier is None or earlier.after != after:
        return Move(session.key, session.granted, after, reason, "pending", now, client=client)
    move = replace(earlier, before=session.granted, reason=reason, client=client)
    return replace(move, method="", tries=0) if earlier.state == "not_enforced" else move


def next_method(move: Move, methods: Sequence[str], attempts: int) -> str:
    """Return the method to try next; '' if each was tried `attempts` times."""
    if move.method not in methods:
        return methods[0] if methods else ""
    if move.tries < attempts:
        return move.method
    return next(iter(methods[methods.index(move.method) + 1 :]), "")


def sent(move: Move, method: str, now: float, settings: MoveSettings) -> Move:
    """Return the move as it is written down right before its packet leaves.

    If this run is killed, the next one gives the device its time to log in again.
    """
    return replace(
        move,
        state="sent",
        sent_at=now,
        attempts=move.attempts + 1,
        answer="",
        cause=0,
        method=method,
        tries=move.tries + 1 if method == move.method else 1,
        next_at=now + settings.relogin,
    )


def answered(move: Move, reply: Reply, methods: Methods, now: float, settings: MoveSettings, doubt: str = "") -> Move:
    """Return the move with the reply to its packet: waiting for the device, for another try, or given up.

    `doubt`: why a NAS that says that it has no such session isn't believed, or ''.
    """
    move = replace(move, state=reply.state, answer=reply.answer, cause=reply.cause)
    if reply.state in ("acknowledged", "pending"):
        return move
    if reply.session_missing:
        if not doubt:
            return move
        move = replace(move, answer=f"{reply.answer}, but {doubt}")
    delay = settings.retry * 2 ** (move.tries - 1)
    if reply.is_final:
        move, delay = replace(move, tries=settings.attempts), 0
    if not _is_exhausted(move, methods(), settings.attempts):
        return replace(move, next_at=now + delay)
    return replace(move, state="not_enforced", next_at=now + settings.again, given_up_at=now)


def give_up_if_expired(
    move: Move, session: Session, methods: Methods, now: float, settings: MoveSettings
) -> Move | None:
    """Return the move given up if the time of its last method is up; None if it goes on.

    If the NAS obeyed in vain, nothing more is sent by itself: everybody behind a port would be hit time and again. A
    run that was killed between packet and answer counts as one without an answer.
    """
    if move.state not in ("acknowledged", "sent") or now < move.next_at:
        return None
    if not _is_exhausted(move, methods(), settings.attempts):
        return None
    if move.state == "sent":
        said = "the run that sent it has ended"
        return replace(move, state="not_enforced", answer=said, next_at=now, given_up_at=now)
    said = f"not logged in again within {settings.relogin} seconds"
    if session.granted_at > move.sent_at:
        said = f"logged in again, and got {session.granted}"
    return replace(move, state="not_enforced", answer=f"{move.answer}, but {said}", next_at=0.0, given_up_at=now)


def _is_exhausted(move: Move, methods: Sequence[str], attempts: int) -> bool:
    """Tell whether each method was tried; False if none is known, for settings may mend that."""
    return bool(methods) and not next_method(move, methods, attempts)


def _is_given_up_in_vain(move: Move) -> bool:
    """Tell whether it was given up though the NAS has obeyed."""
    return move.state == "not_enforced" and move.next_at == 0


def _was_obeyed(move: Move) -> bool:
    return move.state == "acknowledged" or _is_given_up_in_vain(move)
