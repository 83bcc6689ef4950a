"""What a sync would write, counted, and what needs a person's word."""

from dataclasses import replace

import pytest

from radtune.records.device_and_client import Device
from radtune_tools.limits import too_many
from radtune_tools.sync.device_plan import SHOWN, AcceptedCounts, DevicePlan
from unit.defaults import limits_with
from unit.samples import TENANT, device

LIMITS = limits_with(
    devices_missing=5, devices_missing_percent=10, devices_lost_compliance=5, devices_lost_compliance_percent=10
)
KEEP, NOW = 14400, 1_800_000_000


def plan(
    *, stored: int = 100, seen: int = 1, missing: int = 0, lost_compliance: int = 0, whole: bool = True
) -> DevicePlan:
    return DevicePlan(TENANT, stored=stored, seen=seen, missing=missing, lost_compliance=lost_compliance, whole=whole)


BOUNDS = pytest.mark.parametrize(
    ("count", "stored", "refused"),
    [
        (0, 0, False),
        (0, 100, False),
        (5, 6, False),
        (6, 59, True),
        (6, 60, False),
        (6, 100, False),
        (10, 100, False),
        (11, 100, True),
        (100, 1000, False),
        (101, 1000, True),
    ],
)


@BOUNDS
@pytest.mark.parametrize("whole", [True, False])
def test_devices_may_vanish_up_to_the_number_or_the_share(count: int, stored: int, refused: bool, whole: bool) -> None:
    exceeded_limit = plan(missing=count, stored=stored, whole=whole).exceeded_limit(LIMITS)
    assert bool(exceeded_limit) == refused
    if refused:
        share = f"({count * 100 / stored:.1f}%), more than 5 and than 10%"
        assert (
            exceeded_limit
            == f"{count} of {stored} devices would be missing {share}; --accept-missing {count} lets it happen"
        )


@BOUNDS
@pytest.mark.parametrize("whole", [True, False])
def test_devices_may_cease_to_be_compliant_up_to_the_number_or_the_share(
    count: int, stored: int, refused: bool, whole: bool
) -> None:
    exceeded_limit = plan(lost_compliance=count, stored=stored, whole=whole).exceeded_limit(LIMITS)
    assert bool(exceeded_limit) == refused
    if refused:
        assert exceeded_limit.startswith(f"{count} of {stored} devices would cease to be compliant (")
        assert exceeded_limit.endswith(f"; --accept-lost-compliance {count} lets it happen")


@pytest.mark.parametrize("accepted", [None, 0, 10, 12])
def test_a_person_agrees_to_the_very_number(accepted: int | None) -> None:
    assert plan(missing=11).exceeded_limit(LIMITS, AcceptedCounts(missing=accepted, lost_compliance=11))
    assert plan(lost_compliance=11).exceeded_limit(LIMITS, AcceptedCounts(lost_compliance=accepted, missing=11))
    assert plan(missing=11).exceeded_limit(LIMITS, AcceptedCounts(missing=11)) == ""
    assert plan(lost_compliance=11).exceeded_limit(LIMITS, AcceptedCounts(lost_compliance=11)) == ""
    assert "--accept-lost-compliance 12" in plan(missing=11, lost_compliance=12).exceeded_limit(
        LIMITS, AcceptedCounts(missing=11)
    )
    assert plan(missing=11, lost_compliance=12).exceeded_limit(LIMITS, AcceptedCounts(11, 12)) == ""


@pytest.mark.parametrize(
    ("number", "percent", "count", "refused"),
    [
        *((0, 0.0, 0, False), (0, 0.0, 1, True), (0, 0.5, 1, True)),
        *((0, 1.0, 1, False), (0, 100.0, 100, False), (100, 0.0, 100, False)),
    ],
)
def test_limits_of_nothing_and_of_everything(number: int, percent: float, count: int, refused: bool) -> None:
    limits = limits_with(devices_missing=number, devices_missing_percent=percent)
    assert bool(plan(missing=count).exceeded_limit(limits)) == refused
    limits = limits_with(devices_lost_compliance=number, devices_lost_compliance_percent=percent)
    assert bool(plan(lost_compliance=count).exceeded_limit(limits)) == refused
    assert bool(too_many("x", count, 100, number, percent)) == refused


@pytest.mark.parametrize("stored", [1, 3])
def test_an_empty_answer_is_refused_within_every_limit(stored: int) -> None:
    empty = plan(seen=0, stored=stored, missing=stored)
    said = f"Intune lists no device at all, the store has {stored}; --accept-missing {stored} lets it happen"
    assert empty.exceeded_limit(limits_with(devices_missing=1000, devices_missing_percent=100)) == said
    assert empty.exceeded_limit(LIMITS, AcceptedCounts(missing=stored)) == ""


