"""Requests sent to a server, so many at once, in as little time as Python takes: what is measured is the server."""

import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from bench.errors import BenchError
from bench.packets import Request, fault

IN_FLIGHT = 8
"""Requests under way at the same time, so that the server always has one to take up."""
REPLY_SECONDS = 20
LARGEST = 4096


def flood(
    requests: Sequence[Request], port: int, secret: bytes, *, in_flight: int = IN_FLIGHT, host: str = "127.0.0.1"
) -> list[float]:
    """Send all requests once and give the seconds that each took; BenchError unless each reply is the one expected.

    A socket has one request under way, and sends its next one when the reply is there.
    """
    with ExitStack() as open_sockets, select.epoll() as poll:
        sockets = {}
        for _ in range(min(in_flight, len(requests))):
            wire = open_sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            wire.connect((host, port))
            poll.register(wire, select.EPOLLIN)
            sockets[wire.fileno()] = wire
        return _sent(requests, sockets, poll.poll, secret)


def _sent(
    requests: Sequence[Request],
    sockets: dict[int, socket.socket],
    poll: Callable[[float], list[tuple[int, int]]],
    secret: bytes,
) -> list[float]:
    clock, took, waiting = time.perf_counter, [], iter(requests)
    under_way: dict[int, tuple[Request, float]] = {}
    for number, wire in sockets.items():
        under_way[number] = next(waiting), clock()
        wire.send(under_way[number][0].packet)
    while under_way:
        ready = poll(REPLY_SECONDS)
        if not ready:
            raise BenchError(f"no reply to {len(under_way)} requests within {REPLY_SECONDS} s")
        for number, _ in ready:
            request, started = under_way.pop(number)
            reply = sockets[number].recv(LARGEST)
            took.append(clock() - started)
            if wrong := fault(request, reply, secret):
                raise BenchError(wrong)
            following = next(waiting, None)
            if following is not None:
                under_way[number] = following, clock()
                sockets[number].send(following.packet)
    return took
