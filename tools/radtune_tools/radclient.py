"""Packets through FreeRADIUS's radclient: its only caller.

radclient 3.2 gives up silent packets one after the other, and waits in between; it forgets packets that it has not
sent yet when all that are under way are given up, or when the first can't be sent; and it keeps its output to itself
until it ends, unless that goes to a terminal. So each process has all of its packets under way at once, writes to a
pseudo terminal, and is ended when the time of its packets is up.
"""

import os
import selectors
import subprocess
import tempfile
import time
import tty
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

from radtune.errors import TemporaryError
from radtune.secret import read_secret
from radtune_tools.packet import Packet, packet_text
from radtune_tools.radclient_output import Reading, Reply

__all__ = ["PROCESSES", "RETRIES", "TIMEOUT", "UNWANTED", "Reply", "command", "send"]

TIMEOUT, RETRIES = 2, 3
"""Seconds to wait for an answer, and how often a packet is sent."""
BATCH, PROCESSES = 200, 8
"""How many packets one process has under way, and how many processes there are at once."""
_SLACK, _END_SECONDS = 1.5, 0.5
_DISCARD_PORT = 9

UNWANTED = Reply("pending", "not sent: nobody wants it any more")
Leaves = Callable[[Sequence[int]], Collection[int]]
_Queues = dict[tuple[str, int], deque[int]]


def command(secret_file: Path, *, ipv6: bool = False) -> list[str]:
    """Return the command line; it names the secret by its file, and packets name where they go."""
    # What stands here as the server is never used, but its family is that of the sockets.
    server = f"[::1]:{_DISCARD_PORT}" if ipv6 else f"127.0.0.1:{_DISCARD_PORT}"
    options = ["-x", "-t", str(TIMEOUT), "-r", str(RETRIES), "-p", str(BATCH), "-S", str(secret_file)]
    return ["radclient", *options, server, "auto"]


def send(packets: Sequence[Packet], secret_file: Path, rate: int, leaves: Leaves = set) -> list[Reply]:
    """Send packets that are signed with one secret; return what became of each, in their order.

    `leaves` is asked right before packets leave: it takes their places in `packets`, and returns those of which it
    still wants that. A packet that radclient could not come to is asked for again. No address gets more than `rate` new
    packets a second. One that answers none of a round, which is that many, is sent no more. A packet that can't be
    written for radclient is refused, and nothing is sent for it. Raises what `read_secret` and `leaves` raise, and
    TemporaryError where radclient can't be run; where it can't any more, that is the reply to what is left.
    """
    read_secret(secret_file, "the CoA secret")
    replies: dict[int, Reply] = {}
    queues: _Queues = {}
    for index, packet in enumerate(packets):
        try:
            packet_text(packet, 0)
        except ValueError as error:
            replies[index] = Reply("refused", f"can't be sent safely: {error}")
        else:
            queues.setdefault((packet.address, packet.port), deque()).append(index)
    while queues:
        started = time.monotonic()
        chosen = {where: [queue.popleft() for _ in range(min(rate, len(queue)))] for where, queue in queues.items()}
        taken = [index for indices in chosen.values() for index in indices]
        wanted = leaves(taken)
        replies.update((index, UNWANTED) for index in taken if index not in wanted)
        found, failure = _round([(index, packets[index]) for index in taken if index in wanted], secret_file)
        if failure is not None and not (found or any(reply is not UNWANTED for reply in replies.values())):
            raise failure
        replies.update(found)
        if failure is not None:
            # What radclient may have sent before it failed must not be sent again unknowingly.
            replies.update((index, Reply("unanswered", str(failure))) for index in wanted if index not in replies)
        _close_round(queues, chosen, replies)
        if queues:
            time.sleep(max(0.0, started + 1 - time.monotonic()))
    return [replies[index] for index in range(len(packets))]


def _close_round(queues: _Queues, chosen: dict[tuple[str, int], list[int]], replies: dict[int, Reply]) -> None:
    """Put back what radclient has not come to, and give up the addresses that have answered nothing."""
    for where, indices in chosen.items():
        queue = queues[where]
        queue.extendleft(reversed([index for index in indices if index not in replies]))
        done = [replies[index] for index in indices if index in replies and replies[index] is not UNWANTED]
        if done and all(reply.state in ("unanswered", "pending") for reply in done):
            said = f"not sent: {where[0]} port {where[1]} has answered none of the {len(done)} before"
            replies.update((index, Reply("pending", said)) for index in queue)
            queue.clear()
        if not queue:
            del queues[where]


