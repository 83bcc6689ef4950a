"""What has changed since the last look, for a few requests."""

from collections.abc import Iterator
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import pytest

from radtune.errors import RefusedError, TemporaryError
from radtune_tools.sync import changes as module
from radtune_tools.sync.changes import OVERLAP_SECONDS
from radtune_tools.sync.device_plan import AcceptedCounts
from radtune_tools.sync.whole_sync import failed
from unit.clock import Clock
from unit.samples import NOW, TENANT, guid
from unit.syncing import OTHER, Intune, Syncs, checked_in, live, managed

SINCE = "lastSyncDateTime gt 2027-01-15T07:55:00Z"
"""What is asked for at first: the time of the first sync is NOW, 2027-01-15T08:00:00Z."""


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock) -> Iterator[Syncs]:
    """Return syncs after a whole sync of LAPTOP-1 to LAPTOP-4; 2 isn't compliant, and 4 is in its grace period."""
    states = {2: "noncompliant", 4: "inGracePeriod"}
    with closing(Syncs(tmp_path, clock, "keep_missing: 4h")) as made:
        made.all(Intune(*(managed(each, complianceState=states.get(each, "compliant")) for each in (1, 2, 3, 4))))
        made.told.clear()
        clock.now += 60
        yield made


def graph(syncs: Syncs, *listed: dict[str, object] | Exception) -> Intune:
    made = Intune(*listed)
    made.date = formatdate(syncs.clock.now, usegmt=True)
    return made


def test_with_nothing_changed_it_costs_one_request(syncs: Syncs) -> None:
    intune = graph(syncs, managed(1), managed(2))
    plan = syncs.changes(intune, live(guid(1)), live(guid(3)))
    assert intune.asked == [SINCE]
    assert (plan.seen, plan.differs, plan.whole, plan.stored) == (0, False, False, 4)
    assert plan.summary() == f"{TENANT}: 0 looked at; 0 new, 0 changed"


def test_with_a_session_that_is_not_compliant_it_costs_two(syncs: Syncs) -> None:
    intune = graph(syncs, managed(2, complianceState="noncompliant"), managed(4, complianceState="inGracePeriod"))
    plan = syncs.changes(intune, live(guid(1)), live(guid(2)), live(guid(4)), live(guid(2)), live())
    assert intune.asked == [SINCE, [guid(2), guid(4)]]
    assert (plan.seen, plan.differs) == (2, False)


def test_what_has_checked_in_since_is_taken_in(syncs: Syncs) -> None:
    new, changed = managed(9, **checked_in(NOW + 1)), managed(1, complianceState="error", **checked_in(NOW - 200))
    intune = graph(syncs, new, changed, managed(3, complianceState="error", **checked_in(NOW - 400)))
    plan = syncs.changes(intune)
    assert (plan.seen, plan.new, plan.changed, plan.lost_compliance) == (2, 1, 1, 1)
    assert syncs.compliance() == {
        "LAPTOP-1": "error",
        "LAPTOP-2": "noncompliant",
        "LAPTOP-3": "compliant",
        "LAPTOP-4": "in_grace_period",
        "LAPTOP-9": "compliant",
    }
    assert syncs.state().counts == {"compliant": 2, "noncompliant": 1, "in_grace_period": 1, "error": 1}


def test_recovery_is_seen_at_the_next_look(syncs: Syncs) -> None:
    plan = syncs.changes(graph(syncs, managed(2)), live(guid(2)))
    assert plan.sentences == [f"changed: LAPTOP-2 ({guid(2)}) noncompliant -> compliant"]
    assert syncs.compliance()["LAPTOP-2"] == "compliant"
    assert syncs.devices()["LAPTOP-2"].compliance_since == NOW + 60


@pytest.mark.parametrize("skew", [-7200, 0, 7200])
def test_the_watermark_goes_by_graph_s_clock_and_reaches_back(syncs: Syncs, skew: int) -> None:
    """This machine's clock may be wrong."""
    for minute in range(1, 4):
        intune = Intune()
        intune.date = formatdate(NOW + skew + 60 * minute, usegmt=True)
        syncs.clock.now = NOW + 60 * minute
        syncs.changes(intune)
        assert syncs.state().watermark == NOW + skew + 60 * minute
    intune = Intune()
    syncs.changes(intune)
    since = checked_in(NOW + skew + 180 - OVERLAP_SECONDS)["lastSyncDateTime"]
    assert intune.asked == [f"lastSyncDateTime gt {since}"]


def test_how_fresh_the_store_is_goes_by_whole_lists(syncs: Syncs) -> None:
    syncs.changes(graph(syncs))
    assert syncs.synced_at()[TENANT] == NOW
    state = syncs.state()
    assert (state.whole_at, state.changes_at) == (NOW, NOW + 60)


