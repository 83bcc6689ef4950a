"""The time from the sync that saw a change to the login that proved its move; "" if anything else was the cause."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parts.event_lines import newest_events
from radtune.config.settings import read_settings
from radtune.policy.quarantines import Quarantine
from radtune.records.device_and_client import Session
from radtune.stores.devices import DeviceStore
from radtune.stores.quarantines import change_quarantines
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import Network, send, wait
from unit.moving import session as live
from unit.samples import NOW, device, fill, publish
from unit.serving import Server

ChangedAt = Callable[..., float]
SINCE = int(NOW) + 30
"""When the sync began that first saw the change; the server judges by its policy since NOW."""


@pytest.fixture
def changed_at(office: Path, running: Server) -> ChangedAt:
    """Return what tells the change time of a session that is the only one, and of a device with these properties."""
    assert running.state.policy.since == NOW
    settings = read_settings(office / "settings.yaml")

    def told(session: Session, **properties: Any) -> float:
        fill(office / "store/devices", [device(1, **properties)], synced_at=time.time())
        with closing(SessionStore(settings.session_store, create=True, timeout=1.0)) as store:
            store.put(session)
        with Reconcile(settings) as reconcile:
            (move,) = reconcile.plan().moves
        return move.changed_at

    return told


def known(**more: Any) -> Session:
    return replace(live(), **{"compliance": "compliant", "seen_at": NOW, **more})


def test_a_device_that_is_compliant_no_more(changed_at: ChangedAt) -> None:
    assert changed_at(known(), compliance="noncompliant", compliance_since=SINCE) == SINCE
    same_second = known(granted_at=SINCE + 0.9)
    assert changed_at(same_second, compliance="noncompliant", compliance_since=SINCE) == SINCE


def test_a_device_that_has_come_back(changed_at: ChangedAt) -> None:
    sick = replace(known(granted="vlan 1"), compliance="noncompliant")
    assert changed_at(sick, compliance_since=SINCE) == SINCE


def test_a_device_that_intune_has_come_to_know(changed_at: ChangedAt) -> None:
    assert changed_at(replace(known(), granted="deny", compliance="not_enrolled"), compliance_since=SINCE) == SINCE


@pytest.mark.parametrize(
    ("session", "since"),
    [
        (replace(known(), compliance="noncompliant"), SINCE),  # the policy has changed: compliance is as it was
        (known(), 0),  # of a release before
        (known(), int(NOW) - 50),  # the server's policy is newer
        (replace(known(), granted_at=SINCE + 1.0), SINCE),  # the login came later, whatever it was judged by
        (replace(known(), compliance="stale"), SINCE),
        (replace(known(), granted="vlan 9"), SINCE),  # a compliant device doesn't get that by this policy
    ],
)
def test_another_cause(changed_at: ChangedAt, session: Session, since: int) -> None:
    assert changed_at(session, compliance="noncompliant", compliance_since=since) == 0


def test_a_quarantine_is_no_change_of_a_sync(changed_at: ChangedAt, office: Path) -> None:
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        change_quarantines(store, lambda _: [Quarantine((device(1),), "root", int(NOW))])
    assert changed_at(replace(known(), compliance="unknown"), compliance_since=SINCE) == 0


BY_CATEGORY = """\
labels:
  good:  {mdm_compliance: [compliant, in_grace_period]}
  kiosk: {category: Kiosk}
  corp:  {vlan: 750}
  shop:  {vlan: 1}
rules:
  - {name: Kiosk, match: [kiosk], policy: allow, assign: [shop]}
  - {name: Corp, match: [good], policy: allow, assign: [corp]}
default: deny
"""


def test_what_else_has_changed_of_a_device_is_not_taken_for_its_compliance(
    changed_at: ChangedAt, office: Path, running: Server
) -> None:
    (office / "policy.yaml").write_text(BY_CATEGORY)
    assert running.state.policy.since == NOW
    assert changed_at(known(), compliance="in_grace_period", compliance_since=SINCE, category="Kiosk") == 0
    assert changed_at(known(), compliance="noncompliant", compliance_since=SINCE) == SINCE


@pytest.fixture
def due(network: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    """Return NASes for which LAPTOP-1, compliant at its login, has to move since SINCE."""
    monkeypatch.setattr("radtune_tools.enforce.change_time.time.time", lambda: network.now)
    wait(network, 60)
    network.store.put(replace(known(), granted_at=NOW - 100))
    fill(network.office / "store/devices", [device(1, compliance="noncompliant", compliance_since=SINCE)])
    return network


def moved(network: Network) -> dict[str, Any]:
    event = next(newest_events(network.office / "events.jsonl"))
    assert event["event"] == "moved"
    return dict(event)


def test_the_event_counts_to_the_login_that_proved_it(due: Network, reconcile: Reconcile) -> None:
    send(due, reconcile)
    requested = next(newest_events(due.office / "events.jsonl"))
    assert "since_change" not in requested
    (session,) = due.store.sessions()
    due.login(session, "vlan 1")
    wait(due, 3600)  # the run that sees it comes later
    reconcile.settle(due.show)
    assert moved(due)["since_change"] == NOW + 61 - SINCE


def test_a_move_that_goes_on_keeps_its_time(due: Network, reconcile: Reconcile) -> None:
    send(due, reconcile)
    with closing(DeviceStore(due.office / "store/devices", create=False, timeout=1.0)) as store:
        publish(store, [device(1, compliance="noncompliant", compliance_since=SINCE + 9999)])
    wait(due, 600)
    send(due, reconcile)
    (move,) = due.store.moves()
    assert (move.attempts, move.changed_at) == (2, SINCE)


@pytest.mark.parametrize("ended", [False, True])
def test_a_denial_is_proved_by_the_refused_login_or_by_the_noticed_end(
    due: Network, reconcile: Reconcile, ended: bool
) -> None:
    fill(due.office / "store/devices", [device(1, compliance="error", compliance_since=SINCE)])
    send(due, reconcile)
    (session,) = due.store.sessions()
    if ended:
        due.store.end(session.key)
    else:
        due.log_in_moved()
    wait(due, 3600)
    reconcile.settle(due.show)
    assert moved(due)["since_change"] == (NOW + 60 + 3600 if ended else NOW + 61) - SINCE


def test_without_a_known_change_there_is_no_time(one_to_move: Network, reconcile: Reconcile) -> None:
    send(one_to_move, reconcile)
    one_to_move.log_in_moved()
    reconcile.settle(one_to_move.show)
    assert moved(one_to_move)["since_change"] == ""