def _round(wanted: Sequence[tuple[int, Packet]], secret_file: Path) -> tuple[dict[int, Reply], TemporaryError | None]:
    """Send each of these once, PROCESSES batches at a time.

    Return what became of those that radclient came to, and why it could not be run for others.
    """
    replies: dict[int, Reply] = {}
    failure: TemporaryError | None = None
    waiting = deque(_batches(wanted))
    running: list[_Run] = []
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                while waiting and len(running) < PROCESSES:
                    running.append(_Run(waiting.popleft(), secret_file))
                    selector.register(running[-1].terminal, selectors.EVENT_READ, running[-1])
                patience = min(run.deadline for run in running) - time.monotonic()
                for key, _ in selector.select(max(0.0, patience)):
                    key.data.read()
                for run in [run for run in running if run.over]:
                    running.remove(run)
                    selector.unregister(run.terminal)
                    run.close()
                    replies.update(run.replies())
        except TemporaryError as error:
            failure = error
        finally:
            for run in running:
                run.close()
    return replies, failure


def _batches(wanted: Sequence[tuple[int, Packet]]) -> Iterator[list[tuple[int, Packet]]]:
    for version in (4, 6):
        alike = [each for each in wanted if ip_address(each[1].address).version == version]
        yield from (alike[start : start + BATCH] for start in range(0, len(alike), BATCH))


class _Run:
    """One process, from its start to its end."""

    def __init__(self, batch: Sequence[tuple[int, Packet]], secret_file: Path) -> None:
        """Start it with these packets; raises TemporaryError where that is not possible."""
        self._batch = batch
        self._reading = Reading(len(batch))
        self._rest = b""
        self._ended = False
        self.deadline = time.monotonic() + TIMEOUT * RETRIES + _SLACK
        arguments = command(secret_file, ipv6=ip_address(batch[0][1].address).version == 6)
        texts = (packet_text(packet, time.time(), str(mark)) for mark, (_, packet) in enumerate(batch))
        with tempfile.TemporaryFile("w+", encoding="ascii") as file:
            file.write("\n".join(texts))
            file.seek(0)
            try:
                self.terminal, inner = os.openpty()
            except OSError as error:
                raise TemporaryError(f"radclient needs a pseudo terminal: {error.strerror}") from error
            try:
                tty.setraw(inner)
                self._process = subprocess.Popen(arguments, stdin=file, stdout=inner, stderr=inner)
            except FileNotFoundError as error:
                os.close(self.terminal)
                advice = "it comes with Debian's package freeradius-utils"
                raise TemporaryError(f"radclient is not installed; {advice}") from error
            finally:
                os.close(inner)

    def read(self) -> None:
        """Take what the process has said since."""
        try:
            text = os.read(self.terminal, 65536)
        except OSError:  # what Linux says of a terminal that nobody holds any more
            text = b""
        *lines, self._rest = (self._rest + text).split(b"\n")
        for line in lines:
            self._reading.line(line.decode("utf-8", "replace"))
        self._ended = not text
        if self._reading.gives_up or self._reading.complete:
            # All were sent at the same time, so that the others' time is up, too; or radclient is about to end.
            self.deadline = min(self.deadline, time.monotonic() + _END_SECONDS)

    @property
    def over(self) -> bool:
        """Tell whether there is nothing to wait for."""
        return self._ended or time.monotonic() >= self.deadline

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        os.close(self.terminal)

    def replies(self) -> dict[int, Reply]:
        """Return what became of the packets that radclient came to; raises TemporaryError where that are none."""
        found = {index: self._reading.reply(mark, packet) for mark, (index, packet) in enumerate(self._batch)}
        known = {index: reply for index, reply in found.items() if reply is not None}
        if not known:
            said = " ".join(self._reading.said) or "it said nothing"
            raise TemporaryError(f"radclient sent nothing: {said}")
        return known
