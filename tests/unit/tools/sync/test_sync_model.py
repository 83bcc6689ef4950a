"""Whatever Intune listed over time, the store is as if it had only ever listed what it lists now."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.sync.device_plan import AcceptedCounts
from unit.clock import Clock
from unit.samples import NOW, TENANT, guid, joined
from unit.syncing import OTHER, Intune, Managed, Syncs, managed

NAMES = st.sampled_from(["", "A", "a", "B"])
MACS = st.sampled_from(["", "0016CBAABB01", "0016CBAABB02"])
DEVICES = st.builds(
    managed,
    st.integers(1, 6),
    deviceName=NAMES,
    serialNumber=NAMES,
    userPrincipalName=NAMES,
    wiFiMacAddress=MACS,
    azureADDeviceId=st.sampled_from(["", guid(50), guid(51)]),
    complianceState=st.sampled_from(["compliant", "noncompliant", "inGracePeriod"]),
    lastSyncDateTime=st.sampled_from([f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)]),
)
FLEETS = st.lists(DEVICES, max_size=8)
STEPS = st.tuples(st.sampled_from([TENANT, OTHER]), FLEETS, st.sampled_from(["", "dry", "breaks"]))


class Yes(AcceptedCounts):
    """What a person agrees to who agrees to everything."""

    def __getattribute__(self, name: str) -> Any:
        return _Anything() if name in ("missing", "lost_compliance") else super().__getattribute__(name)


class _Anything:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, int)

    __hash__ = None  # type: ignore[assignment]


@contextmanager
def by_hand(directories: pytest.TempPathFactory, keep: str) -> Iterator[Syncs]:
    """Give syncs with a clock of their own."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(NOW)
        clock.stand_in(patch, "sync.whole_sync", "sync.left_tenants")
        with closing(Syncs(directories.mktemp("model"), clock, keep)) as syncs:
            yield syncs


def owned(fleet: list[Managed], tenant: str) -> list[Managed]:
    """Return the devices with ids that no other tenant has."""
    return [{**each, "id": each["id"].replace("8a0f", "8a0f" if tenant == TENANT else "9b1e")} for each in fleet]


def sync(syncs: Syncs, tenant: str, fleet: list[Managed], how: str = "") -> None:
    listed: list[Managed | Exception] = [*owned(fleet, tenant)]
    if how == "breaks":
        listed.insert(len(listed) // 2, TemporaryError("504"))
    try:
        syncs.all(Intune(*listed), tenant, accepted=Yes(), dry_run=how == "dry")
    except RadtuneError:
        assert how == "breaks"


def of_devices(found: dict[str, str | None]) -> dict[str, str | None]:
    """Return the rows of devices and of what names them."""
    return {key: value for key, value in joined(found).items() if "/" in key and not key.startswith(("sync/", "note/"))}


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=5), FLEETS, FLEETS)
def test_as_a_store_that_was_filled_afresh(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, list[Managed], str]],
    last: list[Managed],
    others: list[Managed],
) -> None:
    with by_hand(tmp_path_factory, "keep_missing: 0s") as lived, by_hand(tmp_path_factory, "keep_missing: 0s") as fresh:
        for tenant, fleet, how in steps:
            sync(lived, tenant, fleet, how)
        for syncs in (lived, fresh):
            sync(syncs, TENANT, last)
            sync(syncs, OTHER, others)
        assert of_devices(lived.rows()) == of_devices(fresh.rows())
        for tenant, fleet in ((TENANT, last), (OTHER, others)):
            ids = {each["id"] for each in owned(fleet, tenant)}
            # When the list before the last one was is the only thing that two histories may differ in.
            assert replace(lived.state(tenant), whole_before=0) == replace(fresh.state(tenant), whole_before=0)
            assert lived.state(tenant).devices == len(ids)
        assert lived.synced_at() == fresh.synced_at() == {TENANT: NOW, OTHER: NOW}


@pytest.mark.parametrize("changed", [{"serialNumber": "B"}, {"lastSyncDateTime": "2026-01-03T00:00:00Z"}])
@pytest.mark.parametrize("behind", [False, True])
def test_the_first_of_several_copies_counts(
    tmp_path_factory: pytest.TempPathFactory, changed: dict[str, str], behind: bool
) -> None:
    stored = managed(1, serialNumber="A", complianceState="compliant", lastSyncDateTime="2026-01-02T00:00:00Z")
    other: Managed = {**stored, **changed}
    fleet = [stored, other, other] if behind else [other, stored, other]
    with by_hand(tmp_path_factory, "keep_missing: 0s") as lived, by_hand(tmp_path_factory, "keep_missing: 0s") as fresh:
        sync(lived, TENANT, [stored])
        sync(lived, TENANT, fleet)
        sync(fresh, TENANT, fleet)
        assert of_devices(lived.rows()) == of_devices(fresh.rows())
        assert lived.state(TENANT).counts == fresh.state(TENANT).counts == {"compliant": 1}


@settings(max_examples=30)
@given(st.lists(st.tuples(FLEETS, st.integers(0, 3)), min_size=1, max_size=6))
def test_what_is_kept_is_what_was_listed_within_the_time(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[Managed], int]]
) -> None:
    with by_hand(tmp_path_factory, "keep_missing: 3h") as syncs:
        gone: dict[str, float] = {}
        known: set[str] = set()
        for fleet, hours in steps:
            syncs.clock.now += 3600 * hours
            sync(syncs, TENANT, fleet)
            listed = {each["id"] for each in fleet}
            gone = {each: gone.get(each, syncs.clock.now) for each in known - listed}
            gone = {each: since for each, since in gone.items() if syncs.clock.now - since < 3 * 3600}
            known = listed | gone.keys()
            stored = {each.id: each.missing_since for each in syncs.devices_by_id().values()}
            assert stored == {**dict.fromkeys(listed, 0), **gone}
            assert syncs.state().devices == len(known)
