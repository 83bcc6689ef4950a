"""What sends events to one destination: its errors, and a call that ends in time."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Protocol, TypeVar

from radtune.config.push_settings import Destination
from radtune.errors import RadtuneError, TemporaryError
from radtune.text import counted
from radtune_tools.push.words import Event
from radtune_tools.secret_file import check_secret_file

_MOST_HANGING = 4
"""Calls that may still run after their time-out, at most: each is a thread."""
_Found = TypeVar("_Found")


class SendError(TemporaryError):
    """The events were not sent, or that is unknown. wait: seconds until the other side wants a new try."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class RefusedError(SendError):
    """The destination was reached, and refuses these events for good."""


class Sender(Protocol):
    """Sends events to one destination.

    most: the most events that `send` may be given
    """

    most: int

    def send(self, events: Sequence[Event]) -> None:
        """Send them, and return once the destination has them. Raises SendError, RefusedError."""


def check_private_key(destination: Destination) -> None:
    """Raise SendError if every user can read the private key of this client, or it can't be read."""
    if destination.private_key_file is not None:
        try:
            check_secret_file(destination.private_key_file, "the private key")
        except RadtuneError as error:
            raise SendError(str(error)) from error


class TimedCalls:
    """Calls that end in time. A socket's time-out begins anew with each byte, and the look-up of a name has none."""

    def __init__(self, seconds: float) -> None:
        """Give each call these seconds."""
        self._seconds = seconds
        self._threads: list[threading.Thread] = []

    def call(self, function: Callable[[], _Found]) -> _Found:
        """Return or raise what the function does; raises TimeoutError, and the function runs on unheeded."""
        self._threads = [each for each in self._threads if each.is_alive()]
        if len(self._threads) >= _MOST_HANGING:
            raise TimeoutError(f"not ended yet: {counted(len(self._threads), 'earlier request')}")
        outcome: Future[_Found] = Future()

        def run() -> None:
            try:
                outcome.set_result(function())
            except BaseException as error:  # noqa: BLE001  # raised again by `result`
                outcome.set_exception(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._threads.append(thread)
        if not wait([outcome], self._seconds).done:
            raise TimeoutError(f"no answer within {self._seconds:g} seconds (push.timeout)")
        return outcome.result()
