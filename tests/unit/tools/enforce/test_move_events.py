"""The client events about a move whose session is gone name it all the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.config.settings import read_settings
from radtune.records.device_and_client import Session
from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import GONE, Network, known_to_obey, send, session, set_compliance, wait
from unit.samples import NOW

BY_USER = replace(session(), facts=replace(session().facts, mac="", user_name="bob/admin"))
BEHIND_NAT = replace(session(), facts=replace(session().facts, nas_address="127.0.0.1", nas_identifier="switch-1"))
ON_A_PORT = replace(session(), port="ge-0/0/7")


@pytest.mark.parametrize(
    ("known", "compliance", "kind", "nas"),
    [
        (session(), "error", "moved", "192.0.2.1"),
        (session(), "noncompliant", "move_ended", "192.0.2.1"),
        (BEHIND_NAT, "error", "moved", "switch-1"),
        (BEHIND_NAT, "noncompliant", "move_ended", "switch-1"),
        (ON_A_PORT, "error", "moved", "192.0.2.1"),
        (BY_USER, "error", "moved", "192.0.2.1"),
    ],
)
def test_a_session_that_its_nas_has_stopped_is_named_as_before(
    network: Network, reconcile: Reconcile, known: Session, compliance: str, kind: str, nas: str
) -> None:
    """An Accounting-Stop deletes the session, and only the move is left."""
    network.store.put(known)
    set_compliance(network, 1, compliance=compliance)
    network.by_hand = True
    send(network, reconcile)
    (move,) = network.store.moves()
    network.store.put_move(replace(move, state="acknowledged", sent_at=NOW))
    network.store.end(known.key)
    wait(network, 3600)
    reconcile.settle(network.show)
    event, before = list(newest_events(network.office / "events.jsonl"))
    assert (event["event"], event["device"], event["nas"]) == (kind, "LAPTOP-1", nas)
    named = ("mac", "user", "auth_type", "device", "device_id", "nas")
    assert [event[name] for name in named] == [before[name] for name in named]


def test_the_events_of_moves_name_the_site_of_the_nas(office: Path, one_to_move: Network) -> None:
    settings = office / "settings.yaml"
    settings.write_text(f"{settings.read_text()}sites: [{{name: berlin, nas: [192.0.2.0/24]}}]\n")
    with Reconcile(read_settings(settings)) as reconcile:
        send(one_to_move, reconcile)
        one_to_move.store.end(session().key)
        wait(one_to_move, 3600)
        reconcile.settle(one_to_move.show)
    events = list(newest_events(office / "events.jsonl"))
    assert [(event["event"], event["site"]) for event in events] == [
        ("move_ended", "berlin"),
        ("move_requested", "berlin"),
    ]


def test_a_session_that_is_over_is_still_named(one_to_move: Network, reconcile: Reconcile) -> None:
    known_to_obey(one_to_move)
    one_to_move.replies["sw1"] = GONE
    send(one_to_move, reconcile)
    reconcile.settle(one_to_move.show)
    event = next(newest_events(one_to_move.office / "events.jsonl"))
    assert (event["event"], event["device"], event["mac"]) == ("move_ended", session().device_name, "0016cbaabb01")
