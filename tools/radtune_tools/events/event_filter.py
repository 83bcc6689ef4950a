"""The filter for events. Before a line's JSON is read, it has to hold certain bytes."""

import json
import re

from radtune.dataclass import dataclass, field
from radtune.records.addresses import parse_mac
from radtune.text import utc
from radtune_tools.events.log_files import Event, time_of

_LATEST = 253_000_000_000.0
"""The year 9987, in seconds since the epoch."""
_NAMED = ("mac", "user", "device", "device_id")
_OTHERWISE = re.compile(r"[^ !#-\[\]-~]+")
"""Characters that JSON may escape."""


@dataclass(frozen=True)
class EventFilter:
    """Events that fit all of what is given; '' and () fit any. Case doesn't matter.

    who: MACs in any form, user names, and names and ids of devices; any of these
    nas: a NAS-Identifier or an address
    state: a compliance state, or the state of a move
    kinds: any of these
    since, until: times as events have them
    names: `who` in lower case, MACs as events have them
    needles: groups of bytes; a line that fits has, in lower case, at least one of each group
    """

    who: tuple[str, ...] = ()
    nas: str = ""
    site: str = ""
    rule: str = ""
    state: str = ""
    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    names: frozenset[str] = field(init=False)
    needles: tuple[tuple[bytes, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(parse_mac(word) or word.lower() for word in self.who))
        asked = (self.names, (self.nas,), (self.site,), (self.rule,), (self.state,), self.kinds)
        groups = (tuple(map(_needle, words)) for words in asked)
        object.__setattr__(self, "needles", tuple(group for group in groups if group and all(group)))

    def may_be_in(self, lines: bytes) -> bool:
        """Tell whether an event that fits may be in these lines."""
        if not self.needles:
            return True
        lower = lines.lower()
        return all(any(needle in lower for needle in group) for group in self.needles)

    def fits(self, event: Event) -> bool:
        """Tell whether the event fits."""
        return (
            (not self.kinds or event.get("event") in self.kinds)
            and (not self.since or time_of(event) >= self.since)
            and (not self.until or time_of(event) <= self.until)
            and (not self.names or any(str(event.get(name, "")).lower() in self.names for name in _NAMED))
            and _has(event, self.nas, "nas", "nas_address")
            and _has(event, self.site, "site")
            and _has(event, self.rule, "rule")
            and _has(event, self.state, "compliance", "state")
        )


def written(moment: float | None) -> str:
    """Return a time in seconds since the epoch as events have it, '' for none; at least 1970, at most _LATEST."""
    if moment is None:
        return ""
    within = max(0.0, min(moment, _LATEST))
    return f"{utc(within)[:-1]}.{int(within * 1000) % 1000:03d}Z"


def _has(event: Event, word: str, *names: str) -> bool:
    """Tell whether one of these fields is the word, ignoring case; '' fits any event."""
    lower = word.lower()
    return not word or any(str(event.get(name, "")).lower() == lower for name in names)


def _needle(word: str) -> bytes:
    """Return bytes that are in any line of JSON with this value once that is in lower case; b'' for none."""
    lower = word.lower()
    longest = max(_OTHERWISE.split(lower), key=len)
    return json.dumps(lower).encode() if lower and longest == lower else longest.encode()
