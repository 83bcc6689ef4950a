"""A move from its CoA to its end: where it stands, whether it is tried again, how, and when it is given up. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from radtune.config.move_settings import MoveSettings
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.records.device_and_client import Session
from radtune.records.session_key import has_mac, nas_key
from radtune.records.states import Move
from radtune_tools.radclient.output import SESSION_MISSING, Reply

MISSED_UPDATES = 3
"""After how many Interim-Updates that didn't come a session is silent for long."""
SHORTEST_INTERVAL = 60.0
"""Seconds; what comes more often is more than Interim-Updates at their interval (RFC 2869 2.1)."""

Methods = Callable[[], Sequence[str]]
"""Tells the methods that fit a session, in the order in which they are tried."""


def standing(move: Move, session: Session | None, now: float, relogin: float, elsewhere: Sequence[Session] = ()) -> str:
    """Return where a move stands: the state it was recorded with, or `enforced`, or `ended`.

    Enforced means that the device has logged in again with the new outcome, or, where that is `deny`, that its session
    is over or its login was refused. A refusal counts only after an acknowledgement, for anybody can send the MAC of a
    session; nothing counts that happened before the CoA was sent. A session that is over without a new login within
    `relogin` seconds has ended: there is nothing left to enforce. So has one that `is_left` for its client's other live
    sessions `elsewhere`.
    """
    if session is None:
        return _standing_without(move, now, relogin)
    if move.sent_at == 0:
        return move.state
    if is_left(move, session, elsewhere, now, relogin):
        return "ended"
    if move.after == "deny":
        obeyed = move.state == "acknowledged" or _was_obeyed(move)
        return "enforced" if obeyed and session.refused_at > max(move.sent_at, session.granted_at) else move.state
    return "enforced" if session.granted == move.after and session.granted_at > move.sent_at else move.state


def _standing_without(move: Move, now: float, relogin: float) -> str:
    """Return where the move of a session stands that is over."""
    if move.sent_at == 0:
        return "ended"
    if move.after == "deny":
        return "enforced"
    over = move.state == "refused" or now - move.sent_at >= relogin
    return "ended" if over else move.state


def is_left(move: Move, session: Session, elsewhere: Sequence[Session], now: float, relogin: float) -> bool:
    """Tell whether the NAS has let go of a session, or has it no more, whose client is elsewhere or silent for long.

    It is elsewhere if it has logged in there since. On another port of the same NAS, which has to have acknowledged, it
    has `relogin` seconds to log in here, too. It is silent for long if the NAS has left out several Interim-Updates.
    Whatever was heard of the session since the CoA proves that it is still there.
    """
    obeyed = move.state == "acknowledged" or _was_obeyed(move)
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
    """Return where the client has logged in since. Without a MAC that can't be told: many devices have one user."""
    return [each for each in elsewhere if has_mac(session.facts) and each.granted_at > session.granted_at]


def is_due(move: Move, session: Session, now: float, settings: MoveSettings) -> bool:
    """Tell whether the move may be sent now.

    A time further ahead than any that is ever waited for was written by a clock that was wrong. One that was given up
    though its NAS obeyed begins anew once the device has logged in since, but not more often than every `again`.
    """
    if move.state == "pending":
        return True
    if _was_obeyed(move):
        return session.granted_at > move.given_up_at and now - move.given_up_at >= settings.again
    longest = max(settings.again, settings.relogin, settings.retry * 2**settings.attempts) + CLOCK_TOLERANCE
    return move.next_at <= now or move.next_at > now + longest


def taken_up(earlier: Move | None, session: Session, after: str, reason: str, now: float) -> Move:
    """Return the move that brings a session to an outcome: the one under way, or a new one.

    One that was given up begins with the first method again.
    """
    if earlier is None or earlier.after != after:
        return Move(session.key, session.granted, after, reason, "pending", now)
    if earlier.state == "not_enforced":
        return replace(earlier, before=session.granted, reason=reason, method="", tries=0)
    return replace(earlier, before=session.granted, reason=reason)


def next_method(move: Move, methods: Sequence[str], attempts: int) -> str:
    """Return by which method the move is tried next, '' where each was tried `attempts` times."""
    if move.method not in methods:
        return methods[0] if methods else ""
    if move.tries < attempts:
        return move.method
    return next(iter(methods[methods.index(move.method) + 1 :]), "")


def sent(move: Move, method: str, now: float, settings: MoveSettings) -> Move:
    """Return the move as it is written down right before its packet leaves.

    Whatever becomes of this run, the device may now be logging in again.
    """
    tries = move.tries + 1 if method == move.method else 1
    return replace(
        move,
        state="sent",
        sent_at=now,
        attempts=move.attempts + 1,
        answer="",
        cause=0,
        method=method,
        tries=tries,
        next_at=now + settings.relogin,
    )


def answered(move: Move, reply: Reply, methods: Methods, now: float, settings: MoveSettings, doubt: str = "") -> Move:
    """Return the move with what became of its packet: waiting for the device, for another try, or given up.

    `doubt`: why a NAS that says that it has no such session isn't believed, or ''.
    """
    move = replace(move, state=reply.state, answer=reply.answer, cause=reply.cause)
    if reply.state in ("acknowledged", "pending"):
        return move
    if reply.session_missing and not doubt:
        return move
    if reply.session_missing:
        move = replace(move, answer=f"{reply.answer}, but {doubt}")
    delay = settings.retry * 2 ** (move.tries - 1)
    if reply.is_final:
        move, delay = replace(move, tries=settings.attempts), 0
    if not _is_exhausted(move, methods(), settings.attempts):
        return replace(move, next_at=now + delay)
    return replace(move, state="not_enforced", next_at=now + settings.again, given_up_at=now)


def overdue(move: Move, session: Session, methods: Methods, now: float, settings: MoveSettings) -> Move | None:
    """Return the move given up where its last method was obeyed, and the device isn't where it should be all the same.

    Nothing is sent for it any more by itself: everybody behind a port would be hit time and again. None where it goes
    on. A run that ended between packet and answer counts as one without an answer.
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
    """Tell whether each method was tried; while none is known, which settings may mend, that can't be told."""
    return bool(methods) and not next_method(move, methods, attempts)


def _was_obeyed(move: Move) -> bool:
    """Tell whether it was given up though the NAS has obeyed (`overdue`)."""
    return move.state == "not_enforced" and move.next_at == 0
