"""The faults of a running server: each with the time when it began, and once in the server's log."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from radtune.dataclass import dataclass
from radtune.errors import StoreError
from radtune.records.json_record import Record
from radtune.text import counted

FaultName = Literal["devices", "sessions", "quarantines", "events", "certificates", "bug"]
"""The part that fails; a fault of the last two ends with the process."""
FAULTS: tuple[FaultName, ...] = get_args(FaultName)
_WORDS: dict[FaultName, tuple[str, str]] = {
    "devices": ("the device store fails, and clients are unavailable", "the device store works again"),
    "sessions": ("the session store fails, and sessions wait in memory", "the session store works again"),
    "quarantines": ("quarantines can't be read, those read last count", "quarantines can be read again"),
    "events": ("client events are lost", "client events are written again"),
    "certificates": ("certificates aren't checked before EAP-Success", "certificates are checked"),
    "bug": ("a bug was met, and its request refused", "requests are answered"),
}
"""For each part: what its fault means, and that it is over."""
MESSAGES = 16
"""Different messages of one fault that are logged."""


@dataclass(frozen=True, slots=True)
class Fault(Record):
    """One fault.

    message: what is wrong, where, and what to do
    since: when a request met it first, in seconds since the epoch
    requests: how many requests have met it
    """

    what: FaultName
    message: str
    since: float
    requests: int = 1


class Faults:
    """The faults of one server process."""

    def __init__(self, log: Callable[[str], None], log_info: Callable[[str], None]) -> None:
        """Take the function that logs a fault, and the one that logs its end (`log_info`)."""
        self._log = log
        self._log_info = log_info
        self._now: dict[FaultName, Fault] = {}
        self._logged: dict[FaultName, set[str]] = {}
        self.changes = 0
        """The number of faults that have begun or ended, and of notes."""
        self.met: Counter[FaultName] = Counter()
        """The requests that have met a fault, faults that are over included."""

    def current(self) -> tuple[Fault, ...]:
        """Return the faults of this moment, those that began first in front."""
        return tuple(sorted(self._now.values(), key=lambda fault: fault.since))

    def begin(self, what: FaultName, message: str, now: float) -> None:
        """Note that a request has met a fault; another message of the same part takes the place of the one before."""
        self.met[what] += 1
        before = self._now.get(what)
        since, requests = (before.since, before.requests + 1) if before else (now, 1)
        self._now[what] = Fault(what, message, since, requests)
        self.changes += before is None
        logged = self._logged.setdefault(what, set())
        if message not in logged and len(logged) < MESSAGES:
            logged.add(message)
            self._log(f"{_WORDS[what][0]}: {message}")

    @contextmanager
    def noting(self, what: FaultName, now: float) -> Iterator[None]:
        """Note a StoreError as a fault of this part, and go on behind the block."""
        try:
            yield
        except StoreError as error:
            self.begin(what, str(error), now)

    def end(self, what: FaultName, now: float) -> None:
        """Note that the part works again."""
        if what in self._now:
            fault = self._now.pop(what)
            self.changes += 1
            del self._logged[what]
            seconds = max(0, round(now - fault.since))
            self._log_info(
                f"{_WORDS[what][1]}; {counted(fault.requests, 'request')} met the fault in {counted(seconds, 'second')}"
            )

    def note(self, message: str) -> None:
        """Log what is no fault, and what an operator should know."""
        self.changes += 1
        self._log_info(message)
