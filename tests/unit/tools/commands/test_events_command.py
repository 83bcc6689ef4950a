"""`radtune events`."""

import json
import re
import time
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.server.client_events import append_event
from unit.rotated import RotatedLog
from unit.running import Run
from unit.samples import MAC, NOW, guid


def test_events(run: Run, office: Path) -> None:
    file = office / "events.jsonl"
    append_event(file, NOW, "login_allowed", mac=MAC, user="Bob", device="LAPTOP-1", device_id=guid(1), vlan="750")
    append_event(
        file,
        NOW + 1,
        "move_requested",
        mac=MAC,
        before="vlan 750",
        outcome="vlan 1",
        state="acknowledged",
        answer="ACK",
    )
    append_event(file, NOW + 2, "login_denied", mac="0016cbaabb02", user="eve")
    events = json.loads(run("--json", "events").out)
    assert [event["event"] for event in events] == ["login_allowed", "move_requested", "login_denied"]
    assert events == list(map(json.loads, file.read_text().splitlines())), "the fields of the file"
    for word, found in (("bob", 1), ("LAPTOP-1", 1), (guid(1), 1), ("00:16:CB:AA:BB:01", 2), ("nobody", 0)):
        assert len(json.loads(run("--json", "events", word).out)) == found
    assert [event["event"] for event in json.loads(run("--json", "events", "--limit", "1").out)] == ["login_denied"]


def test_events_of_moves_have_columns_of_their_own(run: Run, office: Path) -> None:
    file, move = office / "events.jsonl", {"mac": MAC, "before": "vlan 750", "outcome": "vlan 1", "method": "bounce"}
    append_event(file, NOW, "move_requested", **move, state="acknowledged", answer="CoA-ACK", reason="why")
    append_event(file, NOW + 1, "not_enforced", **move, state="not_enforced", answer="no answer", reason="why")
    append_event(
        file, NOW + 2, "move_requested", **{**move, "outcome": "vlan 750"}, state="pending", answer="", reason="by ann"
    )
    head, *rows = run("events", "--columns", "move,method,answer,reason").out.splitlines()
    assert re.split("  +", head) == ["move", "method", "answer", "reason"]
    way = "vlan 750 -> vlan 1"
    assert [re.split("  +", row.strip()) for row in rows] == [
        [way, "bounce", "acknowledged (CoA-ACK)", "why"],
        [way, "bounce", "no answer", "why"],
        ["-", "bounce", "pending", "by ann"],
    ]


def test_no_events(run: Run, office: Path) -> None:
    assert run("events").out == f"no events in {office}/events.jsonl\n"
    (office / "events.jsonl").write_text('{"before": "x"}\nnot json\n{}\n')
    assert run("events").code == 0


def test_events_are_found_by_time(run: Run, office: Path) -> None:
    file = office / "events.jsonl"
    for hours in (30, 3, 1):
        append_event(file, time.time() - hours * 3600, "login_allowed", user=f"{hours}h")

    def found(*words: str) -> list[str]:
        return [event["user"] for event in run("--json", "events", *words).json]

    assert found("--since", "2h") == ["1h"]
    assert found("--until", "2h") == ["30h", "3h"]
    assert found("--since", "2d", "--until", "2h") == ["30h", "3h"]
    assert found("--since", "today", "--since", "2001-01-31T18:30Z") == ["30h", "3h", "1h"]
    assert "30h" not in found("--since", "today")
    assert found("--until", "2001-01-31") == []
    for early, late in (("0001-01-01T00:00Z", "9999-12-31T23:59:59Z"), ("999999999d", "9999-12-31")):
        assert found("--since", early, "--until", late) == ["30h", "3h", "1h"]


def test_rotated_files_are_read(run: Run, office: Path) -> None:
    log = RotatedLog(office)
    for _ in range(4):
        log.write(2)
        log.rotate()
    assert [event["number"] for event in run("--json", "events").json] == log.written
    assert [event["number"] for event in run("--json", "events", "--limit", "3").json] == log.written[-3:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "2x"), "2x: expected a time such as 2026-01-31T18:30 or 2026-01-31T18:30+01:00, or how long ago"),
        (("--since", "1h", "--until", "2h"), "--since is later than --until"),
        (("--state", "fine"), "'fine' is not one of"),
        (("--kind", "accept"), "'accept' is not one of"),
    ],
)
def test_what_can_t_be_asked_for(run: Run, words: tuple[str, ...], said: str) -> None:
    ran = run("events", *words)
    assert (ran.code, said in ran.err) == (2, True)


def test_nothing_fits(run: Run, office: Path) -> None:
    append_event(office / "events.jsonl", NOW, "login_allowed", site="berlin")
    ran = run("events", "--site", "paris")
    assert (ran.code, ran.out) == (0, f"no event in {office}/events.jsonl fits\n")


@pytest.mark.parametrize("form", ["--json", "--csv", "--wide"])
def test_events_are_followed(run: Run, office: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Over a rotation, from the newest ones on, until Ctrl-C."""
    log = RotatedLog(office)
    log.write(3)
    waits = iter(range(5))

    def wait(_: float) -> None:
        number = next(waits)
        if number == 4:
            raise KeyboardInterrupt
        if number == 2:
            log.rotate()
        log.write(number)

    monkeypatch.setattr("radtune_tools.commands.events.time.sleep", wait)
    ran = run("events", "-f", "--limit", "2", "--kind", "login_allowed", form)
    assert ran.code == ExitCode.INTERRUPTED
    shown = ran.out.splitlines()
    assert len(shown) == 2 + 1 + 2 + 3
    if form == "--json":
        assert [json.loads(line)["number"] for line in shown] == log.written[1:]


def test_following_begins_with_the_first_event_of_an_empty_log(
    run: Run, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: float) -> None:
        if (office / "events.jsonl").exists():
            raise KeyboardInterrupt
        append_event(office / "events.jsonl", NOW, "released", device="LAPTOP-1")

    monkeypatch.setattr("radtune_tools.commands.events.time.sleep", wait)
    assert run("events", "--follow").out.split() == ["2027-01-15T08:00:00.000Z", "released", "-", "LAPTOP-1", "-", "-"]
