"""Packets in, replies out: rounds of runs of radclient, as many at once as there are secrets to send by."""

import selectors
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.radclient.coa_secret import check_coa_secret
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import packet_text
from radtune_tools.radclient.run import Run
from radtune_tools.radclient.send_queue import Outgoing, SendQueue, batches

__all__ = ["PACKETS", "PROCESSES", "UNWANTED", "Outgoing", "Reply", "send"]

PROCESSES, PACKETS = 64, 1600
"""How many runs there are at once, each with packets of one secret, and how many packets are under way in them.

A run takes 17 ms of a processor and 4 MB. With twice as many packets answers are lost on a machine of two processors,
and asked for again.
"""

Leaves = Callable[[Sequence[int]], Collection[int]]


def send(outgoing: Sequence[Outgoing], leaves: Leaves = set) -> list[Reply]:
    """Send packets, those of different secrets at the same time; return what became of each, in their order.

    `leaves` is asked right before packets leave: it takes their places in `outgoing`, and returns those of which it
    still wants that. A packet that radclient could not come to is asked for again. No address gets more than its rate
    of new packets a second. One that answers none of a round, which is that many, is sent no more with that secret. A
    packet that can't be written for radclient is refused, and nothing is sent for it. Whatever is wrong with a secret,
    or keeps radclient from running, is the reply to the packets that it is about. Raises what `leaves` does.
    """
    sending = _Sending(outgoing, leaves)
    lanes = SendQueue(outgoing, [place for place in range(len(outgoing)) if place not in sending.replies])
    while lanes:
        chosen = lanes.take()
        left_at = sending.round(batches(chosen))
        lanes.close(chosen, sending.replies)
        if lanes:
            time.sleep(max(0.0, left_at + 1 - time.monotonic()))
    return [sending.replies[place] for place in range(len(outgoing))]


class _Sending:
    """Packets on their way; `replies` is what became of those that are through."""

    def __init__(self, outgoing: Sequence[Outgoing], leaves: Leaves) -> None:
        """Take the packets; those that can't be sent have their replies at once."""
        self._outgoing = outgoing
        self._leaves = leaves
        self._of_use: set[Path] = set()
        self._until: dict[int, float] = {}
        """When the time of a packet is up whose radclient ended too early."""
        faults = {file: _secret_fault(file) for file in {each.secret_file for each in outgoing}}
        self.replies: dict[int, Reply] = {}
        for place, each in enumerate(outgoing):
            try:
                packet_text(each.packet, 0)
            except ValueError as error:
                self.replies[place] = Reply("refused", f"can't be sent safely: {error}")
            else:
                if fault := faults[each.secret_file]:
                    self.replies[place] = Reply("pending", f"not sent: {fault}")

    def round(self, waiting: Sequence[Sequence[int]]) -> float:
        """Send each of these lists through a process; return when the last of them was started.

        What radclient has not come to has no reply then.
        """
        queue, running, left_at = deque(waiting), list[Run](), time.monotonic()
        with selectors.PollSelector() as selector:
            try:
                while queue or running:
                    if queue and _has_room(running, queue[0]) and (run := self._start(queue.popleft())) is not None:
                        running.append(run)
                        selector.register(run.terminal, selectors.EVENT_READ, run)
                        left_at = time.monotonic()
                    # While there are others to be started, those that run are listened to in between.
                    at_once = bool(queue) and _has_room(running, queue[0])
                    until = 0.0 if at_once else min((run.deadline for run in running), default=0.0)
                    for key, _ in selector.select(max(0.0, until - time.monotonic())):
                        key.data.read()
                        if key.data.ended:
                            selector.unregister(key.fd)
                    for run in [run for run in running if run.over]:
                        running.remove(run)
                        if not run.ended:
                            selector.unregister(run.terminal)
                        if again := self._end(run):
                            queue.append(again)
            finally:
                for run in running:
                    run.close()
        return left_at

    def _start(self, places: Sequence[int]) -> Run | None:
        """Start a process with those of these that are still wanted; None where there are none, or it can't be."""
        wanted = self._leaves(places)
        self.replies.update((place, UNWANTED) for place in places if place not in wanted)
        batch = [(place, self._outgoing[place].packet) for place in places if place in wanted]
        if not batch:
            return None
        until = min((self._until[place] for place, _ in batch if place in self._until), default=None)
        try:
            return Run(batch, self._outgoing[places[0]].secret_file, until)
        except TemporaryError as error:
            self._not_sent((place for place, _ in batch), str(error))
            return None

    def _end(self, run: Run) -> list[int]:
        """Take the replies of a process; return the places whose packets it was to wait for, and has not."""
        run.close()
        found = run.replies()
        if found:
            self._of_use.add(run.secret_file)
            again = run.left_open if time.monotonic() < run.until else []
            self._until.update(dict.fromkeys(again, run.until))
            self.replies.update((place, reply) for place, reply in found.items() if place not in again)
            return again
        self._not_sent(run.places, run.failure, may_have_left=run.secret_file in self._of_use)
        return []

    def _not_sent(self, places: Iterable[int], why: str, *, may_have_left: bool = False) -> None:
        """Note that packets are not sent; what may have left before must not be sent again unknowingly."""
        for place in places:
            left = may_have_left or place in self._until
            self.replies[place] = Reply("unanswered", why) if left else Reply("pending", f"not sent: {why}")


def _has_room(running: Sequence[Run], places: Sequence[int]) -> bool:
    """Tell whether a process with these may be started beside those that run."""
    under_way = sum(len(run.places) for run in running)
    return len(running) < PROCESSES and (not running or under_way + len(places) <= PACKETS)


def _secret_fault(file: Path) -> str:
    try:
        check_coa_secret(file, "the CoA secret")
    except RadtuneError as error:
        return str(error)
    return ""
