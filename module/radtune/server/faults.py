"""What is wrong in a running server now: each fault and since when, once in the server's log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from radtune.errors import StoreError
from radtune.records.record import Record

DEVICES, SESSIONS, QUARANTINES, EVENTS = "devices", "sessions", "quarantines", "events"
CERTIFICATES, BUG = "certificates", "bug"
_WORDS = {
    DEVICES: ("the device store fails, and clients are unavailable", "the device store works again"),
    SESSIONS: ("the session store fails, and sessions wait in memory", "the session store works again"),
    QUARANTINES: ("quarantines can't be read, those read last count", "quarantines can be read again"),
    EVENTS: ("client events are lost", "client events are written again"),
    CERTIFICATES: ("certificates aren't checked before EAP-Success", "certificates are checked"),
    BUG: ("a bug was met, and its request refused", "requests are answered"),
}
"""For each part: what its fault means, and that it is over."""
FAULTS = tuple(_WORDS)
MESSAGES = 16
"""Different messages of one fault that are logged."""


@dataclass(frozen=True, slots=True)
class Fault(Record):
    """One fault.

    what: DEVICES, SESSIONS, QUARANTINES, EVENTS, CERTIFICATES or BUG; the last two end with the process.
    message: what is wrong, where, and what to do.
    since: when a request met it first, in seconds since the epoch.
    requests: how many requests have met it.
    """

    what: str
    message: str
    since: float
    requests: int = 1


class Faults:
    """The faults of one server process."""

    def __init__(self, log: Callable[[str], None], log_info: Callable[[str], None]) -> None:
        """Take where a fault is logged (`log`), and where its end is (`log_info`)."""
        self._log = log
        self._log_info = log_info
        self._now: dict[str, Fault] = {}
        self._logged: dict[str, set[str]] = {}
        self.changes = 0
        """How often a fault has begun or ended, or something was noted."""

    def current(self) -> tuple[Fault, ...]:
        """Return the faults of this moment, those that began first in front."""
        return tuple(sorted(self._now.values(), key=lambda fault: fault.since))

    def begin(self, what: str, message: str, now: float) -> None:
        """Note that a request has met a fault; another message of the same part takes the place of the one before."""
        before = self._now.get(what)
        since, requests = (before.since, before.requests + 1) if before else (now, 1)
        self._now[what] = Fault(what, message, since, requests)
        self.changes += before is None
        logged = self._logged.setdefault(what, set())
        if message not in logged and len(logged) < MESSAGES:
            logged.add(message)
            self._log(f"{_WORDS[what][0]}: {message}")

    @contextmanager
    def noting(self, what: str, now: float) -> Iterator[None]:
        """Note a StoreError as a fault of this part, and go on behind the block."""
        try:
            yield
        except StoreError as error:
            self.begin(what, str(error), now)

    def end(self, what: str, now: float) -> None:
        """Note that the part works again."""
        fault = self._now.pop(what, None)
        if fault is not None:
            self.changes += 1
            del self._logged[what]
            seconds = max(0, round(now - fault.since))
            self._log_info(f"{_WORDS[what][1]}; {fault.requests} requests met the fault in {seconds} seconds")

    def note(self, message: str) -> None:
        """Log what is no fault, and what an operator should know."""
        self.changes += 1
        self._log_info(message)
