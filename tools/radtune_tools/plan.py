"""Which sessions a run would move, and whether that is too much without a person's word. Nothing is done here."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from radtune.policy import Decision
from radtune.records import Move, Session
from radtune.settings import Limits
from radtune_tools.limits import too_many

RELOGIN_SECONDS = 60.0
"""How long after its CoA a device may take to log in again, before its session is asked again or given up as ended."""


@dataclass(frozen=True, slots=True)
class SessionMove:
    """A live session whose outcome has to change, and the decision that wants it."""

    session: Session
    decision: Decision

    @property
    def after(self) -> str:
        """The outcome that policy wants now."""
        return self.decision.outcome

    def __str__(self) -> str:
        facts = self.session.facts
        who = self.session.device_name or facts.user_name or facts.mac
        where = facts.nas_identifier or facts.nas_address
        return f"{who} ({facts.mac}) at {where}: {self.session.granted} -> {self.after}: {self.decision.reason}"


@dataclass(frozen=True, slots=True)
class UndecidedSession:
    """A live session that stays where it is because this rule asks for what its login didn't keep."""

    session: Session
    rule: str


@dataclass(slots=True)
class SessionPlan:
    """Which live sessions have to move, of how many, and of which nobody can tell."""

    live: int = 0
    moves: list[SessionMove] = field(default_factory=list)
    undecided: list[UndecidedSession] = field(default_factory=list)

    def nothing(self) -> str:
        """Return the sentence for a plan without moves."""
        told = self.live - len(self.undecided)
        return f"nothing to move: {told} sessions, all of them where policy wants them"

    def cannot_tell(self) -> list[str]:
        """Return how many sessions stay because nobody can tell what they should get, and why, a sentence each."""
        why = "asks for an attribute that was not kept at their login; they stay until they log in again"
        counts = Counter(each.rule for each in self.undecided)
        return [f"can't tell for {count} sessions: rule {rule} {why}" for rule, count in counts.items()]

    def refusal(self, limits: Limits) -> str:
        """Return why a person has to agree first, or ''."""
        count = len(self.moves)
        blind = next((move for move in self.moves if move.decision.compliance in ("stale", "unavailable")), None)
        if blind is not None:
            reason = f"radtune can't judge now ({blind.decision.reason}), and moves nobody for that"
            return f"{reason}; --accept-moves {count} lets it happen"
        said = too_many("sessions would move", count, self.live, limits.sessions_moved, limits.sessions_moved_percent)
        return said and f"{said}; --accept-moves {count} lets it happen"


def plan_sessions(judged: Iterable[tuple[Session, Decision]]) -> SessionPlan:
    """Return the plan: a session moves if, and only if, its outcome would be another one now."""
    plan = SessionPlan()
    for session, decision in judged:
        plan.live += 1
        if decision.undecided:
            plan.undecided.append(UndecidedSession(session, decision.undecided))
        elif decision.outcome != session.granted:
            plan.moves.append(SessionMove(session, decision))
    return plan


def standing(move: Move, session: Session | None, now: float) -> str:
    """Return where a move stands: the state it was recorded with, or `enforced`, or `ended`.

    Enforced means that the device has logged in again with the new outcome, or, where that is `deny`, that its session
    is over or its login was refused. A refusal counts only after an acknowledgement, for anybody can send the MAC of a
    session; nothing counts that happened before the CoA was sent. A session that is over without a new login within
    RELOGIN_SECONDS has ended: there is nothing left to enforce.
    """
    if session is None:
        if move.sent_at == 0:
            return "ended"
        if move.after == "deny":
            return "enforced"
        over = move.state == "refused" or now - move.sent_at >= RELOGIN_SECONDS
        return "ended" if over else move.state
    if move.sent_at == 0:
        return move.state
    if move.after == "deny":
        refused = move.state == "acknowledged" and session.refused_at > max(move.sent_at, session.granted_at)
        return "enforced" if refused else move.state
    return "enforced" if session.granted == move.after and session.granted_at > move.sent_at else move.state


def is_waiting(move: Move, now: float) -> bool:
    """Tell whether the CoA was acknowledged so lately that the device may still be logging in."""
    return move.state == "acknowledged" and now - move.sent_at < RELOGIN_SECONDS
