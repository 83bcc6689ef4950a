"""Packets that wait for their turn: which leave next, which go through one process, and which never leave."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import Packet

BATCH = 200
"""How many packets one process has under way."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A packet, the file of the secret that signs it, and how many new packets a second its address may get."""

    packet: Packet
    secret_file: Path
    rate: int


class Destination(NamedTuple):
    """Where packets go, and by what: those of one lane wait for each other, and are given up together."""

    address: str
    port: int
    secret_file: Path
    rate: int


Chosen = Mapping[Destination, Sequence[int]]


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
        for lane, queue in self._waiting.items():
            room = lane.rate - taken[lane.address, lane.port]
            chosen[lane] = [queue.popleft() for _ in range(min(room, len(queue)))]
            taken[lane.address, lane.port] += len(chosen[lane])
        return chosen

    def close(self, chosen: Chosen, replies: dict[int, Reply]) -> None:
        """Put back what has no reply after its round, and give up, in `replies`, the lanes that were answered nothing.

        A lane of which nothing was wanted any more goes on.
        """
        for lane, places in chosen.items():
            queue = self._waiting[lane]
            queue.extendleft(reversed([place for place in places if place not in replies]))
            done = [replies[place] for place in places if place in replies and replies[place] is not UNWANTED]
            if done and all(reply.state in ("unanswered", "pending") for reply in done):
                replies.update(dict.fromkeys(queue, _given_up(lane, done)))
                queue.clear()
            if not queue:
                del self._waiting[lane]


def _given_up(lane: Destination, done: Sequence[Reply]) -> Reply:
    """Return what became of the rest of a lane; nothing tells that a NAS is silent that was sent nothing."""
    if all(reply.state == "pending" for reply in done):
        return done[-1]
    said = f"not sent: {lane.address} port {lane.port} has answered none of the {len(done)} before"
    return Reply("pending", said)


def batches(chosen: Chosen) -> list[list[int]]:
    """Return these places in lists for one process each: of one secret and one family of addresses, BATCH at most.

    The packets of one address stand together, so that a silent one holds up few processes; but none of them has a
    second list before each other address has its first, and no secret has a second one before each other.
    """
    groups: defaultdict[tuple[Path, int], list[int]] = defaultdict(list)
    for start in range(0, max(map(len, chosen.values()), default=0), BATCH):
        for lane, places in chosen.items():
            groups[lane.secret_file, ip_address(lane.address).version] += places[start : start + BATCH]
    lists = ([group[at : at + BATCH] for at in range(0, len(group), BATCH)] for group in groups.values())
    return [each for turn in zip_longest(*lists) for each in turn if each]
