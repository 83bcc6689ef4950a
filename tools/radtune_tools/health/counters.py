"""The counts of client events, and of what the servers report; they survive restarts. Pure.

A count has a key: its kind and the values of its labels. Labels have few values on purpose: never a sentence, a MAC or
a user.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from radtune.records.device_and_client import ALL_STATES
from radtune.server.client_events import EventKind
from radtune.server.state import ServerState

Key = tuple[str, ...]
"""Kind, then values of labels; for a histogram then the number of a bucket, or `sum`."""
Events = Mapping[str, Any]
LOGINS, RULES, EVENTS, COA, ENFORCEMENT, HOOK, ERRORS = (
    "logins",
    "rules",
    "events",
    "coa",
    "enforcement",
    "hook",
    "errors",
)
ENFORCEMENT_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 14_400, 28_800)
"""The upper bounds of the histogram of the time to enforcement."""
MOST_KEYS = 5000
"""Keys of one kind; further ones are counted as `other`."""
MOST_CHARACTERS = 100
"""Characters of a label that are kept."""
OTHER = "other"
_LOGINS = {"login_allowed": "allowed", "login_denied": "denied"}
_FORMAT = 1


class Counters:
    """The counts.

    since: the time of the first event that was counted, '' for none
    at: when events were counted last, in seconds since the epoch
    position: where counting resumes, as `EventReader.position`
    last: for each rule the time of its last hit
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.since = ""
        self.at = 0.0
        self.position: object = None
        self.last: dict[str, str] = {}
        self._counts: Counter[Key] = Counter()
        self._servers: dict[str, Counter[Key]] = {}
        self._sizes: Counter[str] = Counter()

    def total(self) -> Counter[Key]:
        """Return all counts."""
        return sum(self._servers.values(), Counter(self._counts))

    def add(self, event: Events) -> None:
        """Count an event."""
        kind, time = _text(event, "event"), _text(event, "time")
        self.since = self.since or time
        self._count((EVENTS, kind if kind in get_args(EventKind) else OTHER))
        if kind in _LOGINS:
            self._login(event, kind, time)
        elif kind == "move_requested":
            self._count((COA, _text(event, "nas"), _text(event, "method"), _text(event, "state")), open_label=1)
        elif kind == "moved":
            self._moved(event.get("since_change"))

    def _login(self, event: Events, kind: str, time: str) -> None:
        rule, compliance = _text(event, "rule"), _text(event, "compliance")
        reason = compliance if compliance in ALL_STATES else OTHER
        if event.get("denied_by") == "server":
            reason = "server"
        self._count((LOGINS, _LOGINS[kind], reason, rule, _text(event, "site")), open_label=3)
        if rule and self._count((RULES, rule), open_label=1)[1] == rule:
            self.last[rule] = time

    def _moved(self, seconds: object) -> None:
        if type(seconds) is int and seconds >= 0:
            self._counts[ENFORCEMENT, str(bisect_left(ENFORCEMENT_SECONDS, seconds))] += 1
            self._counts[ENFORCEMENT, "sum"] += seconds

    def _count(self, key: Key, open_label: int = 0) -> Key:
        """Count this key, and return it; if there are too many, its labels from the open one on are `other`."""
        if key not in self._counts:
            if self._sizes[key[0]] >= MOST_KEYS and open_label:
                key = (*key[:open_label], *[OTHER] * (len(key) - open_label))
            self._sizes[key[0]] += key not in self._counts
        self._counts[key] += 1
        return key

    def take_servers(self, said: Mapping[str, ServerState | None]) -> None:
        """Take each server's state, by its file; None for a file that can't be read now.

        The counts of a server stay when its file is gone.
        """
        for file in [*self._servers]:
            if file not in said:
                self._counts.update(self._servers.pop(file))
        self._servers.update((file, Counter(dict(_of_server(state)))) for file, state in said.items() if state)

    def to_json(self) -> str:
        """Return all of it as JSON."""
        servers = {file: _listed(counts) for file, counts in self._servers.items()}
        plain = {"format": _FORMAT, "since": self.since, "at": self.at, "position": self.position, "last": self.last}
        return json.dumps({**plain, "counts": _listed(self._counts), "servers": servers}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Counters":
        """Read what `to_json` wrote; raises ValueError for anything else."""
        try:
            plain = json.loads(text)
            if plain["format"] != _FORMAT:
                raise ValueError(f"its format is {plain['format']!r}, not {_FORMAT}")
            made = cls()
            made.since, made.at, made.position = str(plain["since"]), float(plain["at"]), plain["position"]
            made.last = {str(rule): str(time) for rule, time in plain["last"].items()}
            made._counts = _read(plain["counts"])
            made._servers = {str(file): _read(counts) for file, counts in plain["servers"].items()}
        except (LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not as radtune writes it: {error!r}") from error
        made._sizes.update(key[0] for key in made._counts)
        return made


def buckets(counts: Mapping[Key, int], key: Key, number: int) -> tuple[list[int], int]:
    """Return the cumulated counts of the histogram of this key, which has `number` buckets, and its sum."""
    found, total = [], 0
    for bucket in range(number):
        total += counts.get((*key, str(bucket)), 0)
        found.append(total)
    return found, counts.get((*key, "sum"), 0)


def _of_server(state: ServerState) -> Iterator[tuple[Key, int]]:
    yield from (((ERRORS, what), requests) for what, requests in state.errors.items())
    for question, (*requests, nanoseconds) in state.hook.items():
        yield from (((HOOK, question, str(bucket)), count) for bucket, count in enumerate(requests))
        yield (HOOK, question, "sum"), nanoseconds


def _text(event: Events, name: str) -> str:
    """Return a value as a label: valid Unicode, cut to MOST_CHARACTERS; '' if it isn't a text."""
    value = event.get(name)
    return value[:MOST_CHARACTERS].encode(errors="replace").decode() if isinstance(value, str) else ""


def _listed(counts: Counter[Key]) -> list[list[str | int]]:
    return [[*key, count] for key, count in counts.items()]


def _read(rows: Iterable[list[Any]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for *key, count in rows:
        if type(count) is not int or not key or not all(type(part) is str for part in key):
            raise TypeError(f"{key!r}: {count!r}")
        found[tuple(key)] = count
    return found
