"""The state of a running server in its own words: what it has loaded, lets in and denies, and can't do."""

import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path

from radtune.config.settings import Settings
from radtune.dataclass import dataclass, field
from radtune.records.json_record import Record
from radtune.records.moves_and_states import PolicyState
from radtune.server.faults import Fault

CODE = Path(__file__).parents[1]
"""The directory of the module that this process has loaded."""
DENYING_SECONDS = 300.0
"""If every login is denied for so many seconds, something is wrong."""
MOST_CHARACTERS = 500
"""Characters of a reason that are kept."""


@dataclass(slots=True)
class Logins(Record):
    """The logins since the server's start. Times are seconds since the epoch; 0.0 is never.

    denied_since: the first denied login since one was let in
    in_a_row: the denied logins since then
    client: the client of the first of them
    everybody: they are of several clients or of a known one, or no login was let in before
    reason: why the last one was denied
    """

    allowed: int = 0
    denied: int = 0
    allowed_at: float = 0.0
    denied_at: float = 0.0
    denied_since: float = 0.0
    in_a_row: int = 0
    client: str = ""
    everybody: bool = False
    reason: str = ""

    def allow(self, now: float) -> None:
        """Count a login that was let in."""
        self.allowed += 1
        self.allowed_at = now
        self.in_a_row = 0
        self.denied_since = 0.0

    def deny(self, client: str, reason: str, now: float, *, expected: bool) -> None:
        """Count a denied login; `expected`: the client may be a stranger."""
        # A clock that was set back says nothing of how long this has been going on.
        if not self.in_a_row or now < self.denied_at:
            self.in_a_row, self.denied_since = 0, now
            self.client, self.everybody = client, not self.allowed
        self.everybody = self.everybody or not expected or client != self.client
        self.in_a_row += 1
        self.denied += 1
        self.denied_at = now
        self.reason = reason[:MOST_CHARACTERS]

    @property
    def denies_everybody(self) -> bool:
        """For so long no login was let in, and more than one stranger was denied."""
        return bool(self.in_a_row) and self.everybody and self.denied_at - self.denied_since >= DENYING_SECONDS


HOOK_NANOSECONDS = tuple(
    round(milliseconds * 1_000_000) for milliseconds in (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000)
)
"""The upper bounds of a histogram of the time that a request takes in radtune; a longer one is in the bucket behind."""


class HookTimes:
    """For each question, and for accounting, how long its requests took, since the server's start."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rows: dict[str, list[int]] = {}

    def add(self, question: str, nanoseconds: int) -> None:
        """Count a request. Costs less than a microsecond, and takes no lock."""
        row = self._rows.get(question)
        if row is None:
            row = self._rows.setdefault(question, [0] * (len(HOOK_NANOSECONDS) + 2))
        row[bisect_left(HOOK_NANOSECONDS, nanoseconds)] += 1
        row[-1] += nanoseconds

    def counts(self) -> dict[str, tuple[int, ...]]:
        """Return the requests in each bucket, and behind them the sum of their nanoseconds."""
        return {question: tuple(row) for question, row in self._rows.items()}


@dataclass(frozen=True, slots=True)
class ServerState(Record):
    """A server process, as it said last. Times are seconds since the epoch; 0.0 is never.

    code: the directory of the module that it has loaded; code_fingerprint: what was in its files
    settings_file: as it was read at the start; settings: a fingerprint of each key that the server goes by
    stores: the file of each store that is open, by the store's name
    heard_at: its last request
    stopped_at: when it was told to stop
    hook: what `HookTimes.counts` returns
    errors: requests that have met a fault since the start, by `FaultName`, faults that are over included
    """

    pid: int
    version: str
    started_at: float
    written_at: float
    code: str
    code_fingerprint: str
    settings_file: str
    settings: Mapping[str, str]
    stores: Mapping[str, str]
    policy: PolicyState
    logins: Logins
    faults: tuple[Fault, ...] = ()
    heard_at: float = 0.0
    stopped_at: float = 0.0
    hook: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)


def code_fingerprint(directory: Path) -> str:
    """Return a word that changes with the files of the module in this directory, '' if they can't be read."""
    found = hashlib.sha256()
    try:
        for name in sorted(_names(str(directory))):
            with open(name, "rb") as stream:  # noqa: PTH123  # sixty files, at each look of `radtune status`
                found.update(f"{name.removeprefix(str(directory))}\0".encode() + stream.read() + b"\0")
    except OSError:
        return ""
    return found.hexdigest()[:16]


def _names(directory: str) -> Iterator[str]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _names(entry.path)
            elif entry.name.endswith((".py", ".json", ".yaml")):
                yield entry.path


def settings_fingerprints(settings: Settings) -> dict[str, str]:
    """Return a word for each key of settings that a server goes by; the other keys are for the commands alone."""
    places = settings.nas_directory
    by = {
        "store": settings.store,
        "events": settings.events,
        "policy": settings.policy,
        "sites": places.sites,
        "nas_groups": places.groups,
        "nas": (places.entries, places.accepts),
        "dictionaries": settings.dictionaries,
    }
    return {key: hashlib.sha256(repr(value).encode()).hexdigest()[:16] for key, value in by.items()}
