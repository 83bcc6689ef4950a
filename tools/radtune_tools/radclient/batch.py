"""Packets in, replies out: rounds of radclient processes, as many at once as there are secrets to send by."""

import selectors
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from radtune.dataclass import dataclass
from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import Packet, parsed_address
from radtune_tools.radclient.run import BATCH, Process, check_coa_secret

PROCESSES, PACKETS = 64, 1600
"""Processes that run at once, each with packets of one secret, and packets under way in all of them.

A process takes 17 ms of a processor and 4 MB. With twice as many packets answers are lost on a machine of two
processors, and asked for again.
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A packet, the file of the secret that signs it, and how many new packets a second its address may get."""

    packet: Packet
    secret_file: Path
    rate: int


class Destination(NamedTuple):
    """A socket of a NAS, with secret and rate: its packets wait for each other, and are given up together."""

    address: str
    port: int
    secret_file: Path
    rate: int


Chosen = Mapping[Destination, Sequence[int]]
Confirm = Callable[[Sequence[int]], Collection[int]]
"""Takes the places of packets right before they leave; returns those that are still to be sent."""


def send(outgoing: Sequence[Outgoing], confirm: Confirm = set) -> list[Reply]:
    """Send packets, those of different secrets at the same time; return what became of each, in their order.

    - A packet that `confirm` doesn't return is not sent, and its reply is UNWANTED. Raises what `confirm` raises.
    - A packet that radclient could not come to is sent later, if `confirm` returns it again.
    - No address gets more than its rate of new packets a second. If it answers none of a round, which is that many, it
      is sent no more with that secret.
    - A fault of a packet or a secret, or of radclient, is the reply to the packets that it is about.
    """
    sending = _Sending(outgoing, confirm)
    queue = SendQueue(outgoing, [place for place in range(len(outgoing)) if place not in sending.replies])
    while queue:
        chosen = queue.take()
        left_at = sending.round(batches(chosen))
        queue.close(chosen, sending.replies)
        if queue:
            time.sleep(max(0.0, left_at + 1 - time.monotonic()))
    return [sending.replies[place] for place in range(len(outgoing))]


class SendQueue:
    """The packets that have not left yet, by their places in some sequence."""

    def __init__(self, outgoing: Sequence[Outgoing], places: Iterable[int]) -> None:
        """Take those of the packets that stand at these places."""
        self._waiting: dict[Destination, deque[int]] = {}
        for place in places:
            packet, secret_file, rate = outgoing[place].packet, outgoing[place].secret_file, outgoing[place].rate
            self._waiting.setdefault(Destination(packet.address, packet.port, secret_file, rate), deque()).append(place)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self) -> Chosen:
        """Return what leaves in the next round: for each address no more than its rate, whatever its secrets."""
        chosen: dict[Destination, list[int]] = {}
        taken: Counter[tuple[str, int]] = Counter()
        for destination, queue in self._waiting.items():
            room = destination.rate - taken[destination.address, destination.port]
            chosen[destination] = [queue.popleft() for _ in range(min(room, len(queue)))]
            taken[destination.address, destination.port] += len(chosen[destination])
        return chosen

    def close(self, chosen: Chosen, replies: dict[int, Reply]) -> None:
        """Put back what has no reply after its round, and give up, in `replies`, destinations that answered nothing.

        A destination for which nothing was left to be sent goes on.
        """
        for destination, places in chosen.items():
            queue = self._waiting[destination]
            queue.extendleft(reversed([place for place in places if place not in replies]))
            done = [replies[place] for place in places if place in replies and replies[place] is not UNWANTED]
            if done and all(reply.state in ("unanswered", "pending") for reply in done):
                replies.update(dict.fromkeys(queue, _given_up(destination, done)))
                queue.clear()
            if not queue:
                del self._waiting[destination]


def _given_up(destination: Destination, done: Sequence[Reply]) -> Reply:
    """Return what became of the rest. If nothing was sent there, it is unknown whether the NAS is silent."""
    if all(reply.state == "pending" for reply in done):
        return done[-1]
    where = f"{destination.address} port {destination.port}"
    return Reply("pending", f"not sent: {where} has answered none of the {len(done)} before")


