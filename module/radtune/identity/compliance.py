"""The compliance state of a client that counts: Intune's word, if it is fresh enough, or radtune's own."""

from collections.abc import Callable, Mapping

from radtune.identity.matching import Match
from radtune.records.device_and_client import INTUNE_STATES, ComplianceState, Device, IntuneState, OwnState

CLOCK_TOLERANCE = 300.0
"""Seconds that a sync may lie in the future before the clock can't be believed and the store counts as stale."""
_INTUNE_STATES: Mapping[str, IntuneState] = {state: state for state in INTUNE_STATES}


def compliance_of(
    match: Match, known: Match | None, now: float, stale_after: float, last_known: Callable[[str], float]
) -> tuple[ComplianceState, str, Match]:
    """Return the compliance state that counts, the sentence that says what it rests on, and the match that counts.

    match: the device store's word on the client
    known: its word at an earlier login, for when it can't be read
    now: seconds since the epoch
    stale_after: the seconds for which the store is believed
    last_known: returns the seconds for which an earlier word counts in a state of failure
    """
    if match.state == "unavailable":
        said = f"the device store can't be read: {match.how}"
        return _last_known("unavailable", known, last_known, now, said) or ("unavailable", said, match)
    device = match.device if match.state == "found" else None
    age = now - match.synced_at
    if not -CLOCK_TOLERANCE <= age <= stale_after:  # so that a time that is no number is stale, too
        synced = f"last synced {_spelled(age)} ago" if match.synced_at else "never synced"
        said = f"the store is stale: {synced}, trusted for {_spelled(stale_after)}"
        return _last_known("stale", match, last_known, now, said) or ("stale", f"{match.how}; but {said}", match)
    if device is None:
        return "not_enrolled" if match.state == "found" else match.state, match.how, match
    state = _state(device)
    return state, f"{match.how}: {device.name} is {state}", match


def _spelled(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if abs(seconds) >= 3600 else f"{seconds / 60:.0f} minutes"


def _state(device: Device) -> IntuneState:
    return _INTUNE_STATES.get(device.compliance, "unknown")


def _last_known(
    failure: OwnState, known: Match | None, last_known: Callable[[str], float], now: float, said: str
) -> tuple[IntuneState, str, Match] | None:
    """Return the client's last known state, if the policy lets that count in this state of failure."""
    if (
        known is None
        or known.state != "found"
        or known.device is None
        or not 0 <= now - known.synced_at <= last_known(failure)
    ):
        return None
    state, ago = _state(known.device), _spelled(now - known.synced_at)
    return state, f"{said}; {known.device.name} was {state} {ago} ago", known
