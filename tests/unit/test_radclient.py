"""Disconnect-Requests as radclient reads them, and its output as it really prints it.

The files in radclient_output were printed by radclient 3.2.1 (-x) against a NAS on loopback that answers by the number
of the session: NAK Session-Context-Not-Found to 0, 3, 6 ..., ACK to 1, 4, 7 ..., NAK Session-Context-Not-Removable to
the others.
"""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.records import Facts, Session
from radtune.settings import Nas
from radtune_tools.radclient import Reply, command, packet, read_output
from unit.samples import NOW

SAMPLES = Path(__file__).parent / "radclient_output"
NAS = Nas("sw1", "192.0.2.1", "", "192.0.2.9", 3799, Path("/nowhere/coa"))
FACTS = Facts(
    mac="0016cbaabb00",
    calling_station_id="00-16-CB-AA-BB-00",
    user_name="bob",
    nas_address="192.0.2.1",
    nas_identifier="sw1",
    acct_session_id="S0",
)
SILENCE = "no answer from 192.0.2.9 port 3799: wrong address, port or secret, or the NAS is down"


def session(**more: object) -> Session:
    return Session(replace(FACTS, **more), "vlan 750", NOW)  # type: ignore[arg-type]


def expected(number: int) -> Reply:
    """Return what the NAS of the samples says to the session of this number."""
    return (
        Reply("refused", "Disconnect-NAK: Session-Context-Not-Found", session_missing=True),
        Reply("acknowledged", "Disconnect-ACK"),
        Reply("refused", "Disconnect-NAK: Session-Context-Not-Removable"),
    )[number % 3]


def test_a_packet() -> None:
    assert packet(session(), NOW + 0.9).splitlines() == [
        "NAS-IP-Address = 192.0.2.1",
        'Calling-Station-Id = "00-16-CB-AA-BB-00"',
        'Acct-Session-Id = "S0"',
        "Event-Timestamp = 1800000000",
        "Message-Authenticator = 0x00",
    ]


def test_the_nas_is_named_by_its_ipv6_address_or_its_identifier() -> None:
    assert packet(session(nas_address="2001:db8::1"), NOW).startswith("NAS-IPv6-Address = 2001:db8::1\n")
    assert packet(session(nas_address=""), NOW).startswith('NAS-Identifier = "sw1"\n')


def test_the_user_name_counts_only_where_there_is_nothing_else() -> None:
    nothing = {"calling_station_id": "", "acct_session_id": ""}
    assert 'User-Name = "bob"' in packet(session(**nothing), NOW)
    for name in nothing:
        assert "User-Name" not in packet(session(**{name: ""}), NOW)


