"""A radclient that ends before the time of its packets is up, as those from 3.2.4 on do; a script in its place."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from radtune_tools.radclient import run as radclient_run
from radtune_tools.radclient.batch import send
from radtune_tools.radclient.output import UNWANTED
from unit.radclients import Script, StoppedClock, signed, to

# Sends its packets; the first of them is answered at once, each other one by as many processes as it has left.
EARLY = r"""
import pathlib, re, sys
log = pathlib.Path({log!r})
marks = re.findall('Test-Name = "(.*)"', sys.stdin.read())
log.write_text((log.read_text() if log.exists() else "") + f"{{len(marks)}} ")
for mark in marks:
    print(f'Sent CoA-Request Id {{mark}} from 0.0.0.0:1 to 192.0.2.1:2 length 73\n\tRadclient-Test-Name = "{{mark}}"')
for mark in marks[:{answers}]:
    print(f"Received CoA-ACK Id {{mark}} from 192.0.2.1:2 to 127.0.0.1:1 length 20")
sys.exit(0)
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, stopped_clock: StoppedClock) -> None:
    """Let what was not answered be sent again at once, for the clock stands still."""
    assert stopped_clock.now
    monkeypatch.setattr(radclient_run, "AGAIN", 0)


def counts(tmp_path: Path) -> list[int]:
    """Return how many packets each process was given."""
    return [int(count) for count in (tmp_path / "log").read_text().split()]


def test_what_it_did_not_wait_for_is_asked_again_in_the_time_that_is_left(
    secret: Path, script: Script, tmp_path: Path
) -> None:
    script(EARLY.format(log=str(tmp_path / "log"), answers=1))
    replies = send(signed(to("192.0.2.1", 3), secret))
    assert {reply.state for reply in replies} == {"acknowledged"}
    assert counts(tmp_path) == [3, 2, 1]


def test_one_that_never_waits_is_no_answer(
    secret: Path, script: Script, tmp_path: Path, stopped_clock: StoppedClock
) -> None:
    """It ends without a fault, and has printed what looks well."""
    script(EARLY.format(log=str(tmp_path / "log"), answers=0))
    asked: list[list[int]] = []

    def confirm(places: Sequence[int]) -> set[int]:
        asked.append(list(places))
        stopped_clock.now += radclient_run.WAIT / 2
        return set(places)

    (reply,) = send(signed(to("192.0.2.1"), secret), confirm)
    assert reply.state == "unanswered" and "no answer from 192.0.2.1 port 3799" in reply.answer
    assert (asked, counts(tmp_path)) == ([[0]] * 3, [1] * 3)


def test_it_is_asked_again_only_if_it_is_still_wanted(secret: Path, script: Script, tmp_path: Path) -> None:
    script(EARLY.format(log=str(tmp_path / "log"), answers=1))
    asked: list[list[int]] = []

    def confirm(places: Sequence[int]) -> set[int]:
        asked.append(list(places))
        return {place for place in places if len(asked) == 1 or place != 1}

    replies = send(signed(to("192.0.2.1", 3), secret), confirm)
    assert [reply.state for reply in replies] == ["acknowledged", "pending", "acknowledged"]
    assert replies[1] is UNWANTED
    assert asked == [[0, 1, 2], [1, 2]]


def test_what_has_left_is_never_said_to_be_unsent(secret: Path, script: Script, tmp_path: Path) -> None:
    broken = "#!/usr/bin/python3\nimport sys; sys.exit('radclient: out of memory')"
    script(
        f"open({str(tmp_path / 'bin/radclient')!r}, 'w').write({broken!r})\n"
        + EARLY.format(log=str(tmp_path / "log"), answers=0)
    )
    (reply,) = send(signed(to("192.0.2.1"), secret))
    assert (reply.state, reply.answer) == ("unanswered", "radclient sent nothing: radclient: out of memory")
