"""Client events into the index: each one, counts by the hour, and the time to enforcement."""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from radtune_web.index.database import Connection

Event = Mapping[str, Any]
HOUR = 3600
BUCKETS = (10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
"""The upper bounds of the times to enforcement that are counted together, in seconds; what is longer comes last."""
FIELDS = {"kind": "event", "client": "mac", "device": "device_id"} | {
    name: name for name in ("user", "nas", "site", "rule", "compliance")
}
"""The columns that events are looked up by, and the field of an event that each has."""
LONGEST = 200
"""Letters of a word in the index; names come from clients, and may be long."""
LONGEST_SHOWN = 2000
KNOWN_WORDS = 50_000
_PUT = (
    "INSERT INTO event(at, id, kind, client, device, user, nas, site, rule, compliance, line) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_COUNT = "INSERT INTO hourly VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n"
_TOOK = "INSERT INTO enforcement VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n"


class EventIntake:
    """Writes events into the index; the caller holds a transaction."""

    def __init__(self, connection: Connection) -> None:
        """Take the index, opened for writing."""
        self._connection = connection
        self._words: dict[str, int] = {}

    def take(self, events: Iterable[Event], after: float) -> int:
        """Write the events in their order; return how many they were.

        One without a time is passed over, and one from before `after`, in seconds since the epoch.
        """
        counts, took, rows = Counter[tuple[Any, ...]](), Counter[tuple[int, int]](), []
        for event in events:
            at = moment(event.get("time"))
            if at is None or at < after:
                continue
            rows.append((at, _text(event, "id"), *self._columns(event), _line(event)))
            hour = int(at) // HOUR
            named = (_text(event, "event"), outcome_of(event), _text(event, "rule"), _text(event, "site"))
            counts[(hour, *named)] += 1
            seconds = event.get("since_change")
            if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0:
                took[hour, bisect_left(BUCKETS, seconds)] += 1
        self._connection.executemany(_PUT, rows)
        self._connection.executemany(_COUNT, ((*key, count) for key, count in counts.items()))
        self._connection.executemany(_TOOK, ((*key, count) for key, count in took.items()))
        return len(rows)

    def forget(self, before: float) -> None:
        """Delete what is older than this time, in seconds since the epoch."""
        hour = int(before) // HOUR
        self._connection.execute("DELETE FROM event WHERE at < ?", (before,))
        for table in ("hourly", "enforcement"):
            self._connection.execute(f"DELETE FROM {table} WHERE hour < ?", (hour,))  # noqa: S608  # two constants
        self._connection.execute("DELETE FROM fleet WHERE at < ?", (before,))
        used = " UNION ".join(f"SELECT DISTINCT {column} FROM event" for column in FIELDS)  # noqa: S608  # constants
        self._connection.execute(f"DELETE FROM word WHERE id NOT IN ({used})")  # noqa: S608  # as above
        self._words.clear()

    def _columns(self, event: Event) -> list[int]:
        return [self._word(_text(event, field).lower()) for field in FIELDS.values()]

    def _word(self, text: str) -> int:
        found = self._words.get(text)
        if found is None:
            select = "SELECT id FROM word WHERE text = ?"
            row = self._connection.execute(select, (text,)).fetchone()
            if row is None:
                self._connection.execute("INSERT INTO word(text) VALUES (?)", (text,))
                row = self._connection.execute(select, (text,)).fetchone()
            if len(self._words) >= KNOWN_WORDS:
                self._words.clear()
            found = self._words[text] = int(row[0])
        return found

    def rolled_back(self) -> None:
        """Forget the words of a transaction that was rolled back."""
        self._words.clear()


def outcome_of(event: Event) -> str:
    """Return what a login came to, in words for a chart; of another event its own outcome."""
    if event.get("event") == "login_denied":
        return "denied by another module" if event.get("denied_by") == "server" else "deny"
    return _text(event, "outcome")


def moment(text: object) -> float | None:
    """Return a time of an event as seconds since the epoch, or None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _text(event: Event, field: str) -> str:
    value = event.get(field, "")
    return _storable(value)[:LONGEST] if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """Return the text as valid Unicode, as databases need it."""
    return text.encode("utf-8", "replace").decode()


def _line(event: Event) -> str:
    """Return the event as JSON: its fields as texts, cut if they are too long for a page, without empty ones."""
    there: dict[str, object] = {
        name: str(value)[:LONGEST_SHOWN] for name, value in event.items() if value not in ("", [], False, None)
    }
    if isinstance(seconds := event.get("since_change"), int | float):
        there |= {"since_change": seconds}
    return _storable(json.dumps(there, separators=(",", ":"), ensure_ascii=False))
