"""`radtune timeline`."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.server.client_events import append_event
from radtune.text import utc
from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import ACK, NAK, SILENT, Network, send, session
from unit.running import Run
from unit.samples import MAC, NOW, device, fill, guid

LOGIN = {"mac": MAC, "device": "LAPTOP-1", "device_id": guid(1), "nas": "sw1", "rule": "Corp", "outcome": "vlan 750"}


def now(run: Run, *words: str) -> dict[str, list[str]]:
    """Return what is said of the present, by what it is about."""
    told: dict[str, list[str]] = {}
    for statement in run("--json", "timeline", *words).json["now"]:
        told.setdefault(statement["about"], []).append(statement["said"])
    return told


def test_what_happened_is_told_in_order_and_ends_with_the_present(run: Run, office: Path) -> None:
    log = office / "events.jsonl"
    for second in range(14):
        append_event(log, NOW + second, "login_allowed", **LOGIN, compliance="compliant")
        append_event(log, NOW + second, "login_allowed", mac="0016cb000099", device="OTHER")
    append_event(log, NOW + 20, "quarantined", device_id=guid(1), device="LAPTOP-1", reason="quarantined by ann: lost")
    assert run("timeline", "laptop-1").out.splitlines() == [
        "2027-01-15T08:00:00Z to 2027-01-15T08:00:13Z: "
        "logged in 14 times at sw1 and got vlan 750 each time (rule Corp): Intune calls it compliant",
        "2027-01-15T08:00:20Z: quarantined by ann: lost",
        "now:",
        f"  LAPTOP-1 ({guid(1)}): Intune calls it compliant; its last check-in with Intune was at 2023-11-14T22:13:20Z",
        "  it is not connected, as far as its NASes tell",
        "  it would get vlan 750 at its next login (rule Corp Compliant)",
        "  it waits for nothing",
    ]


@pytest.mark.parametrize("word", ["LAPTOP-1", guid(1), MAC, "00-16-CB-AA-BB-01", "SN1", "user1@contoso.example"])
def test_a_device_is_found_by_whatever_names_it(run: Run, office: Path, word: str) -> None:
    fill(office / "store/devices", [device(1, serial="SN1", user="user1@contoso.example"), device(2)])
    append_event(office / "events.jsonl", NOW, "login_allowed", **LOGIN)
    append_event(office / "events.jsonl", NOW, "login_denied", mac=MAC, reason="wrong password", denied_by="server")
    append_event(office / "events.jsonl", NOW, "login_denied", mac="0016cb000099", reason="wrong password")
    told = run("--json", "timeline", word).json
    assert (told["target"], told["devices"]) == (word, [guid(1)])
    assert [event["event"] for event in told["events"]] == ["login_allowed", "login_denied"]


def test_a_stranger_has_a_story_too(run: Run, office: Path) -> None:
    append_event(office / "events.jsonl", NOW, "login_denied", mac="0016cb000099", rule="default", reason="unknown")
    out = run("timeline", "0016cb000099").out
    assert "was denied (rule default): unknown" in out
    assert "it would get deny at its next login (rule default)" in out
    assert "Intune doesn't know it; once that changes, the next sync reads it" in out


def test_nobody_has_none(run: Run) -> None:
    ran = run("timeline", "nobody")
    assert (ran.code, "nobody: no event, no live session and no device" in ran.err, ran.out) == (2, True, "")


def test_time_and_number_of_events_are_bounded(run: Run, office: Path) -> None:
    log = office / "events.jsonl"
    append_event(log, time.time() - 40 * 86_400, "released", device="LAPTOP-1", reason="long ago")
    for number in range(5):
        append_event(log, NOW + number, "released", device="LAPTOP-1", reason=f"{number}")
    assert len(run("--json", "timeline", "LAPTOP-1").json["events"]) == 5
    assert len(run("--json", "timeline", "LAPTOP-1", "--since", "2026-01-01").json["events"]) == 6
    ran = run("--json", "timeline", "LAPTOP-1", "--limit", "3")
    assert [event["said"] for event in ran.json["events"]] == ["2", "3", "4"]
    assert ran.err == "older events are left out; --limit shows more than 3\n"


def test_a_quarantine_by_hand_and_what_ends_it(run: Run, two_live: Network) -> None:
    run("quarantine", "LAPTOP-1", "--reason", "lost")
    told = now(run, "LAPTOP-1")
    assert told["quarantine"][0].startswith("LAPTOP-1 is quarantined by alice since ")
    assert told["session"][0].startswith("LAPTOP-1 is connected at 192.0.2.1 with vlan 1 (rule ")
    assert told["waits"] == ["it waits for radtune release LAPTOP-1"]
    run("release", "LAPTOP-1")
    run("quarantine", "LAPTOP-1", "--for", "2h")
    assert now(run, "LAPTOP-1")["waits"][0].startswith("it waits for radtune release LAPTOP-1, or 2027-")
    assert [event["event"] for event in run("--json", "timeline", "LAPTOP-1").json["events"]][:2] == [
        "quarantined",
        "move_requested",
    ]


WAITS = "it is to get vlan 1 (rule Quarantine), for Intune calls it noncompliant; "


@pytest.mark.parametrize(
    ("reply", "move", "waits"),
    [
        (None, "", "the next radtune apply asks its NAS"),
        (ACK, "acknowledged (Disconnect-ACK)", "it waits for the device to log in again"),
        (NAK, "refused (Disconnect-NAK)", "its NAS is asked again at "),
        (SILENT, "unanswered (-)", "its NAS is asked again at "),
    ],
)
def test_a_move_and_what_comes_next(
    run: Run, one_to_move: Network, reconcile: Reconcile, reply: object, move: str, waits: str
) -> None:
    if reply is not None:
        one_to_move.replies["sw1"] = reply  # type: ignore[assignment]
        send(one_to_move, reconcile)
    told = now(run, "LAPTOP-1")
    assert told["waits"][0].startswith(WAITS + waits)
    assert [said.partition(": ")[2].partition(";")[0] for said in told.get("move", [""])] == [move]


def test_a_move_that_is_given_up_waits_for_a_person_and_one_that_is_done_for_nobody(
    run: Run, one_to_move: Network, reconcile: Reconcile
) -> None:
    send(one_to_move, reconcile)
    (move,) = one_to_move.store.moves()
    one_to_move.store.put_move(replace(move, state="not_enforced", next_at=0.0))
    assert now(run, "LAPTOP-1")["waits"][0].startswith(f"{WAITS}it waits for a person: see radtune plan")
    one_to_move.store.put_move(move)
    one_to_move.log_in_moved()
    told = now(run, "LAPTOP-1")
    assert "move" not in told
    assert told["waits"] == ["Intune calls it noncompliant; once that changes, the next sync reads it"]


def test_since_when_it_is_as_it_is(run: Run, network: Network, office: Path) -> None:
    changed = device(1, compliance="noncompliant", compliance_since=int(NOW), missing_since=int(NOW + 60))
    fill(office / "store/devices", [changed])
    network.store.put(replace(session(granted="vlan 1"), device_id=guid(1), rule="Quarantine"))
    told = now(run, "LAPTOP-1")
    assert f"Intune calls it noncompliant since {utc(NOW)}; " in told["device"][0]
    assert told["device"][0].endswith(f"Intune no longer lists it since {utc(NOW + 60)}")
    assert told["waits"] == ["Intune calls it noncompliant; once that changes, the next sync reads it"]


def test_a_device_waits_for_a_sync_if_the_store_is_too_old(run: Run, office: Path) -> None:
    fill(office / "store/devices", [device(1)], NOW - 30 * 86_400)
    assert now(run, "LAPTOP-1")["waits"] == ["it waits for radtune sync: see radtune status"]


def test_a_client_is_found_by_its_user_and_a_device_by_its_sessions(run: Run, network: Network) -> None:
    by_user = replace(session(), facts=replace(session().facts, user_name="Bob"), device_name="", device_id="")
    network.store.put(by_user)
    assert len(now(run, "bob")["session"]) == 1
    assert now(run, "bob")["session"][0].startswith(f"{MAC} is connected at 192.0.2.1 with vlan 750")
    network.store.put(replace(by_user, device_id=guid(1)))
    assert now(run, "LAPTOP-1")["session"][0].startswith(f"{MAC} is connected at ")
