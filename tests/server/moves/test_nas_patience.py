"""NASes that take their time, asked through the real radclient: no answer is missed."""

import time
from collections.abc import Callable
from contextlib import ExitStack

from parts.ports import free_udp_port
from parts.raddb import server_directory
from parts.tool import Tool
from parts.wire_nas import ACK, Answer, Request, WireNases

SECRET = "the secret of slow NASes"


def answering(number: int, after: float) -> Callable[[Request], Answer]:
    """Give a NAS that answers the packet of this number, from 1 on, after so many seconds, and no other before."""
    came = 0

    def answer(_: Request) -> Answer:
        nonlocal came
        came += 1
        if came < number:
            return None
        time.sleep(after)
        return ACK, 0

    return answer


def test_every_answer_within_the_time_is_seen() -> None:
    """From 3.2.4 on radclient ends by itself as soon as one of several has answered the last packet."""
    slow = [(1, 0.0), (3, 1.1), (3, 1.6), (2, 1.8), (1, 4.5)]
    with server_directory() as directory, ExitStack() as nases:
        packets, asked = [], []
        for number, after in slow:
            port = free_udp_port()
            asked.append(nases.enter_context(WireNases(["127.0.0.1"], port, SECRET.encode(), answering(number, after))))
            packets.append(["CoA-Request", "127.0.0.1", port, [["User-Name", "bob"]]])
        replies = Tool(directory, SECRET).send(packets=packets)
        assert [reply["state"] for reply in replies] == ["acknowledged"] * len(slow)
        # What comes again is the very same packet, so that a NAS does not take it for a second order.
        assert [len(each.requests) for each in asked] == [1] * len(slow)
        assert max(each.seen.total() for each in asked) <= 4


def test_one_that_never_answers_is_asked_three_times() -> None:
    port = free_udp_port()
    with (
        server_directory() as directory,
        WireNases(["127.0.0.1"], port, SECRET.encode(), lambda _: None) as nases,
    ):
        packet = ["Disconnect-Request", "127.0.0.1", port, [["User-Name", "bob"]]]
        (reply,) = Tool(directory, SECRET).send(packets=[packet])
        assert reply["state"] == "unanswered"
        assert reply["answer"].startswith(f"no answer from 127.0.0.1 port {port}")
        assert nases.seen.total() in (3, 4)
