"""`radtune events`."""

import json
import re
from pathlib import Path

from radtune.server.client_events import append_event
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