@pytest.mark.parametrize("at", [0, 1])
def test_a_look_that_breaks_off_changes_nothing(syncs: Syncs, at: int) -> None:
    before = syncs.rows()
    listed: list[dict[str, object] | Exception] = [managed(1, complianceState="error", **checked_in(NOW + 1))]
    listed.insert(at, TemporaryError("504"))
    with pytest.raises(TemporaryError):
        syncs.changes(graph(syncs, *listed))
    assert syncs.rows() == before


def test_a_dry_run_changes_nothing(syncs: Syncs) -> None:
    before = syncs.rows()
    intune = graph(syncs, managed(1, complianceState="error", **checked_in(NOW + 1)))
    unknown = live(compliance="not_enrolled", common_name="NEW")
    assert syncs.changes(intune, live(guid(2)), unknown, dry_run=True).differs
    assert syncs.rows() == before


def test_a_device_that_is_not_there_any_more_is_kept_as_missing(syncs: Syncs) -> None:
    plan = syncs.changes(graph(syncs), live(guid(2)))
    assert (plan.missing, plan.kept, plan.differs) == (1, 1, True)
    assert syncs.compliance()["LAPTOP-2"] == "missing noncompliant"
    assert syncs.devices()["LAPTOP-2"].missing_since == NOW + 60
    assert syncs.state().counts == {"compliant": 2, "noncompliant": 1, "in_grace_period": 1}
    again = syncs.changes(graph(syncs), live(guid(2)))
    assert not again.differs
    assert syncs.devices()["LAPTOP-2"].missing_since == NOW + 60


def test_a_device_that_is_back_is_seen_at_the_next_look(syncs: Syncs) -> None:
    syncs.changes(graph(syncs), live(guid(2)))
    plan = syncs.changes(graph(syncs, managed(2)), live(guid(2)))
    assert plan.sentences[0] == f"back: LAPTOP-2 ({guid(2)}) is compliant"
    assert syncs.compliance()["LAPTOP-2"] == "compliant"


def test_what_gets_no_answer_stays_as_it_is(syncs: Syncs) -> None:
    intune = graph(syncs)
    intune.said_nothing = {guid(2)}
    assert not syncs.changes(intune, live(guid(2))).differs
    assert syncs.compliance()["LAPTOP-2"] == "noncompliant"


def test_another_tenant_s_devices_are_not_asked_for(syncs: Syncs) -> None:
    syncs.all(Intune(managed(7, complianceState="noncompliant")), OTHER)
    intune = graph(syncs, managed(2))
    syncs.changes(intune, live(guid(2)), live(guid(7)))
    assert intune.asked == [SINCE, [guid(2)]]


def test_limits_hold_for_changes_too(syncs: Syncs) -> None:
    fleet = [managed(number) for number in range(1, 31)]
    syncs.all(Intune(*fleet))
    noncompliant = [{**each, "complianceState": "error", **checked_in(NOW + 61)} for each in fleet]
    with pytest.raises(RefusedError, match="30 of 30 devices would cease to be compliant"):
        syncs.changes(graph(syncs, *noncompliant))
    syncs.changes(graph(syncs, *noncompliant), accepted=AcceptedCounts(lost_compliance=30))
    with pytest.raises(RefusedError, match="30 of 30 devices would be missing"):
        syncs.changes(graph(syncs), *(live(guid(number)) for number in range(1, 31)))
    assert set(syncs.compliance().values()) == {"error"}


@pytest.mark.parametrize("minutes", [1, 2, 5, 7])
def test_too_many_for_one_look_take_turns_however_often_it_is_run(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    monkeypatch.setattr(module, "RECHECK_AT_MOST", 4)
    fleet = [managed(number, complianceState="noncompliant") for number in range(1, 11)]
    syncs.all(Intune(*fleet))
    sessions = [live(each["id"]) for each in fleet]
    asked: list[str] = []
    for _ in range(5):
        syncs.clock.now += 60 * minutes
        intune = graph(syncs, *fleet)
        syncs.changes(intune, *sessions)
        ids = intune.asked[1]
        assert len(ids) == 4
        asked += ids
    assert all(asked.count(each["id"]) == 2 for each in fleet)


def test_where_all_fit_there_are_no_turns(syncs: Syncs) -> None:
    for _ in range(2):
        intune = graph(syncs, managed(2), managed(4))
        syncs.changes(intune, live(guid(2)), live(guid(4)), dry_run=True)
        assert intune.asked[1] == [guid(2), guid(4)]
    assert not [key for key in syncs.rows() if "recheck" in key]


@pytest.mark.parametrize("whole", [True, False])
def test_a_look_at_changes_clears_no_failure_of_a_whole_sync(syncs: Syncs, whole: bool) -> None:
    syncs.store.put_sync_state(failed(syncs.state(), TemporaryError("busy"), int(NOW), whole=whole))
    syncs.changes(graph(syncs))
    state = syncs.state()
    assert (state.failures, state.problem, state.changes_at) == (int(whole), "busy" if whole else "", NOW + 60)
    syncs.all(graph(syncs, *(managed(number) for number in range(1, 5))))
    assert (syncs.state().failures, syncs.state().problem, syncs.state().failing_since) == (0, "", 0)
