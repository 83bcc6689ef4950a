"""The limits over several looks at changes, and after a whole sync that was refused."""

import pytest

from radtune.errors import RefusedError
from radtune_tools.sync.device_plan import NOTHING_ACCEPTED, AcceptedCounts, DevicePlan
from radtune_tools.sync.whole_sync import failed
from unit.samples import NOW, guid
from unit.syncing import Intune, Syncs, checked_in, live, managed


def turn(syncs: Syncs, *numbers: int, to: str = "error", accepted: AcceptedCounts = NOTHING_ACCEPTED) -> DevicePlan:
    """Let these devices check in with another state, and look."""
    syncs.clock.now += 60
    stated = checked_in(syncs.clock.now)
    listed = [managed(number, complianceState=to, **stated) for number in numbers]
    return syncs.changes(Intune(*listed), accepted=accepted)


def test_limits_count_all_looks_since_the_last_whole_list(syncs: Syncs) -> None:
    """A fleet that turns by threes, a minute apart, is as suspicious as one that turns at once."""
    fleet = [managed(number) for number in range(1, 31)]
    syncs.all(Intune(*fleet))
    turn(syncs, 1, 2, 3)
    with pytest.raises(RefusedError, match="6 of 30 devices would cease to be compliant since the last whole sync"):
        turn(syncs, 4, 5, 6)
    turn(syncs, 4, 5)
    assert turn(syncs, 9, to="compliant").lost_compliance == 0
    turn(syncs, 4, 5, 6, accepted=AcceptedCounts(lost_compliance=6))
    assert syncs.state().lost_compliance == 0
    turn(syncs, 7, 8, 9, 10, 11)
    syncs.all(Intune(*(managed(number, complianceState="error") for number in range(1, 12)), *fleet[11:]))
    assert syncs.state().lost_compliance == 0
    turn(syncs, 12, 13, 14)


def test_a_device_that_comes_and_goes_counts_once(syncs: Syncs) -> None:
    syncs.all(Intune(*(managed(number) for number in range(1, 31))))
    for _ in range(5):
        turn(syncs, 1, 2)
        assert syncs.state().lost_compliance == 2
        turn(syncs, 1, 2, to="compliant")
        assert syncs.state().lost_compliance == 0


def test_vanished_devices_count_over_all_looks_too(syncs: Syncs) -> None:
    fleet = [managed(number, complianceState="error") for number in range(1, 31)]
    syncs.all(Intune(*fleet))
    syncs.changes(Intune(*fleet[3:]), *(live(guid(number)) for number in (1, 2, 3)))
    assert syncs.state().missing == 3
    with pytest.raises(RefusedError, match="6 of 30 devices would be missing since the last whole sync"):
        syncs.changes(Intune(*fleet[6:]), *(live(guid(number)) for number in range(1, 7)))
    syncs.changes(
        Intune(*fleet[6:]), *(live(guid(number)) for number in range(1, 7)), accepted=AcceptedCounts(missing=6)
    )
    assert syncs.state().missing == 0


def test_what_was_refused_as_a_whole_does_not_come_in_by_pieces(syncs: Syncs) -> None:
    syncs.all(Intune(*(managed(number) for number in range(1, 30)), managed(30, complianceState="error")))
    refused = RefusedError("too many")
    syncs.store.put_sync_state(failed(syncs.state(), refused, int(NOW), whole=True))
    plan = turn(syncs, 1, 2)
    assert (plan.held, plan.lost_compliance, plan.changed) == (2, 0, 0)
    assert plan.summary().endswith("0 changed, 2 held back because a whole sync was refused")
    assert syncs.devices()["LAPTOP-1"].compliance == "compliant"
    assert turn(syncs, 30, to="compliant").changed == 1
    assert syncs.devices()["LAPTOP-30"].compliance == "compliant"
    turn(syncs, 5)
    syncs.all(Intune(managed(1, complianceState="error"), *(managed(number) for number in range(2, 31))))
    assert turn(syncs, 2).held == 0
    assert syncs.devices()["LAPTOP-2"].compliance == "error"


def test_a_vanished_device_is_held_as_long_as_a_whole_sync_is_refused(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2, complianceState="noncompliant")))
    syncs.store.put_sync_state(failed(syncs.state(), RefusedError("too many"), int(NOW), whole=True))
    plan = syncs.changes(Intune(), live(guid(2)))
    assert (plan.held, plan.missing) == (1, 0)
    assert syncs.compliance()["LAPTOP-2"] == "noncompliant"
