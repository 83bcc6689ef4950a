"""Tells whether a destination wants an event, and puts it in words: a title, its facts, the reason."""

from collections.abc import Iterator, Mapping
from typing import Any

from radtune.config.push_settings import Destination
from radtune.dataclass import dataclass
from radtune.text import printable

Event = Mapping[str, Any]
LONGEST, LONGEST_REASON = 200, 500
"""Characters of a value, and of the reason, that a message for people shows."""
CUT = "…"
"""Stands at the end of a text that was cut."""
_TITLES = {
    "login_allowed": "login allowed",
    "login_denied": "login denied",
    "move_requested": "move requested",
    "moved": "moved",
    "move_ended": "move ended",
    "not_enforced": "not enforced",
    "quarantined": "quarantined",
    "released": "released from quarantine",
    "identity_conflict": "identity conflict",
    "policy_loaded": "policy loaded",
    "policy_refused": "policy refused",
    "store_replaced": "store replaced",
}
_FACTS = (
    *("time", "mac", "user", "device", "compliance", "rule", "before", "outcome", "denied_by", "state", "method"),
    *("answer", "nas", "nas_port", "ssid", "site", "by", "until", "store", "file"),
)
"""The fields that people are shown, in this order."""


@dataclass(frozen=True, slots=True)
class Words:
    """An event in words; `facts` are names of fields, each with its value."""

    title: str
    facts: tuple[tuple[str, str], ...]
    reason: str

    def line(self) -> str:
        """Return it on one line, without the time."""
        facts = ", ".join(f"{name} {value}" for name, value in self.facts if name != "time")
        return f"{': '.join(filter(None, (self.title, facts)))}{f' ({self.reason})' if self.reason else ''}"


def wants(destination: Destination, event: Event) -> bool:
    """Tell whether the event goes to this destination. Without a site or outcome, it passes that filter."""
    chosen = (("site", destination.sites), ("outcome", destination.outcomes))
    return event.get("event") in destination.kinds and all(
        not wanted or name not in event or event[name] in wanted for name, wanted in chosen
    )


def words(event: Event) -> Words:
    """Return the event in words. Its texts come from clients, and are not trusted."""
    kind = text_of(event.get("event"))
    who = short(text_of(event.get("device") or event.get("user") or event.get("mac")))
    title = _TITLES.get(kind, short(kind.replace("_", " ")))
    facts = tuple((name, short(text)) for name in _FACTS if (text := text_of(event.get(name))))
    reason = short(text_of(event.get("reason")), LONGEST_REASON)
    return Words(f"{title}: {who}" if who else title, facts, reason)


def fields(event: Event) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each field that says something."""
    for name, value in event.items():
        if text := text_of(value):
            yield name, text


def text_of(value: object) -> str:
    """Return a value of an event as text that can be printed, on one line; '' for what says nothing."""
    if isinstance(value, list):  # what is inside of another list is no event's; there may be any number of them
        return ", ".join(filter(None, map(_text_of_one, value)))
    return _text_of_one(value)


def _text_of_one(value: object) -> str:
    if value is None or value is False:
        return ""
    return "true" if value is True else printable(str(value))


def short(text: str, longest: int = LONGEST) -> str:
    """Return the text, cut if it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}{CUT}"
