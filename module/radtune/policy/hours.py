"""Hours of some days in a time zone, as policy and settings name them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from radtune.dataclass import dataclass

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """Some hours of some days in a time zone.

    days: Monday is 0. Hours that end before they start go on into the next day, and belong to the day they start on
    start, end: minutes of the day; the end is not among them
    """

    days: frozenset[int]
    start: int
    end: int
    zone: "ZoneInfo"

    def hold(self, now: float) -> bool:
        """Tell whether it is that time; `now` is in seconds since the epoch."""
        at = datetime.fromtimestamp(now, self.zone)
        minute, today = at.hour * 60 + at.minute, at.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        late = today in self.days and minute >= self.start
        return late or ((today - 1) % 7 in self.days and minute < self.end)


def read_hours(value: dict[str, Any]) -> Hours:
    """Return the hours of `{days: mon-fri, hours: 08:00-18:00, timezone: Europe/Berlin}`; raises ValueError."""
    start, end = minutes_of_day(value.get("hours", "00:00-24:00"))
    days = value.get("days", "mon-sun")
    spans = [text.partition("-") for text in (days if isinstance(days, list) else [days])]
    numbers = frozenset(day for first, _, last in spans for day in _span(first, last or first))
    return Hours(numbers, start, end, time_zone(value["timezone"]))


def minutes_of_day(text: str) -> tuple[int, int]:
    """Return start and end of `08:00-18:00` in minutes of the day; raises ValueError."""
    start, end = (int(each[:2]) * 60 + int(each[3:]) for each in text.split("-"))
    if start == end:
        raise ValueError(f"{text}: ends when it starts; for all of the day, leave hours out")
    return start, end


def time_zone(name: str) -> "ZoneInfo":
    """Return the time zone of this name; raises ValueError."""
    from zoneinfo import ZoneInfo  # takes as long as a look-up in a store

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # KeyError for a name that nothing knows
        raise ValueError(f"{name}: no time zone; expected a name such as Europe/Berlin") from error


def _span(first: str, last: str) -> list[int]:
    """Return the days of a span; `fri-mon` goes on over the week's end."""
    start = _DAYS.index(first)
    return [(start + step) % 7 for step in range((_DAYS.index(last) - start) % 7 + 1)]
