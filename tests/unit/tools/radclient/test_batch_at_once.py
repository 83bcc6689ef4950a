"""Packets of many secrets, with a Python script in the place of radclient."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from radtune_tools.radclient import batch as radclient
from radtune_tools.radclient import run as radclient_run
from radtune_tools.radclient.batch import Outgoing, Reply, send
from unit.radclients import ANSWER, Script, signed, to

WAITING = """
import pathlib, sys, time
running = pathlib.Path({running!r})
me = running / pathlib.Path(sys.argv[sys.argv.index("-S") + 1]).name
me.touch()
time.sleep({before})
with open({log!r} + "-running", "a") as log:
    log.write(f"{{len(list(running.iterdir()))}}\\n")
"""
LEAVING = "\ntime.sleep(0.1)\nsys.stdout.flush()\nme.unlink()\n"
SLOW = """
import time
time.sleep({before})
for number in range({count}):
    print(f'Sent CoA-Request Id {{number}} from 0.0.0.0:1 to 192.0.2.1:2 length 73')
    print(f'\\tRadclient-Test-Name = "{{number}}"', flush=True)
for number in range({count}):
    time.sleep({pause})
    print(f"Received CoA-ACK Id {{number}} from 192.0.2.1:2 to 127.0.0.1:1 length 20", flush=True)
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


def waiting(tmp_path: Path, before: str) -> str:
    """Return a script that notes how many run at the same time."""
    (tmp_path / "running").mkdir()
    log = str(tmp_path / "log")
    return WAITING.format(running=str(tmp_path / "running"), log=log, before=before) + ANSWER.format(log=log) + LEAVING


def at_once(tmp_path: Path) -> list[int]:
    return [int(line) for line in (tmp_path / "log-running").read_text().split()]


def test_all_secrets_run_at_the_same_time(secrets: list[Path], script: Script, tmp_path: Path) -> None:
    script(waiting(tmp_path, "1.0"))
    assert {reply.state for reply in send(of_each(secrets))} == {"acknowledged"}
    assert max(at_once(tmp_path)) == 4


@pytest.mark.parametrize(("limit", "value", "most"), [("PROCESSES", 2, 2), ("PACKETS", 7, 2), ("PACKETS", 2, 1)])
def test_but_no_more_than_there_may_be(
    secrets: list[Path],
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    most: int,
) -> None:
    monkeypatch.setattr(radclient, limit, value)
    script(waiting(tmp_path, "0.3"))
    assert {reply.state for reply in send(of_each(secrets, count=3))} == {"acknowledged"}
    assert len(at_once(tmp_path)) == 4
    assert max(at_once(tmp_path)) == most


def test_a_secret_that_can_t_be_read_concerns_its_own_packets(secrets: list[Path], script: Script) -> None:
    script(ANSWER.format(log="/dev/null"))
    secrets[2].unlink()
    replies = send(of_each(secrets))
    assert [reply.state for reply in replies] == ["acknowledged", "acknowledged", "pending", "acknowledged"]
    assert "secret-2:1: there is no such file" in replies[2].answer


def test_a_radclient_that_fails_for_one_secret_fails_for_no_other(
    secrets: list[Path], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radclient.time, "sleep", lambda _: None)  # type: ignore[attr-defined]
    script(BROKEN + ANSWER.format(log="/dev/null"))
    replies = send(of_each(secrets, count=2, rate=1))
    assert [reply.state for reply in replies] == ["acknowledged"] * 2 + ["pending"] * 2 + ["acknowledged"] * 4
    assert {reply.answer for reply in replies[2:4]} == {"not sent: radclient sent nothing: radclient: no"}


def test_leaves_is_asked_when_a_process_is_about_to_start(
    secrets: list[Path], script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(ANSWER.format(log=str(tmp_path / "log")))
    monkeypatch.setattr(radclient, "PROCESSES", 1)
    asked: list[tuple[list[int], int]] = []

    def leaves(places: Sequence[int]) -> set[int]:
        ran = (tmp_path / "log").read_text().splitlines() if (tmp_path / "log").exists() else []
        asked.append((list(places), len(ran)))
        return set(places)

    send(of_each(secrets[:3], count=2), leaves)
    assert asked == [([0, 1], 0), ([2, 3], 1), ([4, 5], 2)]


def test_the_second_between_two_rounds_counts_from_the_last_start(
    secrets: list[Path], script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(radclient.time, "sleep", slept.append)  # type: ignore[attr-defined]
    monkeypatch.setattr(radclient, "PROCESSES", 1)
    script(waiting(tmp_path, "1.2 if me.name == 'secret-0' else 0"))
    send(of_each(secrets[:2], count=2, rate=1))
    assert len(slept) == 1 and slept[0] > 0


def test_the_time_of_the_packets_begins_when_they_are_sent(
    secret: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radclient_run, "WAIT", 1.2)
    script(SLOW.format(before=0.7, count=1, pause=0.9))
    assert send(signed(to("192.0.2.1"), secret)) == [Reply("acknowledged", "CoA-ACK")]


def test_what_came_while_others_were_asked_for_is_heard(
    secrets: list[Path], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radclient_run, "WAIT", 0.4)
    script(SLOW.format(before=0, count=2, pause=0.1))

    def leaves(places: Sequence[int]) -> set[int]:
        time.sleep(1.0 if 2 in places else 0)
        return set(places)

    assert send(of_each(secrets[:2], count=2), leaves) == [Reply("acknowledged", "CoA-ACK")] * 4
