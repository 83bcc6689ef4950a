"""Rounds and batches of packets, with a shell script in the place of radclient."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from radtune.errors import ConfigurationError, NotPermittedError, TemporaryError
from radtune_tools import radclient
from radtune_tools.packet import Packet
from radtune_tools.radclient import UNWANTED, command, send

Script = Callable[[str], None]
ANSWER = r"""
import re, sys, time
text = sys.stdin.read()
with open({log!r}, "a") as log:
    log.write(f"{{' '.join(sys.argv[1:])}} {{text.count('Packet-Type')}}\n")
for number, packet in enumerate(text.split("\n\n")):
    mark = re.search('Test-Name = "(.*)"', packet)[1]
    where = re.search("Address = (.*)", packet)[1]
    if where == "192.0.2.66":
        print(f"({{mark}}) Failed to send packet for ID 1: Network is unreachable", file=sys.stderr)
        sys.exit(1)
    print(f'Sent CoA-Request Id {{number}} from 0.0.0.0:1 to {{where}}:2 length 73\n\tRadclient-Test-Name = "{{mark}}"')
    if where == "192.0.2.3":
        print(f"Received CoA-NAK Id {{number}} from {{where}}:2 to 127.0.0.1:1 length 20", flush=True)
        time.sleep(0.2)
        print("\tError-Cause = Session-Context-Not-Found")
    elif where != "192.0.2.99":
        print(f"Received CoA-ACK Id {{number}} from {{where}}:2 to 127.0.0.1:1 length 20")
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return what puts a Python script in the place of radclient."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=os.pathsep)

    def put(text: str) -> None:
        (tmp_path / "bin/radclient").write_text(f"#!/usr/bin/python3\n{text}")
        (tmp_path / "bin/radclient").chmod(0o755)

    put(ANSWER.format(log=str(tmp_path / "log")))
    return put


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a round take no second."""
    monkeypatch.setattr(radclient.time, "sleep", lambda _: None)  # type: ignore[attr-defined]


def to(address: str, count: int = 1, name: str = "bob") -> list[Packet]:
    return [Packet("CoA-Request", address, 3799, (("User-Name", name),))] * count


def runs(tmp_path: Path) -> list[int]:
    """Return how many packets each process was given."""
    return [int(line.rpartition(" ")[2]) for line in (tmp_path / "log").read_text().splitlines()]


def test_the_command_names_the_secret_s_file_and_nothing_secret(secret: Path) -> None:
    line = command(secret)
    assert line[0] == "radclient"
    assert line[-2:] == ["127.0.0.1:9", "auto"]
    assert line[line.index("-S") + 1] == str(secret)
    assert command(secret, ipv6=True)[-2] == "[::1]:9"
    assert "s3cret" not in " ".join(line)


@pytest.mark.usefixtures("script", "quick")
def test_replies_come_in_the_order_of_the_packets(secret: Path, tmp_path: Path) -> None:
    packets = [*to("192.0.2.1"), *to("192.0.2.2", name=""), *to("2001:db8::1"), *to("192.0.2.3", name="a\0")]
    replies = send(packets, secret, 20)
    assert [reply.state for reply in replies] == ["acknowledged", "refused", "acknowledged", "refused"]
    assert replies[1].answer == "can't be sent safely: User-Name: '' is empty"
    assert sorted(runs(tmp_path)) == [1, 1]
    assert "[::1]:9 auto" in (tmp_path / "log").read_text()


@pytest.mark.usefixtures("script", "quick")
def test_a_cause_that_comes_after_the_answer_is_waited_for(secret: Path) -> None:
    assert [reply.cause for reply in send(to("192.0.2.3"), secret, 20)] == [503]


def test_nothing_to_send_starts_no_process(secret: Path, script: Script) -> None:
    script("import sys; sys.exit('never')")
    assert send([], secret, 20) == []


@pytest.mark.usefixtures("script", "quick")
def test_no_address_gets_more_than_its_rate_in_a_round(secret: Path, tmp_path: Path) -> None:
    replies = send([*to("192.0.2.1", 5), *to("192.0.2.2", 2)], secret, 2)
    assert {reply.state for reply in replies} == {"acknowledged"}
    assert runs(tmp_path) == [4, 2, 1]


@pytest.mark.usefixtures("script")
def test_a_round_takes_a_second_at_least(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(radclient.time, "sleep", slept.append)  # type: ignore[attr-defined]
    send(to("192.0.2.1", 3), secret, 1)
    assert len(slept) == 2
    assert all(0 < seconds < 1 for seconds in slept)


@pytest.mark.usefixtures("script", "quick")
def test_a_large_round_is_sent_by_several_processes(secret: Path, tmp_path: Path) -> None:
    assert {reply.state for reply in send(to("192.0.2.1", 450), secret, 1000)} == {"acknowledged"}
    assert sorted(runs(tmp_path)) == [50, 200, 200]


@pytest.mark.usefixtures("script", "quick")
def test_one_that_answers_nothing_is_sent_no_more(secret: Path, tmp_path: Path) -> None:
    replies = send([*to("192.0.2.99", 5), *to("192.0.2.1", 3)], secret, 2)
    assert [reply.state for reply in replies] == ["unanswered"] * 2 + ["pending"] * 3 + ["acknowledged"] * 3
    assert replies[4].answer == "not sent: 192.0.2.99 port 3799 has answered none of the 2 before"
    assert runs(tmp_path) == [4, 1]


@pytest.mark.usefixtures("script", "quick")
def test_one_that_can_t_be_reached_keeps_no_other_waiting(secret: Path) -> None:
    """There radclient ends without sending what stands behind it."""
    replies = send([*to("192.0.2.66", 2), *to("192.0.2.1", 2)], secret, 20)
    assert [reply.state for reply in replies] == ["pending"] * 2 + ["acknowledged"] * 2
    assert replies[0].answer == "not sent: 192.0.2.66 port 3799 can't be reached: Network is unreachable"


def test_what_came_before_the_time_was_up_counts(
    secret: Path, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radclient, "TIMEOUT", 0)
    monkeypatch.setattr(radclient, "_SLACK", 0.5)
    script(ANSWER.format(log=str(tmp_path / "log")) + "sys.stdout.flush()\ntime.sleep(60)\n")
    replies = send([*to("192.0.2.99"), *to("192.0.2.1")], secret, 20)
    assert [reply.state for reply in replies] == ["unanswered", "acknowledged"]


@pytest.mark.usefixtures("script", "quick")
def test_packets_leave_only_if_they_are_still_wanted(secret: Path, tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def leaves(places: Sequence[int]) -> set[int]:
        asked.append(list(places))
        return {place for place in places if place not in (1, 4)}

    replies = send([*to("192.0.2.1", 4), *to("192.0.2.99", 1)], secret, 2, leaves)
    assert [reply is UNWANTED for reply in replies] == [False, True, False, False, True]
    assert asked == [[0, 1, 4], [2, 3]]
    assert runs(tmp_path) == [1, 2]


def test_without_radclient(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TemporaryError, match="radclient is not installed; it comes with Debian's package"):
        send(to("192.0.2.1"), secret, 20)


def test_a_radclient_that_sends_nothing_says_why(secret: Path, script: Script) -> None:
    script("import sys; sys.exit('radclient: Secret in coa is too short')")
    with pytest.raises(TemporaryError, match="radclient sent nothing: radclient: Secret in coa is too short"):
        send(to("192.0.2.1"), secret, 20)


@pytest.mark.usefixtures("quick")
def test_what_was_sent_before_radclient_failed_keeps_its_answer(secret: Path, script: Script, tmp_path: Path) -> None:
    broken = "#!/usr/bin/python3\nimport sys; sys.exit('radclient: out of memory')"
    script(
        f"open({str(tmp_path / 'bin/radclient')!r}, 'w').write({broken!r})\n" + ANSWER.format(log=str(tmp_path / "log"))
    )
    replies = send(to("192.0.2.1", 2), secret, 1)
    assert [reply.state for reply in replies] == ["acknowledged", "unanswered"]
    assert replies[1].answer == "radclient sent nothing: radclient: out of memory"


def test_a_secret_that_is_missing_or_open_to_others_sends_nothing(secret: Path) -> None:
    secret.chmod(0o644)
    with pytest.raises(NotPermittedError, match="the CoA secret"):
        send(to("192.0.2.1"), secret, 20)
    secret.unlink()
    with pytest.raises(ConfigurationError, match="the CoA secret"):
        send(to("192.0.2.1"), secret, 20)
