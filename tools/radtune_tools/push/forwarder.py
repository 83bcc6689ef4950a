"""One destination: reads its events from the log, sends them in order, and notes what it has taken."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from radtune.config.push_settings import Destination
from radtune.errors import RadtuneError
from radtune.text import utc
from radtune_tools.events.event_reader import EventReader, end_of
from radtune_tools.graph.deadline import backoff
from radtune_tools.push.saved import not_as_written, read_saved, write_saved
from radtune_tools.push.sender import RefusedError, Sender, SendError
from radtune_tools.push.words import Event, text_of, wants

IDLE = 1.0
"""Seconds between two looks at a log in which nothing is new."""
WRITTEN_EVERY = 60.0
"""Seconds after which the file of an idle destination is written again, to show that the forwarder runs."""
_TOLD_TRIES = 3
"""Tries that fail in a row before that is reported: a busy destination is not worth it."""
_LOOK_AHEAD = 10
"""Events to hold at least: if one is refused, later ones have to be tried."""
_MOST_READ = 5000
"""Events of the log that one step reads at most, wanted or not."""


class Forwarder:
    """Sends the events of one destination. A step is bounded: it holds a batch, and sends one."""

    def __init__(
        self, destination: Destination, log: Path, file: Path, sender: Sender, tell: Callable[[str], None]
    ) -> None:
        """Resume where `file` says, or begin at the end of the log. `tell` takes messages for an operator.

        Raises FaultyFileError or NotPermittedError if the file can't be used, NotPermittedError if the log can't be
        read, SendError if the file can't be written.
        """
        self._destination, self._file, self._sender = destination, file, sender
        self._say = tell
        self.saved = read_saved(file)
        is_new = not self.saved.looked_at
        self._done: object = end_of(log) if is_new else self.saved.position
        try:
            self._reader = EventReader(log, self._done, self._lost)
        except ValueError as error:
            raise not_as_written(file, error) from error
        self._events: Iterator[tuple[object, Event]] = iter(())
        self._waiting: deque[tuple[object, Event]] = deque()
        self._written_at, self._told = 0.0, ""
        # The file has to be written before the first event is sent: with a full disk, each start would send the same.
        self._is_written = False
        if is_new:
            self._write(time.time())

    @property
    def is_behind(self) -> bool:
        """Events wait that the destination doesn't take, or the log can't be read."""
        return bool(self._waiting or self.saved.problem)

    def step(self) -> float:
        """Send what is there, one batch at most; return the seconds until the next step is due, 0 if more is there."""
        now = time.time()
        try:
            if not self._is_written:  # or all that was sent would be sent again
                self._write(now)
            more = self._fill(now)
            if self._waiting:
                self._send(now)
            elif self.saved.problem:
                self._work_again(now)
            elif not self._is_written or abs(now - self._written_at) >= WRITTEN_EVERY:
                self._write(now)
        except (RadtuneError, OSError) as error:
            return self._fail(error, now)
        return 0.0 if self._waiting or more else IDLE

    def report(self) -> None:
        """Report why events wait, once for each fault."""
        if self.saved.problem not in ("", self._told):
            self._told = self.saved.problem
            self._tell(f"{self._told}; trying again")

    def close(self) -> None:
        """Write how far it has come; raises SendError."""
        if self._done != self.saved.position:
            self._write(time.time())

    def _fill(self, now: float) -> bool:
        """Read until enough events wait; tell whether more may be there at once. Raises NotPermittedError, OSError."""
        while self._waiting and self._is_old(self._waiting[0][1], now):
            self._done = self._waiting.popleft()[0]
            self._give_up(now)
        for _ in range(_MOST_READ):
            if len(self._waiting) >= max(self._sender.most, _LOOK_AHEAD):
                return True
            found = self._next()
            if found is None:
                return False
            position, event = found
            wanted = wants(self._destination, event)
            if wanted and not self._is_old(event, now):
                self._waiting.append(found)
                continue
            if not self._waiting:
                self._done = position
            if wanted:
                self._give_up(now)
        return True

    def _next(self) -> tuple[object, Event] | None:
        """Return the next event of the log, None if there is none yet.

        The files that were open stay so until they are read to their end: nothing is unpacked twice.
        """
        if (found := next(self._events, None)) is None:
            self._events = self._reader.read()
            found = next(self._events, None)
        return found

    def _tell(self, said: str) -> None:
        self._say(f"push {self._destination.name}: {said}")

    def _lost(self, said: str) -> None:
        """Count and report that events are gone."""
        self.saved.losses, self.saved.lost_at = self.saved.losses + 1, time.time()
        self._is_written = False
        self._tell(said)

    def _is_old(self, event: Event, now: float) -> bool:
        try:
            return now - datetime.fromisoformat(str(event.get("time"))).timestamp() > self._destination.give_up
        except (ValueError, OverflowError):
            return False

    def _give_up(self, now: float) -> None:
        """Count an event that is too old."""
        self.saved.given_up, self.saved.aside_at, self._is_written = self.saved.given_up + 1, now, False

    def _send(self, now: float) -> None:
        """Send a batch; raises SendError. What the destination has taken by then isn't sent again."""
        batch = list(islice(self._waiting, self._sender.most))
        try:
            self._sender.send([event for _, event in batch])
        except RefusedError:
            if len(self._waiting) == 1:
                raise
            self._send_one_by_one(now)
        else:
            self._settle(len(batch), 0, now)

    def _send_one_by_one(self, now: float) -> None:
        """Send each that waits, and put aside what is refused while a later one is taken; raises SendError.

        If everything is refused, the fault is the destination's, and all of them wait.
        """
        refused: list[RefusedError] = []
        for _, event in list(self._waiting):
            try:
                self._sender.send([event])
            except RefusedError as error:
                refused.append(error)
                continue
            for (_, bad), why in zip(self._waiting, refused, strict=False):
                self._tell(f"the event {text_of(bad.get('id'))} is put aside, since a later one was taken: {why}")
            self._settle(len(refused) + 1, len(refused), now)
            refused = []
        if refused:
            raise refused[-1]

    def _settle(self, count: int, refused: int, now: float) -> None:
        """Drop the first `count` that wait, and count `refused` of them as put aside; raises SendError."""
        for _ in range(count):
            self._done = self._waiting.popleft()[0]
        saved = self.saved
        saved.sent, saved.sent_at = saved.sent + count - refused, now
        saved.refused, saved.aside_at = saved.refused + refused, now if refused else saved.aside_at
        self._work_again(now)

    def _work_again(self, now: float) -> None:
        """Forget what was wrong, and write how far it has come; raises SendError."""
        saved = self.saved
        if self._told:
            self._tell(f"works again; it did not since {utc(saved.failing_since)}")
        saved.tries, saved.failing_since, saved.problem, self._told = 0, 0.0, "", ""
        self._write(now)

    def _fail(self, error: Exception, now: float) -> float:
        """Note what is wrong, and report it if it is new; return the seconds to wait."""
        saved = self.saved
        saved.tries, saved.failing_since = saved.tries + 1, saved.failing_since or now
        saved.problem = str(error)
        if saved.tries >= _TOLD_TRIES:
            self.report()
        with suppress(SendError):  # the next step reports this before it sends anything
            self._write(now)
        wait = error.wait if isinstance(error, SendError) else None
        return backoff(saved.tries) if wait is None else max(wait, IDLE)

    def _write(self, now: float) -> None:
        """Write how far it has come; raises SendError."""
        self._is_written = False
        saved = self.saved
        saved.position, saved.looked_at = self._done, now
        saved.oldest = text_of(self._waiting[0][1].get("time")) if self._waiting else ""
        try:
            write_saved(self._file, saved)
        except OSError as error:
            said = f"{error.filename or self._file}: can't be written: {error.strerror}; nothing is sent until it can"
            raise SendError(said) from error
        self._is_written, self._written_at = True, now
