"""Labels about where and when: SSID, NAS, site, port, vendor, time; and about any other attribute of the request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from radtune.device_labels import alternatives
from radtune.labels import Answer, Condition
from radtune.patterns import Patterns
from radtune.places import NasIndex, NasList
from radtune.subject import Subject

PORT_TYPES = {
    **dict.fromkeys(("Ethernet", "Token-Ring", "FDDI", "15", "20", "21"), "wired"),
    **dict.fromkeys(("Wireless-802.11", "Wireless-Other", "19", "18"), "wireless"),
    **dict.fromkeys(("Virtual", "5"), "virtual"),
}
"""NAS-Port-Type (RFC 2865 5.41) by name and by number; a server without the name shows the number."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _ssid(value: Any) -> Condition:
    # An SSID is a string of bytes: `Corp` and `corp` are two networks (IEEE 802.11 9.4.2.2).
    patterns = Patterns(alternatives(value), ignore_case=False)
    return Condition(
        lambda subject: subject.facts.ssid != "" and patterns.fit(subject.facts.ssid),
        lambda subject: f"the SSID is {subject.facts.ssid or 'not given'}",
    )


def _nas(value: Any) -> Condition:
    index = NasIndex([NasList("here", tuple(alternatives(value)))])

    def holds(subject: Subject) -> Answer:
        return bool(index.lists_of(subject.facts.nas_address, subject.facts.nas_identifier))

    def seen(subject: Subject) -> str:
        named = " ".join(filter(None, (subject.facts.nas_identifier, subject.facts.nas_address)))
        return f"the NAS is {named or 'not named'}"

    return Condition(holds, seen)


def _site(value: Any) -> Condition:
    sites = frozenset(alternatives(value))
    return Condition(
        lambda subject: subject.site in sites, lambda subject: f"the site is {subject.site or 'not known'}"
    )


def _nas_group(value: Any) -> Condition:
    groups = frozenset(alternatives(value))
    return Condition(
        lambda subject: not groups.isdisjoint(subject.groups),
        lambda subject: f"the NAS is in the groups {', '.join(subject.groups) or '(none)'}",
    )


def _port_type(value: Any) -> Condition:
    wanted = frozenset(alternatives(value))
    return Condition(
        lambda subject: PORT_TYPES.get(subject.facts.nas_port_type) in wanted,
        lambda subject: f"the port is {subject.facts.nas_port_type or 'of no known type'}",
    )


def _vendor(value: Any) -> Condition:
    vendors = frozenset(alternatives(value))
    return Condition(
        lambda subject: subject.vendor in vendors, lambda subject: f"the vendor is {subject.vendor or 'not known'}"
    )


@dataclass(frozen=True, slots=True)
class _Hours:
    """Some hours of some days in a time zone; `start` and `end` are minutes of the day, the end not among them.

    Hours that end before they start go on into the next day, and belong to the day on which they start.
    """

    days: frozenset[int]
    start: int
    end: int
    zone: ZoneInfo

    def hold(self, now: float) -> bool:
        at = datetime.fromtimestamp(now, self.zone)
        minute, today = at.hour * 60 + at.minute, at.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        late = today in self.days and minute >= self.start
        return late or ((today - 1) % 7 in self.days and minute < self.end)


def _hours(value: dict[str, Any]) -> _Hours:
    start, end = 0, 1440
    if "hours" in value:
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in value["hours"].split("-"))
        if start == end:
            raise ValueError(f"{value['hours']}: ends when it starts; for all of the day, leave hours out")
    try:
        zone = ZoneInfo(value["timezone"])
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError and is told apart below
        raise ValueError(f"{value['timezone']}: no time zone ({error})") from error
    except KeyError:
        raise ValueError(f"{value['timezone']}: no time zone; expected a name such as Europe/Berlin") from None
    return _Hours(_days(value.get("days", _DAYS)), start, end, zone)


def _days(value: Any) -> frozenset[int]:
    """Return the days of `mon-fri` or `[sat, sun]` as numbers, Monday 0; `fri-mon` goes on over the week's end."""
    days: set[int] = set()
    for text in alternatives(value if isinstance(value, str) else list(value)):
        first, _, last = text.partition("-")
        start, length = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        days.update((start + step) % 7 for step in range(length + 1))
    return frozenset(days)


def _time(value: Any) -> Condition:
    hours = [_hours(each) for each in alternatives(value)]
    zone = hours[0].zone
    return Condition(
        lambda subject: any(each.hold(subject.now) for each in hours),
        lambda subject: f"it is {datetime.fromtimestamp(subject.now, zone):%a %H:%M} in {zone}",
    )


def _attribute(value: dict[str, Any]) -> Condition:
    name = value["name"].lower()
    exact = frozenset(map(str, alternatives(value.get("equals", []))))
    patterns = Patterns(map(str, alternatives(value["matches"])), ignore_case=False) if "matches" in value else None

    def found(subject: Subject) -> list[str]:
        pairs = (pair.partition("=") for pair in subject.facts.attributes)
        return [text for attribute, _, text in pairs if attribute.lower() == name]

    def holds(subject: Subject) -> Answer:
        if name not in (asked.lower() for asked in subject.facts.asked):
            return None
        return any(text in exact or (patterns is not None and patterns.fit(text)) for text in found(subject))

    def seen(subject: Subject) -> str:
        if name not in (asked.lower() for asked in subject.facts.asked):
            return f"{value['name']} was not kept at this login, under another policy; it is known at the next"
        return f"{value['name']} is {', '.join(found(subject)) or 'not in the request'}"

    return Condition(holds, seen)


KINDS: dict[str, Callable[[Any], Condition]] = {
    "ssid": _ssid,
    "nas": _nas,
    "site": _site,
    "nas_group": _nas_group,
    "port_type": _port_type,
    "vendor": _vendor,
    "time": _time,
    "attribute": _attribute,
}
"""Each kind of label about where, when and what else, and what makes its condition of a value that the schema lets
through.

They raise ValueError for what the schema can't see.
"""
