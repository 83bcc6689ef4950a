"""Devices that Intune lists no more: kept for a stated time, then forgotten; and tenants that settings name no more."""

import pytest

from radtune.errors import RadtuneError, RefusedError, TemporaryError
from radtune_tools.sync.device_plan import NOTHING_ACCEPTED, AcceptedCounts
from unit.samples import NOW, TENANT, guid
from unit.syncing import OTHER, Intune, Syncs, managed

HOUR = 3600
FLEET = [managed(number) for number in range(1, 31)]


def test_a_missing_device_is_kept_for_the_stated_time(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2, complianceState="noncompliant")))
    for hours in (0, 2, 3.9):
        syncs.clock.now = NOW + hours * HOUR
        plan = syncs.all(Intune(managed(1)))
        assert (plan.missing, plan.kept, plan.expired, plan.differs) == (not hours, 1, 0, not hours)
        assert syncs.compliance() == {"LAPTOP-1": "compliant", "LAPTOP-2": "missing noncompliant"}
        assert syncs.devices()["LAPTOP-2"].missing_since == NOW
        assert syncs.state().counts == {"compliant": 1, "noncompliant": 1}
    syncs.clock.now = NOW + 4 * HOUR
    plan = syncs.all(Intune(managed(1)))
    assert (plan.missing, plan.kept, plan.expired, plan.differs) == (0, 0, 1, True)
    assert plan.sentences == [f"expired: LAPTOP-2 ({guid(2)}) was noncompliant"]
    assert syncs.compliance() == {"LAPTOP-1": "compliant"}
    assert syncs.state().counts == {"compliant": 1}


def test_a_device_that_is_back_counts_from_anew(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1)))
    syncs.all(Intune(), accepted=AcceptedCounts(1))
    assert syncs.compliance() == {"LAPTOP-1": "missing compliant"}
    syncs.clock.now += HOUR
    plan = syncs.all(Intune(managed(1)))
    assert plan.sentences == [f"back: LAPTOP-1 ({guid(1)}) is compliant"]
    assert syncs.compliance() == {"LAPTOP-1": "compliant"}
    syncs.clock.now += HOUR
    syncs.all(Intune(), accepted=AcceptedCounts(1))
    assert syncs.devices()["LAPTOP-1"].missing_since == NOW + 2 * HOUR


def test_what_a_person_has_agreed_to_is_not_asked_again(syncs: Syncs) -> None:
    """The next run by cron goes on by itself, until they are forgotten and after that."""
    syncs.all(Intune(*FLEET))
    left = Intune(*FLEET[:10])
    with pytest.raises(RefusedError, match="20 of 30 devices would be missing"):
        syncs.all(left)
    syncs.all(left, accepted=AcceptedCounts(20))
    for hours in (2, 4, 6):
        syncs.clock.now = NOW + hours * HOUR
        assert syncs.all(left).expired == (20 if hours == 4 else 0)
    assert len(syncs.devices()) == 10


def test_an_empty_list_that_was_agreed_to_is_not_asked_again(syncs: Syncs) -> None:
    syncs.all(Intune(*FLEET))
    syncs.all(Intune(), accepted=AcceptedCounts(30))
    for hours in (2, 4, 6):
        syncs.clock.now = NOW + hours * HOUR
        syncs.all(Intune())
    assert syncs.devices() == {}


def test_a_refused_sync_marks_nothing_as_missing(syncs: Syncs) -> None:
    syncs.all(Intune(*FLEET))
    for hours in (1, 5):
        syncs.clock.now = NOW + hours * HOUR
        with pytest.raises(RefusedError):
            syncs.all(Intune(*FLEET[:10]))
    assert set(syncs.compliance().values()) == {"compliant"}


def test_a_clock_that_is_set_back_forgets_nobody(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2)))
    syncs.all(Intune(managed(1)))
    syncs.clock.now = NOW - 10 * HOUR
    syncs.all(Intune(managed(1)))
    assert syncs.compliance() == {"LAPTOP-1": "compliant", "LAPTOP-2": "missing compliant"}


def test_two_tenants_in_one_store(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1)))
    syncs.clock.now += 60
    plan = syncs.all(Intune(managed(2)), OTHER)
    assert (plan.stored, plan.seen, plan.missing) == (0, 1, 0)
    assert {each.name: each.tenant for each in syncs.devices().values()} == {"LAPTOP-1": TENANT, "LAPTOP-2": OTHER}
    assert syncs.synced_at() == {TENANT: NOW, OTHER: NOW + 60}
    assert (syncs.state().counts, syncs.state(OTHER).counts) == ({"compliant": 1}, {"compliant": 1})


def test_a_tenant_that_lists_nothing_or_fails_touches_no_device_of_another(syncs: Syncs) -> None:
    syncs.all(Intune(*FLEET))
    syncs.all(Intune(managed(40)), OTHER)
    with pytest.raises(RefusedError, match=f"{OTHER}: Intune lists no device at all, the store has 1;"):
        syncs.all(Intune(), OTHER)
    with pytest.raises(TemporaryError):
        syncs.all(Intune(TemporaryError("503")), OTHER)
    syncs.all(Intune(), OTHER, accepted=AcceptedCounts(1))
    assert len([each for each in syncs.devices().values() if not each.missing_since]) == 30


