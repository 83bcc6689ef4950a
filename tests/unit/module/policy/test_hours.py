"""Hours of some days: within a day, past midnight, over the week's end, in a time zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from radtune.policy.hours import read_hours

BERLIN = "Europe/Berlin"


def holds(value: dict[str, Any], day: int, time: str) -> bool:
    """Tell whether it is that time in Berlin, on a day of the week from Monday, 1 June 2026, on."""
    at = datetime.fromisoformat(f"2026-06-{day:02}T{time}").replace(tzinfo=ZoneInfo(BERLIN))
    return read_hours({"timezone": BERLIN, **value}).hold(at.timestamp())


@pytest.mark.parametrize(
    ("day", "time", "held"),
    [
        (1, "07:59:59", False),
        (1, "08:00:00", True),
        (5, "17:59:59", True),
        (5, "18:00:00", False),
        (6, "12:00:00", False),
        (7, "12:00:00", False),
    ],
)
def test_hours_of_working_days(day: int, time: str, held: bool) -> None:
    assert holds({"days": "mon-fri", "hours": "08:00-18:00"}, day, time) is held


@pytest.mark.parametrize(
    ("day", "time", "held"),
    [
        (6, "21:59:59", False),
        (6, "22:00:00", True),
        (6, "23:59:59", True),
        (7, "00:00:00", True),
        (7, "03:59:59", True),
        (7, "04:00:00", False),
        (7, "22:30:00", False),
        (6, "03:00:00", False),
        (5, "22:30:00", False),
    ],
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_start(day: int, time: str, held: bool) -> None:
    assert holds({"days": "sat", "hours": "22:00-04:00"}, day, time) is held


def test_the_night_from_sunday_to_monday() -> None:
    assert holds({"days": ["wed", "sun"], "hours": "23:00-01:00"}, 8, "00:30")
    assert not holds({"days": ["wed", "sun"], "hours": "23:00-01:00"}, 7, "00:30")


def test_days_over_the_week_s_end_and_hours_of_all_day() -> None:
    held = [day for day in range(1, 8) if holds({"days": "fri-mon"}, day, "00:00")]
    assert held == [1, 5, 6, 7]
    assert all(holds({"days": "sun", "hours": "00:00-24:00"}, 7, time) for time in ("00:00", "23:59:59"))
    assert not holds({"days": "sun", "hours": "00:00-24:00"}, 8, "00:00")


def test_what_ends_when_it_starts_and_what_is_no_zone() -> None:
    with pytest.raises(ValueError, match="08:00-08:00: ends when it starts"):
        read_hours({"hours": "08:00-08:00", "timezone": BERLIN})
    for name in ("Europe/Berln", "Europe", "../etc", "x" * 300):
        with pytest.raises(ValueError, match="no time zone; expected a name such as Europe/Berlin"):
            read_hours({"timezone": name})
