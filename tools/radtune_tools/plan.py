"""Which sessions a run would move, and whether that is too much without a person's word. Nothing is done here."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from radtune.move import Move
from radtune.move_settings import MoveSettings
from radtune.policy import Decision
from radtune.records import Session
from radtune.settings import Limits
from radtune_tools.limits import too_many

NAMED_NASES = 5
"""How many NASes over their limit are told by name."""


@dataclass(frozen=True, slots=True)
class SessionMove:
    """A live session whose outcome has to change, the decision that wants it, and the move that is under way for it."""

    session: Session
    decision: Decision
    under_way: Move | None = None

    @property
    def after(self) -> str:
        """The outcome that policy wants now."""
        return self.decision.outcome

    @property
    def restores(self) -> bool:
        """Whether the device is in good health: compliant, or in its grace period and not compliant at its login."""
        now, before = self.decision.compliance, self.session.compliance
        back = now == "in_grace_period" and before not in ("compliant", "in_grace_period")
        return self.after != "deny" and (now == "compliant" or back)

    @property
    def was_sent(self) -> bool:
        """Whether its CoA has left before, within the limits or by a person's word."""
        return self.under_way is not None and self.under_way.after == self.after and self.under_way.attempts > 0

    def __str__(self) -> str:
        facts = self.session.facts
        who = self.session.device_name or facts.user_name or facts.mac
        where = facts.nas_identifier or facts.nas_address
        return f"{who} ({facts.mac}) at {where}: {self.session.granted} -> {self.after}: {self.decision.reason}"


@dataclass(frozen=True, slots=True)
class HeldMove:
    """A move that is not made now, and why."""

    move: SessionMove
    why: str

    def __str__(self) -> str:
        return f"{self.move}; held back: {self.why}"


@dataclass(frozen=True, slots=True)
class UndecidedSession:
    """A live session that stays where it is because this rule asks for what its login didn't keep."""

    session: Session
    rule: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Moves that a person has to agree to first, and why."""

    why: str
    moves: tuple[SessionMove, ...]


@dataclass(slots=True)
class SessionPlan:
    """Which live sessions have to move, of how many in all and on each NAS, and of which nobody can tell."""

    live: int = 0
    moves: list[SessionMove] = field(default_factory=list)
    undecided: list[UndecidedSession] = field(default_factory=list)
    held: list[HeldMove] = field(default_factory=list)
    live_on: Counter[str] = field(default_factory=Counter)

    def nothing(self) -> str:
        """Return the sentence for a plan without moves."""
        told = self.live - len(self.undecided) - len(self.held)
        return f"nothing to move: {told} sessions, all of them where policy wants them"

    def cannot_tell(self) -> list[str]:
        """Return how many sessions stay because nobody can tell what they should get, and why, a sentence each."""
        why = "asks for an attribute that was not kept at their login; they stay until they log in again"
        counts = Counter(each.rule for each in self.undecided)
        return [f"can't tell for {count} sessions: rule {rule} {why}" for rule, count in counts.items()]

    def refusals(self, limits: Limits) -> list[Refusal]:
        """Return what a person has to agree to first; what was sent before goes on, but counts."""
        found: list[Refusal] = []
        blind = [move for move in self.moves if _is_blind(move)]
        if blind:
            reason = f"radtune can't judge now ({blind[0].decision.reason}), and moves nobody for that"
            found.append(Refusal(f"{len(blind)} sessions would move: {reason}", tuple(blind)))
        for what, moves, number, percent in self._kinds(limits):
            said = too_many(what, len(moves), self.live, number, percent)
            if said:
                found.append(Refusal(said, tuple(moves)))
        found += self._by_nas(limits)
        return found

    def admitted(self, limits: Limits, accepted: int | None) -> tuple[list[SessionMove], list[str]]:
        """Return the moves that the limits let happen, and a sentence for each kind that they don't.

        All of them, where a person has agreed to as many as there are.
        """
        refusals = [] if accepted == len(self.moves) else self.refusals(limits)
        barred = {move.session.key for refusal in refusals for move in refusal.moves if not move.was_sent}
        advice = f"`radtune plan` shows them; --accept-moves {len(self.moves)} lets all {len(self.moves)} moves happen"
        told = [f"{refusal.why}; {advice}" for refusal in refusals if any(not move.was_sent for move in refusal.moves)]
        return [move for move in self.moves if move.session.key not in barred], told

    def _kinds(self, limits: Limits) -> Iterator[tuple[str, list[SessionMove], int, float]]:
        seen = [move for move in self.moves if not _is_blind(move)]
        quarantined = [move for move in seen if not move.restores]
        restored = [move for move in seen if move.restores]
        less = "sessions would move because their device isn't compliant, or is denied"
        yield less, quarantined, limits.sessions_quarantined, limits.sessions_quarantined_percent
        more = "sessions of devices in good health would move"
        yield more, restored, limits.sessions_restored, limits.sessions_restored_percent

    def _by_nas(self, limits: Limits) -> Iterator[Refusal]:
        on: dict[str, list[SessionMove]] = {}
        for move in self.moves:
            on.setdefault(nas_of(move.session), []).append(move)
        over = []
        for nas, moves in on.items():
            number, percent = limits.sessions_at_nas, limits.sessions_at_nas_percent
            said = too_many(f"sessions on {nas} would move", len(moves), self.live_on[nas], number, percent)
            if said:
                over.append(Refusal(said, tuple(moves)))
        yield from over[:NAMED_NASES]
        if over[NAMED_NASES:]:
            rest = tuple(move for refusal in over[NAMED_NASES:] for move in refusal.moves)
            yield Refusal(f"{len(over) - NAMED_NASES} more NASes are over that limit, too", rest)


def nas_of(session: Session) -> str:
    """Return what the session's NAS is called where its sessions are counted: its address, or else its identifier."""
    return session.facts.nas_address or session.facts.nas_identifier


def _is_blind(move: SessionMove) -> bool:
    return move.decision.compliance in ("stale", "unavailable")


def plan_sessions(
    judged: Iterable[tuple[Session, Decision]],
    under_way: Mapping[str, Move] | None = None,
    holds: Callable[[SessionMove], str] = lambda _: "",
) -> SessionPlan:
    """Return the plan: a session moves if, and only if, its outcome would be another one now.

    `under_way` are moves by the keys of their sessions; `holds` says why one isn't made now, or ''.
    """
    plan, under_way = SessionPlan(), under_way or {}
    for session, decision in judged:
        plan.live += 1
        plan.live_on[nas_of(session)] += 1
        if decision.undecided:
            plan.undecided.append(UndecidedSession(session, decision.undecided))
        elif decision.outcome != session.granted:
            move = SessionMove(session, decision, under_way.get(session.key))
            why = holds(move)
            if why:
                plan.held.append(HeldMove(move, why))
            else:
                plan.moves.append(move)
    return plan


def held_because(move: SessionMove, settings: MoveSettings, moved_at: float, now: float) -> str:
    """Return why a move isn't made now, or ''; the device was last moved at `moved_at`, in seconds since the epoch.

    A device that is to have less waits for no hold-down, and neither does what has begun.
    """
    for window in settings.windows:
        if (move.restores or not window.quarantine) and window.holds(move.session.facts, now):
            return f"{window.name} under moves.windows is now"
    left = moved_at + settings.hold_down - now
    if move.restores and not move.was_sent and left > 0:
        return f"it was moved {now - moved_at:.0f} seconds ago; moves.hold_down is {settings.hold_down} seconds"
    return ""
