"""Intune -> plan -> store: the whole sync of a tenant, published at once or not at all."""

from collections.abc import Iterator
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from radtune.errors import RefusedError, TemporaryError
from radtune_tools.sync.device_plan import AcceptedCounts
from unit.clock import Clock
from unit.samples import NOW, TENANT, guid
from unit.syncing import OTHER, Intune, Managed, Syncs, managed

FAR = [managed(number) for number in range(1, 31)]


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock) -> Iterator[Syncs]:
    """Return syncs that forget at once what is missing."""
    with closing(Syncs(tmp_path, clock, "keep_missing: 0s")) as made:
        yield made


def test_the_first_sync(syncs: Syncs) -> None:
    plan = syncs.all(Intune(managed(1), managed(2, complianceState="noncompliant")))
    assert (plan.stored, plan.seen, plan.new, plan.changed, plan.missing) == (0, 2, 2, 0, 0)
    assert syncs.compliance() == {"LAPTOP-1": "compliant", "LAPTOP-2": "noncompliant"}
    assert syncs.synced_at()[TENANT] == NOW
    state = syncs.state()
    assert (state.whole_at, state.changes_at, state.counts) == (NOW, NOW, {"compliant": 1, "noncompliant": 1})
    assert (syncs.told, syncs.ticks) == ([plan], [2])


def test_only_what_differs_is_a_change(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2)))
    syncs.clock.now += 60
    plan = syncs.all(Intune(managed(1), managed(2, complianceState="error")))
    assert plan.sentences == [f"changed: LAPTOP-2 ({guid(2)}) compliant -> error"]
    assert (plan.stored, plan.new, plan.changed) == (2, 0, 1)
    assert syncs.synced_at()[TENANT] == NOW + 60
    assert syncs.state().counts == {"compliant": 1, "error": 1}


def test_since_when_a_device_is_what_it_is(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2)))
    syncs.clock.now += 60
    syncs.all(Intune(managed(1, osVersion="11"), managed(2, complianceState="error")))
    syncs.clock.now += 60
    plan = syncs.all(Intune(managed(1, osVersion="11"), managed(2, complianceState="error")))
    assert plan.changed == 0, "the time alone is no change"
    since = {name: each.compliance_since - NOW for name, each in syncs.devices().items()}
    assert since == {"LAPTOP-1": 0, "LAPTOP-2": 60}


def test_how_long_a_sync_took_until_it_wrote(syncs: Syncs, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, read = Intune(managed(1)), Intune.managed_devices

    def slowly(*arguments: Any) -> Iterator[Managed]:
        syncs.clock.now += 7
        return read(*arguments)

    monkeypatch.setattr(Intune, "managed_devices", slowly)
    syncs.all(fleet)
    syncs.changes(fleet)
    assert (syncs.state().whole_seconds, syncs.state().changes_seconds) == (7, 7)


def test_a_device_that_expires_is_removed(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2)))
    plan = syncs.all(Intune(managed(1)))
    assert (plan.missing, plan.kept, plan.expired) == (1, 0, 1)
    assert syncs.compliance() == {"LAPTOP-1": "compliant"}
    assert syncs.state().counts == {"compliant": 1}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_list_that_breaks_off_changes_nothing(syncs: Syncs, at: int) -> None:
    syncs.all(Intune(managed(1), managed(2)))
    before = syncs.rows()
    syncs.clock.now += 60
    listed: list[Managed | Exception] = [managed(1, complianceState="error"), managed(3)]
    listed.insert(at, TemporaryError("504"))
    with pytest.raises(TemporaryError):
        syncs.all(Intune(*listed))
    assert syncs.rows() == before
    assert syncs.told[1:] == []


def test_an_interrupt_changes_nothing(syncs: Syncs) -> None:
    class Interrupted(Intune):
        def count(self) -> int | None:
            raise KeyboardInterrupt

    syncs.all(Intune(managed(1)))
    with pytest.raises(KeyboardInterrupt):
        syncs.all(Interrupted(managed(1, complianceState="error")))
    assert syncs.compliance() == {"LAPTOP-1": "compliant"}


def test_an_empty_list_is_refused_until_a_person_agrees_to_the_very_number(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2)))
    for accepted in (None, 1, 3):
        with pytest.raises(RefusedError, match=f"{TENANT}: Intune lists no device at all, .*The store is as it was"):
            syncs.all(Intune(), accepted=AcceptedCounts(accepted))
    assert len(syncs.devices()) == 2
    syncs.all(Intune(), accepted=AcceptedCounts(2))
    assert syncs.devices() == {}


