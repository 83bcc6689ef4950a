"""Events as sentences; repeated events share one sentence."""

from collections.abc import Callable, Iterable, Mapping

from radtune.dataclass import dataclass, replace
from radtune.text import counted
from radtune_tools.events.log_files import Event, time_of

NEAR = 3
"""An event that says the same as one of the last NEAR sentences is added to that sentence."""
MOST_PLACES = 3
"""NASes that a sentence names."""
STATES: Mapping[str, str] = {
    "compliant": "Intune calls it compliant",
    "noncompliant": "Intune calls it noncompliant",
    "in_grace_period": "Intune calls it noncompliant, and lets it be for a grace period",
    "config_manager": "Intune leaves its compliance to Configuration Manager",
    "conflict": "Intune's compliance policies contradict each other for it",
    "error": "Intune could not check it",
    "unknown": "Intune doesn't know yet whether it is compliant",
    "not_enrolled": "Intune doesn't know it",
    "ambiguous": "it may be one of several devices",
    "stale": "what Intune said of it is too old",
    "unavailable": "the device store could not be read",
}
"""What each compliance state means, for a sentence that ends with it."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One sentence: an event, and those after it that say the same.

    last: the time of the last of them
    places: their NASes
    """

    event: Event
    last: str
    times: int
    places: tuple[str, ...]

    @property
    def first(self) -> str:
        """The time of the first event."""
        return time_of(self.event)

    @property
    def said(self) -> str:
        """The sentence."""
        tell = _TELL.get(str(self.event.get("event")), _other)
        return tell(self)

    def text(self, name: str) -> str:
        """Return a field of the event, '' if it has none."""
        return str(self.event.get(name, ""))

    @property
    def where(self) -> str:
        """The NASes, with a leading blank."""
        named = ", ".join(filter(None, self.places[:MOST_PLACES]))
        more = len(self.places) - MOST_PLACES
        return (f" at {named}" + (f" and {more} more" if more > 0 else "")) if named else ""

    @property
    def often(self) -> str:
        """How many times, with a leading blank; '' for once."""
        return f" {counted(self.times, 'time')}" if self.times > 1 else ""


def story(events: Iterable[Event]) -> list[Chapter]:
    """Return the sentences about these events, oldest first."""
    chapters: list[Chapter] = []
    for event in events:
        near = range(max(0, len(chapters) - NEAR), len(chapters))
        same = next((number for number in reversed(near) if _key(chapters[number].event) == _key(event)), None)
        place = _place(event)
        if same is None:
            chapters.append(Chapter(event, time_of(event), 1, (place,)))
        else:
            known = chapters[same]
            places = known.places if place in known.places else (*known.places, place)
            chapters[same] = replace(known, last=time_of(event), times=known.times + 1, places=places)
    return chapters


def _key(event: Event) -> tuple[str, ...]:
    """Return the fields in which events of one sentence are alike."""
    names = ["event", "device", "outcome"]
    kind = event.get("event")
    if kind == "login_allowed":
        names += ["rule", "compliance"]
    elif kind == "login_denied":
        names += ["rule", "compliance", "reason"]
    elif "before" in event:
        names += ["before", "state", "method", "answer", "nas"]
    else:
        names += ["reason"]
    return tuple(str(event.get(name, "")) for name in names)


def _place(event: Event) -> str:
    site = event.get("site")
    return str(event.get("nas", "")) + (f" ({site})" if site else "")


def because(compliance: str, reason: str) -> str:
    """Return why a client was judged as it was: a quarantine by hand, or its compliance state."""
    quarantined = reason.partition("; ")[0] if reason.startswith("quarantined by ") else ""
    return f"it is {quarantined}" if quarantined else STATES.get(compliance, reason)


def _allowed(chapter: Chapter) -> str:
    why = because(chapter.text("compliance"), chapter.text("reason"))
    same = " each time" if chapter.times > 1 else ""
    rule = chapter.text("rule")
    return f"logged in{chapter.often}{chapter.where} and got {chapter.text('outcome')}{same} (rule {rule}): {why}"


def _denied(chapter: Chapter) -> str:
    said = f"was denied{chapter.often}{chapter.where}"
    if chapter.text("denied_by") == "server" or not chapter.text("rule"):
        return f"{said} before its compliance was looked at: {chapter.text('reason')}"
    return f"{said} (rule {chapter.text('rule')}): {chapter.text('reason')}"


_ANSWERS = {
    "acknowledged": "it obeys",
    "refused": "it refuses",
    "unanswered": "it doesn't answer",
    "pending": "but nothing could be sent",
}


def _requested(chapter: Chapter) -> str:
    before, after = chapter.text("before"), chapter.text("outcome")
    move = f"move it from {before} to {after}" if before != after else "let it log in again"
    state, answer = chapter.text("state"), chapter.text("answer")
    sent = f" by {chapter.text('method')}" if chapter.text("method") and state != "pending" else ""
    said = f"{chapter.text('nas')} was to {move}{sent}{chapter.often}, {_ANSWERS.get(state, state)}"
    return said + (f" ({answer})" if answer else "")


def _moved(chapter: Chapter) -> str:
    seconds = chapter.event.get("since_change")
    took = f", {counted(seconds, 'second')} after the sync that saw the change" if isinstance(seconds, int) else ""
    after = chapter.text("outcome")
    what = "its access was ended" if after == "deny" else f"it has {after}"
    return f"the move is done: {what}{took}"


def _other(chapter: Chapter) -> str:
    """Return the reason of the event, or its kind."""
    return chapter.text("reason") or chapter.text("event").replace("_", " ")


_TELL: Mapping[str, Callable[[Chapter], str]] = {
    "login_allowed": _allowed,
    "login_denied": _denied,
    "move_requested": _requested,
    "moved": _moved,
    "move_ended": lambda chapter: f"the move to {chapter.text('outcome')} has ended: its session is over",
    "not_enforced": lambda chapter: f"the move to {chapter.text('outcome')} was given up: {chapter.text('answer')}",
    "identity_conflict": lambda chapter: f"showed two devices{chapter.often}{chapter.where}: {chapter.text('reason')}",
}
