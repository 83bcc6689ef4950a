"""Packets of many secrets, with a Python script in the place of radclient."""

from collections.abc import Sequence
from pathlib import Path
from time import sleep

import pytest

from radtune_tools.radclient import batch as radclient
from radtune_tools.radclient import run as radclient_run
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.output import Reply
from radtune_tools.radclient.packet import Packet
from radtune_tools.radclient.run import Process
from unit.radclients import ANSWER, Script, StoppedClock, signed, to

# Notes that it runs, and waits until as many have been started.
WAITING = """
import pathlib, sys, time
started = pathlib.Path({started!r})
(started / pathlib.Path(sys.argv[sys.argv.index("-S") + 1]).name).touch()
while len(list(started.iterdir())) < {count}:
    time.sleep(0.01)
"""
BROKEN = 'import sys\nif "secret-1" in " ".join(sys.argv): sys.exit("radclient: no")\n'


@pytest.fixture
def secrets(tmp_path: Path) -> list[Path]:
    """Return the files of four secrets."""
    files = [tmp_path / f"secret-{number}" for number in range(4)]
    for file in files:
        file.write_text("s3cret\n")
        file.chmod(0o600)
    return files


def of_each(secrets: Sequence[Path], count: int = 1, rate: int = 20) -> list[Outgoing]:
    return [
        each for number, file in enumerate(secrets) for each in signed(to(f"192.0.2.{10 + number}", count), file, rate)
    ]


def waiting(tmp_path: Path, count: int) -> str:
    (tmp_path / "started").mkdir()
    return WAITING.format(started=str(tmp_path / "started"), count=count) + ANSWER.format(log=str(tmp_path / "log"))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many processes ran at the start of each, itself included."""
    running: list[Process] = []
    counts: list[int] = []

    class Counted(Process):
        def __init__(self, batch: Sequence[tuple[int, Packet]], file: Path, until: float | None = None) -> None:
            super().__init__(batch, file, until)
            running.append(self)
            counts.append(len(running))

        def close(self) -> None:
            running.remove(self)
            super().close()

    monkeypatch.setattr(radclient, "Process", Counted)
    return counts


@pytest.mark.usefixtures("stopped_clock")
def test_all_secrets_run_at_the_same_time(
    secrets: list[Path], script: Script, tmp_path: Path, at_once: list[int]
) -> None:
    script(waiting(tmp_path, 4))
    assert {reply.state for reply in send(of_each(secrets))} == {"acknowledged"}
    assert at_once == [1, 2, 3, 4]


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize(("limit", "value", "most"), [("PROCESSES", 2, 2), ("PACKETS", 7, 2), ("PACKETS", 2, 1)])
def test_but_no_more_than_there_may_be(
    secrets: list[Path],
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_once: list[int],
    limit: str,
    value: int,
    most: int,
) -> None:
    monkeypatch.setattr(radclient, limit, value)
    script(waiting(tmp_path, most))
    assert {reply.state for reply in send(of_each(secrets, count=3))} == {"acknowledged"}
    assert len(at_once) == 4
    assert max(at_once) == most


def test_a_secret_that_can_t_be_read_concerns_its_own_packets(secrets: list[Path], script: Script) -> None:
    script(ANSWER.format(log="/dev/null"))
    secrets[2].unlink()
    replies = send(of_each(secrets))
    assert [reply.state for reply in replies] == ["acknowledged", "acknowledged", "pending", "acknowledged"]
    assert "secret-2:1: there is no such file" in replies[2].answer


@pytest.mark.usefixtures("stopped_clock")
def test_a_radclient_that_fails_for_one_secret_fails_for_no_other(secrets: list[Path], script: Script) -> None:
    script(BROKEN + ANSWER.format(log="/dev/null"))
    replies = send(of_each(secrets, count=2, rate=1))
    assert [reply.state for reply in replies] == ["acknowledged"] * 2 + ["pending"] * 2 + ["acknowledged"] * 4
    assert {reply.answer for reply in replies[2:4]} == {"not sent: radclient sent nothing: radclient: no"}


@pytest.mark.usefixtures("stopped_clock")
def test_packets_are_confirmed_when_their_process_is_about_to_start(
    secrets: list[Path], script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(ANSWER.format(log=str(tmp_path / "log")))
    monkeypatch.setattr(radclient, "PROCESSES", 1)
    asked: list[tuple[list[int], int]] = []

    def confirm(places: Sequence[int]) -> set[int]:
        ran = (tmp_path / "log").read_text().splitlines() if (tmp_path / "log").exists() else []
        asked.append((list(places), len(ran)))
        return set(places)

    send(of_each(secrets[:3], count=2), confirm)
    assert asked == [([0, 1], 0), ([2, 3], 1), ([4, 5], 2)]


@pytest.mark.usefixtures("script")
def test_the_second_between_two_rounds_counts_from_the_last_start(
    secrets: list[Path], stopped_clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radclient, "PROCESSES", 1)

    def confirm(places: Sequence[int]) -> set[int]:
        stopped_clock.now += 5
        return set(places)

    send(of_each(secrets[:2], count=2, rate=1), confirm)
    assert stopped_clock.slept == [1.0]


@pytest.mark.usefixtures("script")
def test_the_time_of_the_packets_begins_when_they_are_sent(secret: Path, stopped_clock: StoppedClock) -> None:
    process = Process(list(enumerate(to("192.0.2.99"))), secret)
    stopped_clock.now += radclient_run.START - 0.1
    assert not process.over
    while not process.replies():
        process.read()
    stopped_clock.now += radclient_run.WAIT - 0.1
    assert not process.over
    stopped_clock.now += 0.2
    assert process.over
    process.close()


def test_answers_that_came_while_others_were_confirmed_are_heard(
    secrets: list[Path], script: Script, tmp_path: Path, stopped_clock: StoppedClock
) -> None:
    answered = tmp_path / "answered"
    script(ANSWER.format(log="/dev/null") + f"open({str(answered)!r}, 'w').close()\n")

    def confirm(places: Sequence[int]) -> set[int]:
        while 2 in places and not answered.exists():
            sleep(0.01)
        stopped_clock.now += 100 if 2 in places else 0
        return set(places)

    assert send(of_each(secrets[:2], count=2), confirm) == [Reply("acknowledged", "CoA-ACK")] * 4
