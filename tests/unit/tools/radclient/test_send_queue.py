"""Which packets leave in a round, and which go together."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from radtune_tools.radclient import batch as batch_module
from radtune_tools.radclient.batch import Outgoing, SendQueue, batches
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import Packet

ACK, SILENT, AWAY = Reply("acknowledged", "-"), Reply("unanswered", "-"), Reply("pending", "not sent: no route")


def to(address: str, count: int = 1, secret: str = "one", rate: int = 2) -> list[Outgoing]:
    return [Outgoing(Packet("CoA-Request", address, 3799, ()), Path(secret), rate)] * count


def taken(outgoing: Sequence[Outgoing]) -> list[list[list[int]]]:
    """Return the lists of each round, where every packet is answered."""
    queue, rounds = SendQueue(outgoing, range(len(outgoing))), []
    while queue:
        chosen = queue.take()
        rounds.append(batches(chosen))
        queue.close(chosen, dict.fromkeys((place for each in rounds[-1] for place in each), ACK))
    return rounds


def test_an_address_gets_no_more_than_its_rate_whatever_its_secrets() -> None:
    both = [*to("192.0.2.1", 3), *to("192.0.2.1", 2, "two"), *to("192.0.2.2", 1, "two")]
    assert taken(both) == [[[0, 1], [5]], [[2], [3]], [[4]]]
    assert taken([*to("192.0.2.1", 2, rate=1), *to("192.0.2.1", 3, rate=3)]) == [[[0, 2, 3]], [[1, 4]]]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process take two packets."""
    monkeypatch.setattr(batch_module, "BATCH", 2)


@pytest.mark.usefixtures("small")
def test_no_address_and_no_secret_comes_twice_before_each_other_has_come() -> None:
    (found,) = taken([*to("192.0.2.1", 5, rate=9), *to("192.0.2.2", 1), *to("192.0.2.3", 1)])
    assert found == [[0, 1], [5, 6], [2, 3], [4]]
    (found,) = taken([*to("192.0.2.1", 5, rate=9), *to("192.0.2.2", 2, "two"), *to("2001:db8::1", 1)])
    assert found == [[0, 1], [5, 6], [7], [2, 3], [4]]


def test_what_has_no_reply_comes_again_in_its_order() -> None:
    queue = SendQueue(to("192.0.2.1", 4, rate=3), range(4))
    queue.close(queue.take(), {1: ACK})
    assert batches(queue.take()) == [[0, 2, 3]]


@pytest.mark.parametrize(
    ("answers", "rest"),
    [
        ([ACK, SILENT], None),
        ([SILENT, SILENT], "not sent: 192.0.2.1 port 3799 has answered none of the 2 before"),
        ([SILENT, AWAY], "not sent: 192.0.2.1 port 3799 has answered none of the 2 before"),
        ([AWAY, AWAY], AWAY.answer),
        ([UNWANTED, UNWANTED], None),
        ([UNWANTED, SILENT], "not sent: 192.0.2.1 port 3799 has answered none of the 1 before"),
    ],
)
def test_who_answers_nothing_is_given_up_with_that_secret(answers: list[Reply], rest: str | None) -> None:
    queue = SendQueue([*to("192.0.2.1", 3), *to("192.0.2.1", 1, "two")], range(4))
    replies = dict(enumerate(answers))
    queue.close(queue.take(), replies)
    assert replies.get(2) == (Reply("pending", rest) if rest else None)
    assert [place for each in batches(queue.take()) for place in each] == ([3] if rest else [2, 3])