def test_an_empty_answer_is_fine_for_an_empty_store_and_once_it_was_agreed_to() -> None:
    assert plan(seen=0, stored=0).exceeded_limit(LIMITS) == ""
    assert plan(seen=0, stored=30).exceeded_limit(LIMITS) == ""
    assert plan(seen=0, stored=30, whole=False).exceeded_limit(LIMITS) == ""


def test_what_intune_lists() -> None:
    made = DevicePlan(TENANT, stored=4)
    before = device(2)
    assert not made.listed(device(1), device(1))
    assert made.listed(before, replace(before, compliance="noncompliant"))
    assert made.listed(before, replace(before, compliance="in_grace_period"))
    assert made.listed(replace(before, compliance="error"), before)
    assert made.listed(before, replace(before, name="OTHER"))
    assert made.listed(None, device(3))
    assert (made.new, made.changed, made.lost_compliance, made.differs) == (1, 4, 2, True)
    assert made.now == {"compliant": 4, "noncompliant": 1, "in_grace_period": 1}
    assert made.flips == {"compliant": 1, "noncompliant": 1, "in_grace_period": 1}
    assert [sentence.partition(":")[0] for sentence in made.sentences] == ["changed"] * 3 + ["new"]
    assert made.sentences[0] == f"changed: LAPTOP-2 ({before.id}) compliant -> noncompliant"
    made.seen = 6
    said = (
        f"{TENANT}: 6 devices; 1 new, 4 changed, 1 now compliant, 1 now in_grace_period, 1 now noncompliant, 0 expired"
    )
    assert made.summary() == said


def lost(made: DevicePlan, of: Device, ago: int, keep: int = KEEP) -> Device | None:
    return made.lost(replace(of, missing_since=NOW - ago if ago else 0), keep=keep, now=NOW)


def test_what_intune_lists_no_more() -> None:
    made = DevicePlan(TENANT, stored=9)
    assert lost(made, device(1), 0) == device(1, missing_since=NOW)
    assert (made.missing, made.kept, made.expired) == (1, 1, 0)
    assert lost(made, device(2), KEEP - 1) == device(2, missing_since=NOW - KEEP + 1)
    assert (made.missing, made.kept, made.expired) == (1, 2, 0)
    assert lost(made, device(3), KEEP) is None
    assert lost(made, device(4), 0, keep=0) is None
    assert (made.missing, made.kept, made.expired) == (2, 2, 2)
    assert made.now == {"compliant": 2}
    assert made.sentences == [
        f"missing: LAPTOP-1 ({device(1).id}) is compliant, kept for 240 minutes",
        f"expired: LAPTOP-3 ({device(3).id}) was compliant",
        f"expired: LAPTOP-4 ({device(4).id}) was compliant",
    ]
    assert made.summary().endswith(", 2 expired, 2 missing and kept")


def test_a_device_that_is_back() -> None:
    made = DevicePlan(TENANT, stored=1)
    gone = device(1, missing_since=NOW - 60)
    assert made.listed(gone, device(1))
    assert made.sentences == [f"back: LAPTOP-1 ({device(1).id}) is compliant"]
    assert (made.changed, made.lost_compliance) == (1, 0)
    again = DevicePlan(TENANT, stored=1)
    again.listed(gone, replace(gone, account_enabled="no"))
    assert again.sentences == []


def test_only_what_would_be_written_is_a_difference() -> None:
    made = DevicePlan(TENANT, stored=2)
    made.listed(device(1), device(1))
    lost(made, device(2), 60)
    assert not made.differs
    lost(made, device(3), KEEP)
    assert made.differs
    assert plan(missing=1).differs
    assert not plan().differs


def test_a_device_of_another_tenant_counts_as_missing_but_not_as_this_tenant_s() -> None:
    made = DevicePlan(TENANT, stored=1)
    lost(made, device(1, tenant="fabrikam.example"), 0)
    assert (made.missing, made.kept, dict(made.now)) == (1, 1, {})


def test_a_look_at_changes_says_so() -> None:
    made = DevicePlan(TENANT, stored=9, seen=3, whole=False)
    assert made.summary() == f"{TENANT}: 3 looked at; 0 new, 0 changed"
    lost(made, device(1), 0)
    made.unusable = 2
    said = f"{TENANT}: 3 looked at; 0 new, 0 changed, 1 missing and kept, 2 passed over for want of a usable id"
    assert made.summary() == said


def test_a_first_sync_says_some_and_counts_the_rest() -> None:
    made = DevicePlan(TENANT)
    for number in range(SHOWN + 7):
        made.listed(None, device(number))
    assert (len(made.sentences), made.unsaid, made.new) == (SHOWN, 7, SHOWN + 7)
