"""A forwarder: each wanted event is sent in order and done with once it was taken, whatever happens between."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from radtune.errors import FaultyFileError
from radtune_tools.push.forwarder import IDLE
from radtune_tools.push.saved import read_saved
from radtune_tools.push.sender import SendError
from unit.tools.push.pushing import Pushing, destination, event, ids


def test_events_go_in_order_in_batches(pushing: Pushing) -> None:
    pushing.write(*range(25))
    assert pushing.steps() == IDLE
    assert [len(request) for request in pushing.taker.requests] == [10, 10, 5]
    assert pushing.taker.asked == ids(*range(25))
    assert (pushing.saved["sent"], pushing.saved["oldest"], pushing.saved["aside_at"]) == (25, "", 0.0)


def test_a_destination_begins_with_what_comes_after_its_first_start(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(json.dumps(event(1)) + "\n")
    pushing = Pushing(tmp_path)
    pushing.start()
    pushing.write(2)
    pushing.steps()
    assert pushing.taker.asked == ids(2)


def test_an_empty_log_at_the_first_start_is_where_it_begins(pushing: Pushing) -> None:
    pushing.write(1)
    pushing.start()
    pushing.steps()
    assert pushing.taker.asked == ids(1)


def test_only_what_is_wanted_goes_there(pushing: Pushing) -> None:
    pushing.destination = destination(kinds=("moved", "login_denied"), sites=("berlin",), outcomes=("deny", "vlan 1"))
    pushing.start()
    pushing.write(1, site="berlin", outcome="deny")
    pushing.write(2, site="berlin", outcome="vlan 750")
    pushing.write(3, site="paris", outcome="deny")
    pushing.write(4, site="berlin", outcome="vlan 1", event="login_denied")
    pushing.write(5, site="berlin", outcome="vlan 1", event="login_allowed")
    pushing.write(6)
    pushing.write(7, site="", outcome="deny")
    pushing.steps()
    assert pushing.taker.asked == ids(1, 4)


def test_an_event_without_a_site_is_not_held_against_it(pushing: Pushing) -> None:
    """Nor is the quarantine of a device, which may be anywhere."""
    pushing.destination = destination(kinds=("quarantined",), sites=("berlin",))
    pushing.start()
    with pushing.log.open("a") as log:
        for site in ({}, {"site": "paris"}):
            log.write(json.dumps({"event": "quarantined", "id": f"e-{len(site) + 1}", **site}) + "\n")
    pushing.steps()
    assert pushing.taker.asked == ids(1)


def test_what_was_taken_is_not_sent_again_by_the_next_process(pushing: Pushing) -> None:
    pushing.write(1, 2)
    pushing.steps()
    pushing.start()
    pushing.write(3)
    pushing.steps()
    assert pushing.taker.asked == ids(1, 2, 3)


def test_a_process_that_is_killed_behind_a_request_sends_it_again_with_the_same_ids(pushing: Pushing) -> None:
    pushing.write(1, 2)
    before = pushing.file.read_text()
    pushing.steps()
    pushing.file.write_text(before)
    pushing.start()
    pushing.steps()
    assert pushing.taker.requests == [ids(1, 2)] * 2


def test_a_busy_moment_is_not_told(pushing: Pushing) -> None:
    pushing.taker.fails = [SendError("soc answered 429", 1.0)] * 2
    pushing.write(1)
    for _ in range(3):
        pushing.steps()
    assert (pushing.taker.requests, pushing.told) == ([ids(1)] * 3, [])
    pushing.taker.fails = [SendError("soc answered 429", 1.0)]
    pushing.write(2)
    pushing.steps()
    pushing.forwarder.report()
    pushing.forwarder.report()
    assert pushing.told == ["push soc: soc answered 429; trying again"]


def test_what_was_not_taken_is_tried_again_and_told_of_once(pushing: Pushing) -> None:
    pushing.taker.fails = [SendError("soc can't be reached")] * 3
    pushing.write(1)
    waits = [pushing.steps() for _ in range(3)]
    assert 1.0 <= waits[0] <= 2.0 < waits[2] <= 8.0
    saved = pushing.saved
    assert (saved["tries"], saved["problem"], saved["sent"]) == (3, "soc can't be reached", 0)
    assert saved["failing_since"] > 0 and saved["oldest"].endswith("Z")
    assert pushing.forwarder.is_behind
    pushing.write(2)
    assert pushing.steps() == IDLE
    assert pushing.taker.requests == [*[ids(1)] * 3, ids(1, 2)]
    assert (pushing.saved["problem"], pushing.saved["tries"], pushing.saved["failing_since"]) == ("", 0, 0.0)
    assert pushing.told[0] == "push soc: soc can't be reached; trying again"
    assert len(pushing.told) == 2 and pushing.told[1].startswith("push soc: works again; it did not since 20")


@pytest.mark.parametrize(("said", "waited"), [(30.0, 30.0), (0.0, IDLE), (300.0, 300.0)])
def test_a_destination_says_how_long_it_wants_to_be_left_alone(pushing: Pushing, said: float, waited: float) -> None:
    pushing.taker.fails = [SendError("busy", said)]
    pushing.write(1)
    assert pushing.steps() == waited


def test_in_memory_is_never_more_than_a_batch(pushing: Pushing) -> None:
    pushing.taker.fails = [SendError("dead")] * 5
    pushing.write(*range(5000))
    for _ in range(5):
        pushing.steps()
    assert len(pushing.forwarder._waiting) == 10


def test_a_file_that_cannot_be_written_stops_the_sending(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or all that was sent meanwhile would be sent again by the next process."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    pushing.write(*range(30))
    with monkeypatch.context() as patched:
        patched.setattr("radtune_tools.push.forwarder.write_saved", full)
        for _ in range(3):
            pushing.steps()
        assert pushing.taker.requests == [ids(*range(10))]
        pushing.taker.requests = []
        pushing.start()
        assert pushing.steps() >= IDLE
        assert pushing.taker.requests == [], "nor does the next process send it again"
    said = f"{pushing.file}: can't be written: No space left on device; nothing is sent until it can; trying again"
    assert pushing.told == [f"push soc: {said}"]
    pushing.steps()
    assert pushing.taker.asked == ids(*range(30))
    assert pushing.saved["sent"] == 30


def test_what_is_gone_from_the_log_is_counted_and_told(pushing: Pushing) -> None:
    pushing.write(1)
    pushing.steps()
    pushing.log.unlink()
    pushing.write(2)
    pushing.steps()
    assert pushing.taker.asked == ids(1, 2)
    assert (pushing.saved["losses"], pushing.saved["lost_at"] > 0) == (1, True)
    assert "may be lost" in pushing.told[0]


def test_an_idle_destination_says_now_and_then_that_somebody_looks(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pushing.saved["looked_at"]
    pushing.steps()
    assert pushing.saved["looked_at"] == first
    monkeypatch.setattr("radtune_tools.push.forwarder.time.time", lambda: first + 61)
    pushing.steps()
    assert pushing.saved["looked_at"] == first + 61


def test_unwanted_events_are_not_read_again_after_a_clean_end(pushing: Pushing) -> None:
    pushing.write(1, event="login_allowed")
    pushing.steps()
    before = pushing.saved["position"]
    pushing.forwarder.close()
    assert pushing.saved["position"] != before


def test_a_log_that_cannot_be_read_is_tried_again(pushing: Pushing) -> None:
    pushing.log.mkdir()
    assert pushing.steps() >= IDLE
    assert pushing.forwarder.is_behind
    pushing.log.rmdir()
    assert pushing.steps() == IDLE
    assert (pushing.forwarder.is_behind, pushing.saved["problem"]) == (False, ""), "though nothing was sent"
    pushing.write(1)
    pushing.steps()
    assert pushing.taker.asked == ids(1)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-2],
        lambda _: "[]",
        lambda _: "",
        lambda text: text.replace('"sent": 0', '"sent": "0"'),
        lambda text: text.replace('"position": null', '"position": {"file": 1}'),
        lambda text: text.replace('"sent"', '"other"'),
    ],
)
def test_a_file_that_was_not_written_by_radtune_is_no_reason_to_begin_anew(
    pushing: Pushing, change: Callable[[str], str]
) -> None:
    pushing.file.write_text(change(pushing.file.read_text()))
    with pytest.raises(FaultyFileError, match=r"isn't as radtune wrote it .*; delete it, and the destination gets"):
        pushing.start()


def test_the_file_is_for_the_server_s_user_and_its_group(pushing: Pushing) -> None:
    assert pushing.file.stat().st_mode & 0o777 == 0o640
    assert pushing.file.parent.stat().st_mode & 0o777 == 0o700
    assert read_saved(pushing.file).looked_at > 0


def test_a_step_reads_so_many_events_at_most(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtune_tools.push.forwarder._MOST_READ", 5)
    pushing.write(*range(12), event="login_allowed")
    pushing.write(99)
    assert [pushing.forwarder.step() for _ in range(4)] == [0.0, 0.0, IDLE, IDLE]
    assert pushing.taker.asked == ids(99)


def test_an_unwanted_event_behind_one_that_waits_does_not_take_it_along(pushing: Pushing) -> None:
    pushing.taker.fails = [SendError("dead")]
    pushing.write(1)
    pushing.write(2, event="login_allowed")
    pushing.write(3, age=604_900)
    pushing.steps()
    pushing.start()
    pushing.steps()
    assert pushing.taker.requests == [ids(1), ids(1)]