def batches(chosen: Chosen) -> list[list[int]]:
    """Return these places in lists for one process each: of one secret and one family of addresses, BATCH at most.

    The packets of one address stand together, so that a silent one holds up few processes. But none of them has a
    second list before each other address has its first, and no secret has a second one before each other.
    """
    groups: defaultdict[tuple[Path, int], list[int]] = defaultdict(list)
    for start in range(0, max(map(len, chosen.values()), default=0), BATCH):
        for destination, places in chosen.items():
            version, _ = parsed_address(destination.address)
            groups[destination.secret_file, version] += places[start : start + BATCH]
    lists = ([group[at : at + BATCH] for at in range(0, len(group), BATCH)] for group in groups.values())
    return [each for turn in zip_longest(*lists) for each in turn if each]


class _Sending:
    """Packets on their way; `replies` is what became of those that are through."""

    def __init__(self, outgoing: Sequence[Outgoing], confirm: Confirm) -> None:
        """Take the packets; those that can't be sent have their replies at once."""
        self._outgoing = outgoing
        self._confirm = confirm
        self._proven_secrets: set[Path] = set()
        self._until: dict[int, float] = {}
        """The time at which a packet is given up whose radclient ended too early."""
        faults = {file: _secret_fault(file) for file in {each.secret_file for each in outgoing}}
        self.replies: dict[int, Reply] = {}
        for place, each in enumerate(outgoing):
            try:
                _ = each.packet.text
            except ValueError as error:
                self.replies[place] = Reply("refused", f"can't be sent safely: {error}")
            else:
                if fault := faults[each.secret_file]:
                    self.replies[place] = Reply("pending", f"not sent: {fault}")

    def round(self, waiting: Sequence[Sequence[int]]) -> float:
        """Send each of these lists through a process; return when the last of them was started.

        A packet that radclient has not come to has no reply then.
        """
        queue, running, left_at = deque(waiting), list[Process](), time.monotonic()
        with selectors.PollSelector() as selector:
            try:
                while queue or running:
                    if queue and _has_room(running, queue[0]) and (process := self._start(queue.popleft())) is not None:
                        running.append(process)
                        selector.register(process.terminal, selectors.EVENT_READ, process)
                        left_at = time.monotonic()
                    # While others are to be started, those that run are only looked at in between.
                    at_once = bool(queue) and _has_room(running, queue[0])
                    until = 0.0 if at_once else min((process.deadline for process in running), default=0.0)
                    for key, _ in selector.select(max(0.0, until - time.monotonic())):
                        key.data.read()
                        if key.data.ended:
                            selector.unregister(key.fd)
                    for process in [process for process in running if process.over]:
                        running.remove(process)
                        if not process.ended:
                            selector.unregister(process.terminal)
                        if again := self._end(process):
                            queue.append(again)
            finally:
                for process in running:
                    process.close()
        return left_at

    def _start(self, places: Sequence[int]) -> Process | None:
        """Start a process with those of these that `confirm` returns; None if there are none, or it can't be."""
        confirmed = self._confirm(places)
        self.replies.update((place, UNWANTED) for place in places if place not in confirmed)
        batch = [(place, self._outgoing[place].packet) for place in places if place in confirmed]
        if not batch:
            return None
        until = min((self._until[place] for place, _ in batch if place in self._until), default=None)
        try:
            return Process(batch, self._outgoing[places[0]].secret_file, until)
        except TemporaryError as error:
            self._not_sent((place for place, _ in batch), str(error))
            return None

    def _end(self, process: Process) -> list[int]:
        """Take the replies of a process; return the places of packets that it should have waited for, and has not."""
        process.close()
        found = process.replies()
        if not found:
            may_have_left = process.secret_file in self._proven_secrets
            self._not_sent(process.places, process.failure(), may_have_left=may_have_left)
            return []
        self._proven_secrets.add(process.secret_file)
        again = process.left_open() if time.monotonic() < process.until else []
        self._until.update(dict.fromkeys(again, process.until))
        self.replies.update((place, reply) for place, reply in found.items() if place not in again)
        return again

    def _not_sent(self, places: Iterable[int], why: str, *, may_have_left: bool = False) -> None:
        """Note that packets are not sent; what may have left before must not be sent again unknowingly."""
        for place in places:
            left = may_have_left or place in self._until
            self.replies[place] = Reply("unanswered", why) if left else Reply("pending", f"not sent: {why}")


def _has_room(running: Sequence[Process], places: Sequence[int]) -> bool:
    """Tell whether a process with these may be started beside those that run."""
    under_way = sum(len(process.places) for process in running)
    return len(running) < PROCESSES and (not running or under_way + len(places) <= PACKETS)


def _secret_fault(file: Path) -> str:
    try:
        check_coa_secret(file, "the CoA secret")
    except RadtuneError as error:
        return str(error)
    return ""