HOSTILE = [
    *('a"b', "a`id`", "%{User-Name}", "a\\", "a\nb", "a\r", "a\tb", "a\0b", "${x}", "#", "'", "ä", "\u2028", "x" * 254),
    'S0"\n\nPacket-Type = CoA-Request\nUser-Name = "bob',
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("field", ["calling_station_id", "acct_session_id", "nas_identifier", "nas_address"])
def test_a_value_that_could_mean_something_to_radclient_is_refused(field: str, value: str) -> None:
    change = {field: value} if field != "nas_identifier" else {field: value, "nas_address": ""}
    with pytest.raises(ValueError, match=r"."):
        packet(session(**change), NOW)


@pytest.mark.parametrize("value", HOSTILE)
def test_so_is_a_user_name(value: str) -> None:
    with pytest.raises(ValueError, match="User-Name"):
        packet(session(calling_station_id="", acct_session_id="", user_name=value), NOW)


@pytest.mark.parametrize(
    "value", ["127.0.0.1, User-Name = bob", "sw1.example", "192.0.2.1/24", "192.0.2.1 ", "$INCLUDE"]
)
def test_an_address_is_an_address(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        packet(session(nas_address=value), NOW)


@given(st.text(min_size=1), st.text(min_size=1))
def test_whatever_a_session_says_a_packet_has_five_lines(calling: str, session_id: str) -> None:
    try:
        text = packet(session(calling_station_id=calling, acct_session_id=session_id), NOW)
    except ValueError:
        return
    assert text.count("\n") == 5
    assert text.count('"') == 4
    assert not set(text) & set("`%\\$")


def test_the_command_names_the_secret_s_file_and_nothing_secret() -> None:
    line = command(NAS)
    assert line[0] == "radclient"
    assert line[-2:] == ["192.0.2.9:3799", "disconnect"]
    assert line[line.index("-S") + 1] == "/nowhere/coa"
    assert command(replace(NAS, coa_address="2001:db8::9"))[-2] == "[2001:db8::9]:3799"


@pytest.mark.parametrize(
    ("file", "replies"),
    [
        ("answers.txt", [expected(number) for number in range(6)]),
        ("retries.txt", [expected(number) for number in range(5)]),
        ("one_silent.txt", [expected(0), Reply("unanswered", SILENCE), expected(2)]),
        ("wrong_secret.txt", [Reply("unanswered", SILENCE)] * 3),
    ],
)
def test_what_radclient_really_prints(file: str, replies: list[Reply]) -> None:
    assert read_output((SAMPLES / file).read_text(), len(replies), NAS) == replies


def test_a_cause_by_number_and_a_nak_without_cause() -> None:
    sent = "Sent Disconnect-Request Id {} from 0.0.0.0:1 to 127.0.0.1:2 length 73\n"
    nak = "Received Disconnect-NAK Id {} from 127.0.0.1:2 to 127.0.0.1:1 length 26\n"
    output = sent.format(1) + sent.format(2) + nak.format(2) + "\tError-Cause = 503\n" + nak.format(1)
    replies = [Reply("refused", "Disconnect-NAK"), Reply("refused", "Disconnect-NAK: 503", session_missing=True)]
    assert read_output(output, 2, NAS) == replies


def test_an_acknowledgement_with_a_cause_is_an_acknowledgement() -> None:
    """RFC 5176 3.5: 201, residual session context removed."""
    output = (
        "Sent Disconnect-Request Id 1 from 0.0.0.0:1 to 127.0.0.1:2 length 73\n"
        "Received Disconnect-ACK Id 1 from 127.0.0.1:2 to 127.0.0.1:1 length 26\n"
        "\tError-Cause = Residual-Context-Removed\n"
    )
    assert read_output(output, 1, NAS) == [Reply("acknowledged", "Disconnect-ACK")]


def test_no_output_is_no_answer() -> None:
    assert [reply.state for reply in read_output("", 2, NAS)] == ["unanswered"] * 2


@pytest.mark.parametrize("seed", range(20))
def test_ids_come_again_and_answers_come_in_any_order(seed: int) -> None:
    """radclient's own way to send 300 packets: a window, an id that is free, repetitions, answers as they come."""
    lines: list[str] = []
    under_way: dict[int, int] = {}
    silent: set[int] = set()
    waiting = list(range(300))
    choose = Random(seed)  # noqa: S311  # nothing secret
    while waiting or under_way:
        if waiting and len(under_way) < 16 and choose.random() < 0.6:
            number = choose.choice([free for free in range(20) if free not in under_way])
            under_way[number] = waiting.pop(0)
            lines.append(f"Sent Disconnect-Request Id {number} from 0.0.0.0:1 to 127.0.0.1:2 length 73")
        elif under_way:
            number, index = choose.choice(list(under_way.items()))
            what = choose.random()
            if what < 0.2:
                lines.append(f"Sent Disconnect-Request Id {number} from 0.0.0.0:1 to 127.0.0.1:2 length 73")
                continue
            del under_way[number]
            if what < 0.3:
                silent.add(index)
                lines.append(f"({index}) No reply from server for ID {number} socket 3")
            else:
                kind, _, cause = expected(index).answer.partition(": ")
                lines.append(f"Received {kind} Id {number} from 127.0.0.1:2 to 127.0.0.1:1 length 26")
                lines += [f"\tError-Cause = {cause}"] if cause else []
    replies = read_output("\n".join(lines), 300, NAS)
    assert [reply.state == "unanswered" for reply in replies] == [index in silent for index in range(300)]
    assert all(replies[index] == expected(index) for index in range(300) if index not in silent)
