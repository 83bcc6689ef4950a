"""What an event about a move names when its session is over."""

from pathlib import Path

import pytest

from radtune.records.states import Move
from radtune.server.events import newest_events
from radtune_tools.enforce.move_events import MoveEvents
from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import GONE, World, known_to_obey, send, session
from unit.samples import NOW


@pytest.mark.parametrize(
    ("key", "mac", "user"),
    [
        ("192.0.2.1/0016cbaabb01", "0016cbaabb01", ""),
        ("192.0.2.1/user bob%2Fadmin", "", "bob/admin"),
        ("192.0.2.1/0016cbaabb01/ge-0/0/7", "0016cbaabb01", ""),
        ("switch-1/user 0016cbaabb01", "", "0016cbaabb01"),
    ],
)
def test_what_a_key_says(tmp_path: Path, key: str, mac: str, user: str) -> None:
    MoveEvents(tmp_path / "events").append("ended", Move(key, "vlan 750", "vlan 1", "why", "sent", NOW), "ended", None)
    (event,) = newest_events(tmp_path / "events")
    assert (event["mac"], event["user"], event["nas"]) == (mac, user, key.partition("/")[0])


def test_a_session_that_is_over_is_still_named(flipped: World, reconcile: Reconcile) -> None:
    known_to_obey(flipped)
    flipped.replies["sw1"] = GONE
    send(flipped, reconcile)
    reconcile.settle(flipped.show)
    event = next(newest_events(flipped.office / "events.jsonl"))
    assert (event["event"], event["device"], event["mac"]) == ("ended", session().device_name, "0016cbaabb01")
