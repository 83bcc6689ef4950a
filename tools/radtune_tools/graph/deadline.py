"""The end of the time in which a run may ask, and its waits between two tries."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

MAX_BACKOFF = 60.0
"""Seconds between two tries at most, if the server says nothing."""
_Found = TypeVar("_Found")


class DeadlineError(OSError):
    """No time is left; an OSError, like all that keeps a request from its answer."""


class Deadline:
    """The end of the time for all requests of a run. What it does with the answers may take longer.

    met: what went wrong with the try before this one, or ''.
    """

    def __init__(self, seconds: float, setting: str = "sync.deadline") -> None:
        """Begin now; `seconds` from now it is over. `setting` is what says so, for messages."""
        self._said = f"the deadline of {seconds:.0f} seconds ({setting})"
        self._end = time.monotonic() + seconds
        self.met = ""

    def left(self) -> float:
        """Return the seconds that are left, 0 at least."""
        return max(0.0, self._end - time.monotonic())

    def wait(self, seconds: float, why: str) -> None:
        """Sleep so long; raises DeadlineError at once if that would go beyond the end. `why` is what went wrong."""
        self.met = why
        if seconds > self.left():
            raise DeadlineError(f"{self._said} leaves no time for another try: {why}")
        time.sleep(seconds)

    def within(self, call: Callable[[], _Found]) -> _Found:
        """Return what the call returns; raises DeadlineError once the time is over, and leaves the call to itself.

        It runs in a thread: a socket's time-out begins anew with each byte, and the look-up of a name has none.
        """
        outcome: Future[_Found] = Future()

        def run() -> None:
            try:
                outcome.set_result(call())
            except Exception as error:  # noqa: BLE001  # raised again by `result`
                outcome.set_exception(error)

        left = min(self.left(), threading.TIMEOUT_MAX)
        if left:
            threading.Thread(target=run, daemon=True).start()
        if not wait([outcome], left).done:
            said = f"{self._said} is over; the try before: {self.met}"
            raise DeadlineError(said if self.met else f"{self._said} is over")
        return outcome.result()


def backoff(tries: int) -> float:
    """Return the seconds to wait after so many tries: exponential, and spread out so that no two clients keep step."""
    return random.uniform(0.5, 1.0) * min(MAX_BACKOFF, 2.0 ** min(tries, 10))  # noqa: S311  # no secret depends on it
