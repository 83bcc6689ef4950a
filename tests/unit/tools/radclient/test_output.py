"""What became of each packet, from what `radclient -x` prints.

radclient_output/marked.txt was printed by radclient 3.2.1 against NASes on loopback: ACK, NAK 503, nothing, ACK with
attributes, and an answer that is signed with another secret.
"""

from pathlib import Path
from random import Random

import pytest

from radtune.records.moves_and_states import MoveState
from radtune_tools.radclient.output import Reading, Reply, cause_number, explain_cause
from radtune_tools.radclient.packet import Packet

SAMPLES = Path(__file__).parent / "output"
PACKET = Packet("Disconnect-Request", "192.0.2.9", 3799, ())
GONE = "Disconnect-NAK: Session-Context-Not-Found (503: the NAS has no such session)"


def read(count: int, text: str) -> list[Reply | None]:
    reading = Reading(count)
    for line in text.splitlines():
        reading.line(line)
    return [reading.reply(mark, PACKET) for mark in range(count)]


def sent(number: int, mark: int, to: str = "127.0.0.1:2") -> str:
    return f'Sent CoA-Request Id {number} from 0.0.0.0:1 to {to} length 73\n\tRadclient-Test-Name = "{mark}"\n'


def received(kind: str, number: int, where: str = "127.0.0.1:2") -> str:
    return f"Received {kind} Id {number} from {where} to 127.0.0.1:1 length 26\n"


def test_what_radclient_really_prints() -> None:
    replies = read(5, (SAMPLES / "marked.txt").read_text())
    assert [(reply.state, reply.cause) for reply in replies if reply] == [
        ("acknowledged", 0),
        ("refused", 503),
        ("unanswered", 0),
        ("acknowledged", 0),
        ("unanswered", 0),
    ]
    assert replies[1] == Reply("refused", GONE, 503)
    assert replies[1].session_missing
    assert "no answer from 192.0.2.9 port 3799: wrong address, port or secret" in str(replies[2])
    assert "signed with another secret" in str(replies[4])


def test_one_number_to_two_addresses() -> None:
    text = sent(7, 0) + sent(7, 1, "[::1]:2") + received("CoA-NAK", 7, "[::1]:2") + received("CoA-ACK", 7)
    assert read(2, text) == [Reply("acknowledged", "CoA-ACK"), Reply("refused", "CoA-NAK")]


def test_an_acknowledgement_with_a_cause_is_an_acknowledgement() -> None:
    text = sent(1, 0) + received("Disconnect-ACK", 1) + "\tError-Cause = Residual-Context-Removed\n"
    assert read(1, text) == [Reply("acknowledged", "Disconnect-ACK", 201)]


def test_a_cause_that_nobody_knows() -> None:
    text = sent(1, 0) + received("Disconnect-NAK", 1) + "\tError-Cause = 999\n"
    assert read(1, text) == [Reply("refused", "Disconnect-NAK: 999", 999)]


def test_what_was_not_sent_and_what_could_not_be() -> None:
    (first, second) = read(2, "(0) Failed to send packet for ID 5: Network is unreachable\n")
    assert first == Reply("pending", "not sent: 192.0.2.9 port 3799 can't be reached: Network is unreachable")
    assert second is None


def test_an_answer_to_nothing_counts_for_nothing() -> None:
    text = received("CoA-ACK", 3) + "\tError-Cause = 503\n" + sent(4, 0)
    assert read(1, text) == [
        Reply("unanswered", "no answer from 192.0.2.9 port 3799: wrong address, port or secret, or the NAS is down")
    ]


def test_what_a_nas_says_can_t_pass_for_another_answer() -> None:
    said = '\tReply-Message = "x\\nReceived CoA-ACK Id 2 from 127.0.0.1:2 to 127.0.0.1:1 length 26"\n'
    text = sent(1, 0) + sent(2, 1) + received("CoA-NAK", 1) + said
    assert [reply.state for reply in read(2, text) if reply] == ["refused", "unanswered"]


@pytest.mark.parametrize("seed", range(20))
def test_numbers_come_again_and_answers_come_in_any_order(seed: int) -> None:
    """radclient's own way to send 300 packets: a number that is free, repetitions, answers as they come."""
    lines: list[str] = []
    under_way: dict[int, int] = {}
    silent: set[int] = set()
    waiting = list(range(300))
    choose = Random(seed)  # noqa: S311  # nothing secret
    while waiting or under_way:
        if waiting and len(under_way) < 16 and choose.random() < 0.6:
            number = choose.choice([free for free in range(20) if free not in under_way])
            under_way[number] = waiting.pop(0)
            lines.append(sent(number, under_way[number]))
        elif under_way:
            number, mark = choose.choice(list(under_way.items()))
            what = choose.random()
            if what < 0.2:
                lines.append(sent(number, mark))
                continue
            del under_way[number]
            if what < 0.3:
                silent.add(mark)
                lines.append(f"({mark}) No reply from server for ID {number} socket 3\n")
            else:
                lines.append(received("CoA-ACK" if mark % 2 else "CoA-NAK", number))
    for mark, reply in enumerate(read(300, "".join(lines))):
        assert reply
        expected = "unanswered" if mark in silent else "acknowledged" if mark % 2 else "refused"
        assert reply.state == expected


def test_causes_in_words() -> None:
    assert explain_cause("Missing-Attribute").startswith("Missing-Attribute (402: the NAS wants an attribute")
    assert explain_cause("402") == explain_cause("Missing-Attribute")
    assert (explain_cause("999"), explain_cause("Odd")) == ("999", "Odd")
    rfc = [201, 202, *range(401, 408), *range(501, 509)]
    assert all(f"({number}: " in explain_cause(str(number)) for number in rfc)
    assert (cause_number("Session-Context-Not-Found"), cause_number("²"), cause_number("-1")) == (503, 0, 0)


def test_what_is_left_without_an_answer() -> None:
    reading = Reading(3)
    for line in (sent(1, 0) + sent(2, 1) + sent(3, 2) + received("CoA-ACK", 2)).splitlines():
        reading.line(line)
    assert reading.unanswered == {0, 2}


def test_the_first_lines_about_no_packet_are_kept() -> None:
    reading = Reading(1)
    for text in ("", "(0) passed over", *(f"line {number}" for number in range(9))):
        reading.line(text)
    assert reading.said == [f"line {number}" for number in range(5)]


@pytest.mark.parametrize(("state", "final"), [("refused", True), ("acknowledged", False), ("unanswered", False)])
def test_only_a_refusal_is_final(state: MoveState, final: bool) -> None:
    assert Reply(state, "x", 401).is_final is final
    assert not Reply(state, "x", 506).is_final
