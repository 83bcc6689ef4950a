"""The time from the sync that first saw a change to the login that proves its move; unknown if anything else caused it.

A sync tells when it first saw the compliance that a device has. Of nothing else, such as a policy's edit, is that kept.
"""

import math
import time
from collections.abc import Mapping

from radtune.config.settings import Settings
from radtune.dataclass import replace
from radtune.identity.matching import Match
from radtune.policy.decide import Decision, Policy
from radtune.records.device_and_client import INTUNE_STATES, Session
from radtune.records.moves_and_states import Move
from radtune_tools.enforce.running_servers import policy_states
from radtune_tools.policy.evaluation import evaluate

OF_SYNCS = (*INTUNE_STATES, "not_enrolled")
"""The compliance states from which a sync alone takes a device away."""


class ChangeTimes:
    """When the changes were first seen for which sessions move."""

    def __init__(self, settings: Settings, policy: Policy, under_way: Mapping[str, Move]) -> None:
        """Take the policy, and the moves under way by the keys of their sessions."""
        self._policy = policy
        self._under_way = under_way
        # A policy or settings that came later may be the cause.
        self._judged_since = max((state.since for state in policy_states(settings)), default=math.inf)

    def __call__(self, session: Session, decision: Decision) -> float:
        """Return when the sync began that first saw the change, in seconds since the epoch; 0 if that is unknown.

        The device's compliance is the cause if it is another one than at the session's login, is what decides, changed
        after that login, and explains the difference alone: with the compliance of then, the session would stay.
        """
        move = self._under_way.get(session.key)
        if move is not None and move.after == decision.outcome:
            return move.changed_at
        device, before = decision.match.device, session.compliance
        if device is None or not before != device.compliance == decision.compliance:
            return 0.0
        since = float(device.compliance_since)
        # It is kept in whole seconds.
        if before not in OF_SYNCS or since + 1 <= max(session.granted_at, self._judged_since):
            return 0.0
        if before == "not_enrolled":
            match = Match("not_enrolled", "", synced_at=decision.match.synced_at)
        else:
            match = replace(decision.match, device=replace(device, compliance=before))
        without = evaluate(session.facts, match, self._policy, time.time()).decision
        return since if without.outcome == session.granted else 0.0


def since_change(move: Move, session: Session | None, now: float) -> int | str:
    """Return the seconds from the sync that saw the change to the login that proves the move; '' if that is unknown.

    A denial may be proved by the session's end alone, which is noticed at `now`.
    """
    if not move.changed_at:
        return ""
    proved = now if session is None else session.denied_at if move.after == "deny" else session.granted_at
    return max(0, round(proved - move.changed_at))