def test_many_that_vanish_are_refused(syncs: Syncs) -> None:
    syncs.all(Intune(*FAR))
    with pytest.raises(RefusedError, match="29 of 30 devices would be missing"):
        syncs.all(Intune(managed(1)))
    assert len(syncs.devices()) == 30
    assert syncs.state().counts == {"compliant": 30}


def test_many_that_cease_to_be_compliant_are_refused(syncs: Syncs) -> None:
    syncs.all(Intune(*FAR))
    noncompliant = Intune(*({**device, "complianceState": None} for device in FAR))
    with pytest.raises(RefusedError, match="30 of 30 devices would cease to be compliant"):
        syncs.all(noncompliant, accepted=AcceptedCounts(lost_compliance=29))
    syncs.all(noncompliant, accepted=AcceptedCounts(lost_compliance=30))
    assert syncs.state().counts == {"unknown": 30}


def test_the_plan_is_shown_before_it_is_refused(syncs: Syncs) -> None:
    syncs.all(Intune(*FAR))
    with pytest.raises(RefusedError):
        syncs.all(Intune(managed(1)))
    assert syncs.told[-1].missing == 29


def test_a_dry_run_changes_nothing(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1)))
    before = syncs.rows()
    syncs.clock.now += 60
    plan = syncs.all(Intune(managed(1, complianceState="error"), managed(2)), dry_run=True)
    assert (plan.new, plan.changed, plan.differs) == (1, 1, True)
    assert syncs.rows() == before
    assert not syncs.all(Intune(managed(1)), dry_run=True).differs


@pytest.mark.parametrize("again", ["compliant", "noncompliant"])
@pytest.mark.parametrize("first", ["compliant", "noncompliant"])
@pytest.mark.parametrize("stored", ["", "compliant", "noncompliant"])
def test_a_device_listed_twice_counts_once_as_it_was_first(syncs: Syncs, stored: str, first: str, again: str) -> None:
    if stored:
        syncs.all(Intune(managed(1, complianceState=stored)))
    graph = Intune(managed(1, complianceState=first), managed(2), managed(1, deviceName="N", complianceState=again))
    plan = syncs.all(graph)
    assert (plan.seen, plan.new, plan.changed) == (2, 1 + (not stored), stored not in ("", first))
    assert plan.lost_compliance == (stored == "compliant" and first == "noncompliant")
    assert syncs.compliance() == {"LAPTOP-1": first, "LAPTOP-2": "compliant"}
    assert sum(syncs.state().counts.values()) == 2


def test_a_device_without_an_id_is_passed_over_and_counted(syncs: Syncs) -> None:
    plan = syncs.all(Intune(managed(1), {"deviceName": "NO-ID"}, managed(2, id="00000000-0000-0000-0000-000000000000")))
    assert (plan.seen, plan.unusable, len(syncs.devices())) == (1, 2, 1)


@pytest.mark.parametrize(
    ("counted", "warns"),
    [
        *((None, False), (30, False), (40, False), (20, False), (41, True), (19, True), (0, True)),
        (TemporaryError("503"), False),
    ],
)
def test_intune_s_own_count_is_compared(syncs: Syncs, counted: int | None, warns: bool) -> None:
    graph = Intune(*FAR)
    graph.counted = counted
    syncs.all(graph)
    said = [f"{TENANT}: Intune listed 30 devices and counts {counted}; is the list complete?"]
    assert syncs.warned == (said if warns else [])
    assert len(syncs.devices()) == 30


def test_of_a_large_fleet_two_in_a_hundred_may_be_missing(syncs: Syncs) -> None:
    graph = Intune(*(managed(number) for number in range(1000)))
    graph.counted = 1020
    syncs.all(graph)
    assert syncs.warned == []
    graph.counted = 1021
    syncs.all(graph)
    assert len(syncs.warned) == 1


@pytest.mark.parametrize(
    ("date", "watermark"),
    [(formatdate(NOW - 7200, usegmt=True), NOW - 7200), ("", NOW), ("yesterday", NOW), ("Tue, 99 Nov 2026", NOW)],
)
def test_the_watermark_is_graph_s_own_clock(syncs: Syncs, date: str, watermark: float) -> None:
    graph = Intune(managed(1))
    graph.date = date
    syncs.all(graph)
    assert syncs.state().watermark == watermark
    assert syncs.state(OTHER).watermark == 0
