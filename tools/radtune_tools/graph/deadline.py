"""How long a run may take, and how long it waits between two tries."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

MAX_BACKOFF = 60.0
"""Seconds between two tries at most, where the server says nothing."""
LONGEST_TIMER = 1_000_000.0
"""Seconds; more than any run takes, and less than a timer can be set to."""


class Deadline:
    """The end of the time in which a run has to have asked all that it asks.

    What it does here with the answers, to publish them above all, isn't held to it: that waits for nobody, and what
    would be begun anew by the next run is better ended by this one.
    """

    def __init__(self, seconds: float, named: str = "sync.deadline") -> None:
        """Begin now; `seconds` from now it is over. `named` is what it comes from."""
        self.seconds = seconds
        self._named = named
        self._end = time.monotonic() + seconds
        self.met = ""
        """What went wrong with the try before this one, if it did: to be told where the time is over in the middle."""

    def left(self) -> float:
        """Return the seconds that are left, 0 at least."""
        return max(0.0, self._end - time.monotonic())

    def wait(self, seconds: float, why: str) -> None:
        """Sleep so long; raises DeadlineError at once where that would go beyond the end. `why` is what went wrong."""
        self.met = why
        if seconds > self.left():
            raise self.error(f"leaves no time for another try: {why}")
        time.sleep(seconds)

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Interrupt what is done inside when the time is over; raises DeadlineError.

        The time-out of a socket wouldn't do: it begins anew with each byte.
        """

        def interrupt(*_: object) -> None:
            raise self.error(f"is over; the try before: {self.met}" if self.met else "is over")

        left = self.left()
        if not left:
            interrupt()
        before = signal.signal(signal.SIGALRM, interrupt)
        # Once more each second, should the first have been taken for something else.
        signal.setitimer(signal.ITIMER_REAL, min(left, LONGEST_TIMER), 1.0)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def error(self, said: str) -> "DeadlineError":
        """Return the error for a deadline of which this is to be said."""
        return DeadlineError(f"the deadline of {self.seconds:.0f} seconds ({self._named}) {said}")


class DeadlineError(OSError):
    """No time is left; an OSError, so that requests hands it on as what kept the request from its answer."""


def backoff(tries: int) -> float:
    """Return the seconds to wait after so many tries: exponential, and spread out so that no two clients keep step."""
    return random.uniform(0.5, 1.0) * min(MAX_BACKOFF, 2.0 ** min(tries, 10))  # noqa: S311  # no secret depends on it
