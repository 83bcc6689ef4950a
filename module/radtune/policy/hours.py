"""Hours of some days in a time zone, as policy and settings name them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """Some hours of some days in a time zone; `start` and `end` are minutes of the day, the end not among them.

    Hours that end before they start go on into the next day, and belong to the day on which they start.
    """

    days: frozenset[int]
    start: int
    end: int
    zone: ZoneInfo

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
    return Hours(_days(value.get("days", _DAYS)), start, end, zone)


def _days(value: Any) -> frozenset[int]:
    """Return the days of `mon-fri` or `[sat, sun]` as numbers, Monday 0; `fri-mon` goes on over the week's end."""
    days: set[int] = set()
    for text in [value] if isinstance(value, str) else value:
        first, _, last = text.partition("-")
        start, length = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
        days.update((start + step) % 7 for step in range(length + 1))
    return frozenset(days)