def test_a_tenant_written_otherwise_takes_its_devices_over(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1), managed(2), managed(3)))
    syncs.write("{keep_missing: 0s}", [guid(9)])
    assert syncs.left() is None
    plan = syncs.all(Intune(managed(1), managed(2)), guid(9))
    assert (plan.stored, plan.new, plan.changed, plan.missing, plan.expired) == (2, 0, 2, 0, 0)
    left = syncs.left()
    assert left is not None
    assert (left.tenant, left.stored, left.missing, left.expired) == (TENANT, 3, 1, 1)
    assert {each.name: each.tenant for each in syncs.devices().values()} == {"LAPTOP-1": guid(9), "LAPTOP-2": guid(9)}
    assert (syncs.synced_at(), syncs.state(guid(9)).counts) == ({guid(9): NOW}, {"compliant": 2})
    assert not [key for key in syncs.rows() if TENANT in key]


def test_a_tenant_that_settings_name_no_more_is_forgotten_as_what_is_missing(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1)))
    syncs.all(Intune(managed(2), managed(3)), OTHER)
    assert syncs.left() is None
    syncs.write("{keep_missing: 4h}", [TENANT])
    assert syncs.all(Intune(managed(1))).differs is False
    before = syncs.rows()
    dry = syncs.left(dry_run=True)
    assert syncs.rows() == before
    plan = syncs.left()
    assert plan is not None
    assert plan == dry
    assert (plan.stored, plan.missing, plan.kept) == (3, 2, 2)
    assert plan.summary() == f"{OTHER}: 0 looked at; 0 new, 0 changed, 2 missing and kept"
    assert syncs.compliance() == {
        "LAPTOP-1": "compliant",
        "LAPTOP-2": "missing compliant",
        "LAPTOP-3": "missing compliant",
    }
    assert (syncs.synced_at(), syncs.state().counts) == ({TENANT: NOW, OTHER: NOW}, {"compliant": 1})
    syncs.clock.now += 4 * HOUR
    plan = syncs.left()
    assert plan is not None
    assert plan.summary() == f"{OTHER}: 0 looked at; 0 new, 0 changed, 2 expired"
    assert syncs.compliance() == {"LAPTOP-1": "compliant"}
    assert not [key for key in syncs.rows() if OTHER in key]
    assert syncs.left() is None


def test_a_large_tenant_that_settings_name_no_more_needs_a_person_s_word_and_holds_nobody_up(syncs: Syncs) -> None:
    syncs.all(Intune(managed(99)), OTHER)
    syncs.all(Intune(*FLEET))
    syncs.write("{keep_missing: 4h}", [OTHER])
    assert syncs.all(Intune(managed(99), managed(98)), OTHER).new == 1
    before = syncs.rows()
    with pytest.raises(RefusedError, match=f"{TENANT}, no longer under intune: 30 of 32 devices would be missing"):
        syncs.left()
    assert syncs.rows() == before
    plan = syncs.left(accepted=AcceptedCounts(30))
    assert plan is not None
    assert plan.kept == 30
    assert syncs.state(OTHER).counts == {"compliant": 2}


@pytest.mark.parametrize("accepted", [NOTHING_ACCEPTED, AcceptedCounts(2)])
def test_where_no_tenant_is_left_its_devices_go_with_a_person_s_word_alone(
    syncs: Syncs, accepted: AcceptedCounts
) -> None:
    """However few they are: the whole section may be missing by mistake."""
    syncs.all(Intune(managed(1), managed(2), managed(3)))
    syncs.write("{keep_missing: 4h}", [])
    before = syncs.rows()
    said = f"{TENANT}, no longer under intune: no tenant is left; --accept-missing 3 lets all devices in the store go"
    with pytest.raises(RefusedError, match=said):
        syncs.left(accepted=accepted)
    assert syncs.rows() == before
    assert syncs.left(accepted=AcceptedCounts(3)) is not None
    assert set(syncs.compliance().values()) == {"missing compliant"}
    syncs.clock.now += 4 * 3600
    assert syncs.left() is not None
    assert (syncs.compliance(), syncs.synced_at()) == ({}, {})


def test_what_is_left_of_a_tenant_softens_no_limit_of_another(syncs: Syncs) -> None:
    syncs.all(Intune(*FLEET))
    syncs.all(Intune(*(managed(number) for number in range(40, 60))), OTHER)
    syncs.write("{keep_missing: 4h}", [OTHER])
    with pytest.raises(RefusedError, match=f"{OTHER}: 6 of 20 devices would be missing"):
        syncs.all(Intune(*(managed(number) for number in range(40, 54))), OTHER)


def test_two_entries_that_are_one_tenant_are_refused(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1)))
    before = syncs.rows()
    with pytest.raises(RadtuneError, match=f"{OTHER}: Intune lists LAPTOP-1 .*a device of {TENANT}: two entries"):
        syncs.all(Intune(managed(1)), OTHER)
    assert syncs.rows() == before


def test_a_tenant_that_comes_back_in_time_has_lost_nothing(syncs: Syncs) -> None:
    syncs.all(Intune(managed(1)))
    syncs.all(Intune(managed(2)), OTHER)
    syncs.write("{keep_missing: 4h}", [TENANT])
    syncs.all(Intune(managed(1)))
    syncs.left()
    assert syncs.compliance()["LAPTOP-2"] == "missing compliant"
    syncs.write("{keep_missing: 4h}", [TENANT, OTHER])
    syncs.all(Intune(managed(2)), OTHER)
    assert syncs.compliance() == {"LAPTOP-1": "compliant", "LAPTOP-2": "compliant"}
    assert (syncs.synced_at(), syncs.state(OTHER).counts) == ({TENANT: NOW, OTHER: NOW}, {"compliant": 1})
