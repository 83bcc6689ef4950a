"""The sessions that a run would move, and the limits that need a person's word. Nothing is done here."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from radtune.config.move_settings import MoveSettings
from radtune.config.settings import Limits
from radtune.dataclass import dataclass, field
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move
from radtune.text import counted
from radtune_tools.limits import too_many

STORE_UNUSABLE = ("stale", "unavailable")
"""The compliance states in which radtune can't judge."""
HEALTHY = ("compliant", "in_grace_period")
NAMED_NASES = 5
"""The most NASes over their limit that a message names."""


@dataclass(frozen=True, slots=True)
class SessionMove:
    """A live session whose outcome has to change, the decision that wants it, and the move that is under way for it.

    changed_at: when a sync first saw the change that is the cause, in seconds since the epoch; 0 if anything else is
    """

    session: Session
    decision: Decision
    under_way: Move | None = None
    changed_at: float = 0.0

    @property
    def after(self) -> str:
        """The outcome that policy wants now."""
        return self.decision.outcome

    @property
    def restores(self) -> bool:
        """The device has come back to health since its login: compliant, or in its grace period."""
        return self.after != "deny" and self.decision.compliance in HEALTHY and self.session.compliance not in HEALTHY

    @property
    def store_unusable(self) -> bool:
        """It is wanted only because radtune can't judge."""
        return self.decision.compliance in STORE_UNUSABLE

    @property
    def begun(self) -> bool:
        """It is under way: within the limits, or by a person's word."""
        return self.under_way is not None and self.under_way.after == self.after

    def __str__(self) -> str:
        facts = self.session.facts
        who = self.session.device_name or facts.user_name or facts.mac
        where = facts.nas_identifier or facts.nas_address
        return f"{who} ({facts.mac}) at {where}: {self.session.granted} -> {self.after}: {self.decision.reason}"


@dataclass(frozen=True, slots=True)
class Blocked:
    """Moves that a person has to agree to first, and why; `kind` stays the same from run to run."""

    kind: str
    why: str
    moves: tuple[SessionMove, ...]


@dataclass(slots=True)
class SessionPlan:
    """The live sessions that have to move.

    live, live_on: how many sessions there are, in all and on each NAS
    missing_attribute: sessions that stay, each with the rule that asks for what their login didn't keep
    held: moves that are not made now, each with why
    """

    live: int = 0
    moves: list[SessionMove] = field(default_factory=list)
    missing_attribute: list[tuple[Session, str]] = field(default_factory=list)
    held: list[tuple[SessionMove, str]] = field(default_factory=list)
    live_on: Counter[str] = field(default_factory=Counter)

    def nothing(self) -> str:
        """Return the sentence for a plan without moves."""
        judged = self.live - len(self.missing_attribute) - len(self.held)
        return f"nothing to move: {counted(judged, 'session')}, each where policy wants it"

    def cannot_tell(self) -> list[str]:
        """Return a sentence for each rule that asks for an attribute that logins didn't keep."""
        why = "asks for an attribute that was not kept at login; no move before the next login"
        counts = Counter(rule for _, rule in self.missing_attribute)
        return [f"can't tell for {counted(count, 'session')}: rule {rule} {why}" for rule, count in counts.items()]

    def admitted(self, limits: Limits, accepted: int | None) -> tuple[list[SessionMove], list[Blocked]]:
        """Return the moves that the limits allow, and those that they don't.

        Moves under way go on. The limits count what would begin now; if a person has accepted exactly as many, none
        applies.
        """
        counting = [move for move in self.moves if not move.decision.quarantined and not move.begun]
        count = len(counting)
        over = [] if accepted == count else [*self._over_limits(counting, limits), *self._over_by_nas(counting, limits)]
        blocked = {move.session.key for each in over for move in each.moves}
        advice = f"`radtune plan` shows them; --accept-moves {count} lets all {count} happen that would begin now"
        reported = [Blocked(each.kind, f"{each.why}; {advice}", each.moves) for each in over]
        return [move for move in self.moves if move.session.key not in blocked], reported

    def _over_limits(self, counting: Sequence[SessionMove], limits: Limits) -> Iterator[Blocked]:
        unusable = [move for move in counting if move.store_unusable]
        if unusable:
            reason = f"radtune can't judge now ({unusable[0].decision.reason}), and moves nobody for that"
            yield Blocked(
                "store unusable", f"{counted(len(unusable), 'session')} would move: {reason}", tuple(unusable)
            )
        moved = [move for move in counting if not move.store_unusable and not move.restores]
        if said := too_many(
            "sessions would move", len(moved), self.live, limits.sessions_moved, limits.sessions_moved_percent
        ):
            yield Blocked("moved", said, tuple(moved))
        restored = [move for move in counting if not move.store_unusable and move.restores]
        back = "sessions would move because their device has come back to health"
        if said := too_many(back, len(restored), self.live, limits.sessions_restored, limits.sessions_restored_percent):
            yield Blocked("restored", said, tuple(restored))

    def _over_by_nas(self, counting: Sequence[SessionMove], limits: Limits) -> Iterator[Blocked]:
        on: dict[str, list[SessionMove]] = {}
        for move in counting:
            on.setdefault(nas_of(move.session), []).append(move)
        number, percent = limits.sessions_at_nas, limits.sessions_at_nas_percent
        over = [
            Blocked(f"on {nas}", said, tuple(moves))
            for nas, moves in on.items()
            if (said := too_many(f"sessions on {nas} would move", len(moves), self.live_on[nas], number, percent))
        ]
        yield from over[:NAMED_NASES]
        if rest := over[NAMED_NASES:]:
            moves = tuple(move for each in rest for move in each.moves)
            yield Blocked("on more", f"{len(over)} NASes are over that limit in all", moves)


