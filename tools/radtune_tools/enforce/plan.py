"""Which sessions a run would move, and whether that is too much without a person's word. Nothing is done here."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from radtune.config.move_settings import MoveSettings
from radtune.config.settings import Limits
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Session
from radtune.records.states import Move
from radtune_tools.limits import too_many

BLIND = ("stale", "unavailable")
"""The states in which nobody can judge."""
HEALTHY = ("compliant", "in_grace_period")
"""The states of a device in good health."""
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
        """Whether the device has come back to health since its login: compliant, or in its grace period."""
        return self.after != "deny" and self.decision.compliance in HEALTHY and self.session.compliance not in HEALTHY

    @property
    def blind(self) -> bool:
        """Whether it is wanted only because nobody can judge."""
        return self.decision.compliance in BLIND

    @property
    def by_hand(self) -> bool:
        """Whether a person has said so, for whom no limit and no window counts."""
        return self.decision.quarantined

    @property
    def begun(self) -> bool:
        """Whether it is under way: within the limits, or by a person's word."""
        return self.under_way is not None and self.under_way.after == self.after

    @property
    def given_up(self) -> bool:
        """Whether it is under way, and was tried by every method."""
        return self.begun and self.under_way is not None and self.under_way.state == "not_enforced"

    @property
    def counts(self) -> bool:
        """Whether the limits count it: what a run would begin, and no person wants."""
        return not self.by_hand and not self.begun

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
        return f"{self.move}; but {self.why}"


@dataclass(frozen=True, slots=True)
class UndecidedSession:
    """A live session that stays where it is because this rule asks for what its login didn't keep."""

    session: Session
    rule: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Moves that a person has to agree to first, and why; `kind` is the same for what the next run says of them."""

    kind: str
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

    def admitted(self, limits: Limits, accepted: int | None) -> tuple[list[SessionMove], list[Refusal]]:
        """Return the moves that the limits let happen, and each kind that they don't.

        What is under way goes on, and the limits count what would begin now: all of it does where a person has agreed
        to as many.
        """
        count = sum(move.counts for move in self.moves)
        refusals = [] if accepted == count else list(self._refusals(limits))
        barred = {move.session.key for refusal in refusals for move in refusal.moves}
        advice = f"`radtune plan` shows them; --accept-moves {count} lets all {count} happen that would begin now"
        told = [Refusal(each.kind, f"{each.why}; {advice}", each.moves) for each in refusals]
        return [move for move in self.moves if move.session.key not in barred], told

    def _refusals(self, limits: Limits) -> Iterator[Refusal]:
        counting = [move for move in self.moves if move.counts]
        blind = [move for move in counting if move.blind]
        if blind:
            reason = f"radtune can't judge now ({blind[0].decision.reason}), and moves nobody for that"
            yield Refusal("blind", f"{len(blind)} sessions would move: {reason}", tuple(blind))
        for kind, moves, what, number, percent in self._kinds([move for move in counting if not move.blind], limits):
            said = too_many(what, len(moves), self.live, number, percent)
            if said:
                yield Refusal(kind, said, tuple(moves))
        yield from self._by_nas(counting, limits)

    def _kinds(
        self, moves: Sequence[SessionMove], limits: Limits
    ) -> Iterator[tuple[str, list[SessionMove], str, int, float]]:
        moved = [move for move in moves if not move.restores]
        restored = [move for move in moves if move.restores]
        yield "moved", moved, "sessions would move", limits.sessions_moved, limits.sessions_moved_percent
        back = "sessions would move because their device has come back to health"
        yield "restored", restored, back, limits.sessions_restored, limits.sessions_restored_percent

    def _by_nas(self, counting: Sequence[SessionMove], limits: Limits) -> Iterator[Refusal]:
        on: dict[str, list[SessionMove]] = {}
        for move in counting:
            on.setdefault(nas_of(move.session), []).append(move)
        over = []
        for nas, moves in on.items():
            number, percent = limits.sessions_at_nas, limits.sessions_at_nas_percent
            said = too_many(f"sessions on {nas} would move", len(moves), self.live_on[nas], number, percent)
            if said:
                over.append(Refusal(f"on {nas}", said, tuple(moves)))
        yield from over[:NAMED_NASES]
        if over[NAMED_NASES:]:
            rest = [move for refusal in over[NAMED_NASES:] for move in refusal.moves]
            yield Refusal("on more", f"{len(over) - NAMED_NASES} more NASes are over that limit, too", tuple(rest))


def nas_of(session: Session) -> str:
    """Return what the session's NAS is called where its sessions are counted: its address, or else its identifier."""
    return session.facts.nas_address or session.facts.nas_identifier


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
        if decision.missing_attribute_rule:
            plan.undecided.append(UndecidedSession(session, decision.missing_attribute_rule))
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

    Only the way back to health waits for the hold-down, and not if it has begun.
    """
    if move.by_hand:
        return ""
    for window in settings.windows:
        if (move.restores or not window.quarantine) and window.holds(move.session.facts, now):
            return f"the window {window.name} of moves.windows is open"
    ago = now - moved_at
    # A time in the future was written by a clock that was wrong.
    if move.restores and not move.begun and -CLOCK_TOLERANCE <= ago < settings.hold_down:
        return f"it was moved {max(ago, 0):.0f} seconds ago; moves.hold_down is {settings.hold_down} seconds"
    return ""
