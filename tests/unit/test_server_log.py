"""What the lab reads out of a server's log."""

import pytest

from parts.server_log import answers

ACCEPT = """\
(7) Sent Access-Accept Id 5 from 127.0.0.1:1 to 127.0.0.1:2 length 179
(7)   Tunnel-Type:0 = VLAN
(7)   Tunnel-Private-Group-Id:0 = "750"
(7)   User-Name = "bob"
(7) Finished request
"""
OTHERS = [
    "Waking up in 0.2 seconds.",
    "Thread 4 waiting to be assigned a request",
    "(2) Cleaning up request packet ID 0 with timestamp +4 due to cleanup_delay was reached",
    "(8) Received Accounting-Request Id 6 from 127.0.0.1:3 to 127.0.0.1:4 length 100",
    '(8)   Tunnel-Private-Group-Id:0 = "1"',
    "(8) Sent Accounting-Response Id 6 from 127.0.0.1:4 to 127.0.0.1:3 length 20",
]


def test_an_answer() -> None:
    assert answers(ACCEPT) == [("Access-Accept", "750")]
    dated = "".join(f"Tue Nov 24 08:20:13 2026 : Debug: {line}\n" for line in ACCEPT.splitlines())
    assert answers(dated) == [("Access-Accept", "750")]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("at", range(1, 5))
def test_lines_of_other_threads_stand_between(other: str, at: int) -> None:
    lines = ACCEPT.splitlines()
    assert answers("\n".join([*lines[:at], other, *lines[at:]])) == [("Access-Accept", "750")]


def test_two_answers_at_once() -> None:
    reject = ACCEPT.replace("(7)", "(9)").replace("Accept", "Reject").replace('= "750"', "= 1").splitlines()
    both = [line for pair in zip(ACCEPT.splitlines(), reject, strict=True) for line in pair]
    assert answers("\n".join(both)) == [("Access-Accept", "750"), ("Access-Reject", "1")]


def test_an_answer_counts_when_it_is_written_to_its_end() -> None:
    lines = ACCEPT.splitlines(keepends=True)
    assert [answers("".join(lines[:end])) for end in range(5)] == [[]] * 5


def test_an_answer_without_a_vlan() -> None:
    assert answers("(1) Sent Access-Accept Id 5 from a to b\n(1) Finished request\n") == [("Access-Accept", "")]