def nas_of(session: Session) -> str:
    """Return the name under which the session's NAS is counted: its address, or else its identifier."""
    return session.facts.nas_address or session.facts.nas_identifier


def plan_sessions(
    judged: Iterable[tuple[Session, Decision]],
    under_way: Mapping[str, Move] | None = None,
    held_because: Callable[[SessionMove], str] = lambda _: "",
    changed_at: Callable[[Session, Decision], float] = lambda *_: 0.0,
) -> SessionPlan:
    """Return the plan: a session moves if, and only if, its outcome would be another one now.

    `under_way` are moves by the keys of their sessions; `held_because` says why one isn't made now, or ''; `changed_at`
    returns `SessionMove.changed_at`.
    """
    plan, under_way = SessionPlan(), under_way or {}
    for session, decision in judged:
        plan.live += 1
        plan.live_on[nas_of(session)] += 1
        if decision.missing_attribute_rule:
            plan.missing_attribute.append((session, decision.missing_attribute_rule))
        elif decision.outcome != session.granted:
            move = SessionMove(session, decision, under_way.get(session.key), changed_at(session, decision))
            if why := held_because(move):
                plan.held.append((move, why))
            else:
                plan.moves.append(move)
    return plan


def held_because(move: SessionMove, settings: MoveSettings, moved_at: float, now: float) -> str:
    """Return why a move isn't made now, or ''; the device was last moved at `moved_at`, in seconds since the epoch.

    Only a move back to health waits for the hold-down, and not if it has begun. Nothing holds back a quarantine that a
    person has set.
    """
    if move.decision.quarantined:
        return ""
    for window in settings.windows:
        if (move.restores or not window.quarantine) and window.holds(move.session.facts, now):
            return f"the window {window.name} of moves.windows is open"
    ago = now - moved_at
    # A time in the future was written by a clock that was wrong.
    if move.restores and not move.begun and -CLOCK_TOLERANCE <= ago < settings.hold_down:
        return f"it was moved {max(ago, 0):.0f} seconds ago; moves.hold_down is {settings.hold_down} seconds"
    return ""
