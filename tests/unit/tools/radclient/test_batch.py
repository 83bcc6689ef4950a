"""Rounds and batches of packets, with a shell script in the place of radclient."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from radtune_tools.radclient import batch as radclient
from radtune_tools.radclient import run as radclient_run
from radtune_tools.radclient.batch import send
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.run import command
from unit.radclients import ANSWER, Script, StoppedClock, signed, to


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for a NAS that is silent, but for the start of a process; and a round take no second."""
    monkeypatch.setattr(radclient_run, "START", 60.0)
    monkeypatch.setattr(radclient_run, "WAIT", 0.3)
    monkeypatch.setattr(radclient.time, "sleep", lambda _: None)  # type: ignore[attr-defined]


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


@pytest.mark.usefixtures("script", "stopped_clock")
def test_replies_come_in_the_order_of_the_packets(secret: Path, tmp_path: Path) -> None:
    packets = [*to("192.0.2.1"), *to("192.0.2.2", name=""), *to("2001:db8::1"), *to("192.0.2.3", name="a\0")]
    replies = send(signed(packets, secret))
    assert [reply.state for reply in replies] == ["acknowledged", "refused", "acknowledged", "refused"]
    assert replies[1].answer == "can't be sent safely: User-Name: '' is empty"
    assert sorted(runs(tmp_path)) == [1, 1]
    assert "[::1]:9 auto" in (tmp_path / "log").read_text()


@pytest.mark.usefixtures("script", "stopped_clock")
def test_a_cause_that_comes_after_the_answer_is_waited_for(secret: Path) -> None:
    assert [reply.cause for reply in send(signed(to("192.0.2.3"), secret))] == [503]


def test_nothing_to_send_starts_no_process(secret: Path, script: Script) -> None:
    script("import sys; sys.exit('never')")
    assert send(signed([], secret)) == []


@pytest.mark.usefixtures("script", "stopped_clock")
def test_no_address_gets_more_than_its_rate_in_a_round(secret: Path, tmp_path: Path) -> None:
    replies = send(signed([*to("192.0.2.1", 5), *to("192.0.2.2", 2)], secret, 2))
    assert {reply.state for reply in replies} == {"acknowledged"}
    assert runs(tmp_path) == [4, 2, 1]


@pytest.mark.usefixtures("script")
def test_a_round_takes_a_second_at_least(secret: Path, stopped_clock: StoppedClock) -> None:
    send(signed(to("192.0.2.1", 3), secret, 1))
    assert stopped_clock.slept == [1.0, 1.0]


@pytest.mark.usefixtures("script", "stopped_clock")
def test_a_large_round_is_sent_by_several_processes(secret: Path, tmp_path: Path) -> None:
    assert {reply.state for reply in send(signed(to("192.0.2.1", 450), secret, 1000))} == {"acknowledged"}
    assert sorted(runs(tmp_path)) == [50, 200, 200]


@pytest.mark.usefixtures("script", "impatient")
def test_one_that_answers_nothing_is_sent_no_more(secret: Path, tmp_path: Path) -> None:
    replies = send(signed([*to("192.0.2.99", 5), *to("192.0.2.1", 3)], secret, 2))
    assert [reply.state for reply in replies] == ["unanswered"] * 2 + ["pending"] * 3 + ["acknowledged"] * 3
    assert replies[4].answer == "not sent: 192.0.2.99 port 3799 has answered none of the 2 before"
    assert runs(tmp_path) == [4, 1]


@pytest.mark.usefixtures("script", "stopped_clock")
def test_one_that_can_t_be_reached_keeps_no_other_waiting(secret: Path) -> None:
    """There radclient ends without sending what stands behind it."""
    replies = send(signed([*to("192.0.2.66", 2), *to("192.0.2.1", 2)], secret))
    assert [reply.state for reply in replies] == ["pending"] * 2 + ["acknowledged"] * 2
    assert replies[0].answer == "not sent: 192.0.2.66 port 3799 can't be reached: Network is unreachable"


@pytest.mark.usefixtures("impatient")
def test_what_came_before_the_time_was_up_counts(secret: Path, script: Script, tmp_path: Path) -> None:
    script(ANSWER.format(log=str(tmp_path / "log")) + "time.sleep(60)\n")
    replies = send(signed([*to("192.0.2.99"), *to("192.0.2.1")], secret))
    assert [reply.state for reply in replies] == ["unanswered", "acknowledged"]


@pytest.mark.usefixtures("script", "stopped_clock")
def test_packets_leave_only_if_they_are_still_wanted(secret: Path, tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def confirm(places: Sequence[int]) -> set[int]:
        asked.append(list(places))
        return {place for place in places if place not in (1, 4)}

    replies = send(signed([*to("192.0.2.1", 4), *to("192.0.2.99", 1)], secret, 2), confirm)
    assert [reply is UNWANTED for reply in replies] == [False, True, False, False, True]
    assert asked == [[0, 1, 4], [2, 3]]
    assert runs(tmp_path) == [1, 2]


def test_without_radclient(secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = "not sent: radclient is not installed; its package is freeradius-utils"
    assert send(signed(to("192.0.2.1", 3), secret, 2)) == [Reply("pending", said)] * 3


def test_a_radclient_that_sends_nothing_says_why(secret: Path, script: Script) -> None:
    script("import sys; sys.exit('radclient: Secret in coa is too short')")
    said = "not sent: radclient sent nothing: radclient: Secret in coa is too short"
    assert send(signed(to("192.0.2.1"), secret)) == [Reply("pending", said)]


@pytest.mark.usefixtures("stopped_clock")
def test_what_was_sent_before_radclient_failed_keeps_its_answer(secret: Path, script: Script, tmp_path: Path) -> None:
    broken = "#!/usr/bin/python3\nimport sys; sys.exit('radclient: out of memory')"
    script(
        f"open({str(tmp_path / 'bin/radclient')!r}, 'w').write({broken!r})\n" + ANSWER.format(log=str(tmp_path / "log"))
    )
    replies = send(signed(to("192.0.2.1", 2), secret, 1))
    assert [reply.state for reply in replies] == ["acknowledged", "unanswered"]
    assert replies[1].answer == "radclient sent nothing: radclient: out of memory"


def test_a_secret_that_is_missing_or_open_to_others_sends_nothing(secret: Path, script: Script) -> None:
    script("import sys; sys.exit('never')")
    secret.chmod(0o644)
    (reply,) = send(signed(to("192.0.2.1"), secret))
    assert reply.state == "pending" and "lets every user have the CoA secret; run: chmod" in reply.answer
    secret.unlink()
    (reply,) = send(signed(to("192.0.2.1"), secret))
    assert reply.state == "pending" and "there is no such file; it has to hold the CoA secret" in reply.answer
