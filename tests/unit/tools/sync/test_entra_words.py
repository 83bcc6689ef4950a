"""Entra's word about devices that it spoke of before they were stored, or that it names by an id of its own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from unit.clock import Clock
from unit.samples import NOW, TENANT, guid
from unit.syncing import OTHER, Intune, Syncs, checked_in, managed

OBJECT = guid(900)


def entra(number: int) -> str:
    return guid(100 + number)


def both(number: int, **more: Any) -> dict[str, Any]:
    """Return a managedDevice with an Entra id."""
    return managed(number, azureADDeviceId=entra(number), **more)


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock) -> Iterator[Syncs]:
    """Return syncs that follow Entra, after a whole sync and a first look; LAPTOP-2 isn't compliant."""
    with closing(Syncs(tmp_path, clock, "keep_missing: 4h", "entra_changes: true")) as made:
        made.all(Intune(both(1), both(2, complianceState="noncompliant")))
        said(made, "", {"deviceId": entra(1), "accountEnabled": True, "isCompliant": True})
        made.told.clear()
        clock.now += 60
        yield made


def said(syncs: Syncs, link: str, *changes: dict[str, Any]) -> None:
    """Look at changes while Entra says this."""
    intune = Intune()
    intune.entra[link] = list(changes)
    syncs.changes(intune)


def test_a_device_that_came_after_entra_had_spoken_is_asked_for(syncs: Syncs) -> None:
    """Entra spoke of it before it was stored."""
    intune = Intune(both(3, **checked_in(NOW + 61)))
    intune.entra = {"+": [{"deviceId": entra(3), "accountEnabled": False}]}
    intune.entra_devices_there = {entra(3): {"id": OBJECT, "deviceId": entra(3), "accountEnabled": False}}
    syncs.changes(intune)
    assert (syncs.devices()["LAPTOP-3"].account_enabled, intune.entra_asked) == ("no", [[entra(3)]])
    intune = Intune(both(3, **checked_in(NOW + 62)))
    intune.entra = {"++": []}
    syncs.changes(intune)
    assert intune.entra_asked == []


def listed(syncs: Syncs, *devices: dict[str, Any]) -> list[str]:
    """Sync this whole list; return of which Entra has to be asked."""
    entra_status_unknown = syncs.all(Intune(*devices)).entra_status_unknown
    assert syncs.told[-1].entra_status_unknown == entra_status_unknown
    return entra_status_unknown


def test_after_a_whole_sync_those_without_a_word_are_asked_for(syncs: Syncs) -> None:
    no_entra = managed(4)
    entra_status_unknown = listed(syncs, both(1), both(2), both(3), no_entra)
    assert entra_status_unknown == [guid(2), guid(3)]
    intune = Intune()
    intune.entra = {"+": []}
    intune.entra_devices_there = {entra(2): {"accountEnabled": True}}
    syncs.changes(intune, entra_status_unknown=entra_status_unknown)
    assert intune.entra_asked == [[entra(2), entra(3)]]
    assert {name: each.account_enabled for name, each in syncs.devices().items()} == {
        "LAPTOP-1": "yes",
        "LAPTOP-2": "yes",
        "LAPTOP-3": "no",
        "LAPTOP-4": "",
    }
    assert listed(syncs, both(1), both(2), both(3), no_entra) == []


def test_a_device_with_another_entra_id_is_asked_for_anew(syncs: Syncs) -> None:
    intune = Intune(managed(1, azureADDeviceId=entra(5), **checked_in(NOW + 61)))
    intune.entra = {"+": []}
    intune.entra_devices_there = {entra(5): {"accountEnabled": False}}
    syncs.changes(intune)
    assert syncs.devices()["LAPTOP-1"].account_enabled == "no"


def test_one_that_entra_does_not_answer_for_is_asked_for_again(syncs: Syncs) -> None:
    entra_status_unknown = listed(syncs, both(1), both(2), both(3))
    intune = Intune()
    intune.entra = {"+": []}
    intune.said_nothing = {entra(3)}
    syncs.changes(intune, entra_status_unknown=entra_status_unknown)
    assert syncs.devices()["LAPTOP-3"].account_enabled == ""
    assert listed(syncs, both(1), both(2), both(3)) == [guid(3)]


def test_without_entra_nobody_is_asked_for(syncs: Syncs) -> None:
    syncs.write("{}", [TENANT, OTHER])
    assert listed(syncs, both(1), both(2)) == []
    intune = Intune(both(3, **checked_in(NOW + 61)))
    syncs.changes(intune)
    assert intune.entra_asked == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removed_device_is_known_by_entra_s_own_id_of_it(syncs: Syncs, number: int) -> None:
    """By the first list of all, by a change, or because it was asked for."""
    if number == 1:
        said(syncs, "+", {"id": OBJECT.upper(), "deviceId": entra(1), "accountEnabled": True})
    elif number == 2:
        said(syncs, "+", {"id": OBJECT, "deviceId": entra(2)})
    else:
        intune = Intune(both(3, **checked_in(NOW + 61)))
        intune.entra = {"+": []}
        intune.entra_devices_there = {entra(3): {"id": OBJECT, "accountEnabled": True}}
        syncs.changes(intune)
        assert syncs.devices()["LAPTOP-3"].account_enabled == "yes"
    said(syncs, "++", {"id": OBJECT, "@removed": {"reason": "changed"}})
    assert syncs.devices()[f"LAPTOP-{number}"].account_enabled == "no"
    assert list(syncs.store.notes(TENANT, "entra/")) == []


def test_a_device_that_is_restored_in_entra_is_enabled_again(syncs: Syncs) -> None:
    there = {"id": OBJECT, "deviceId": entra(1), "accountEnabled": True}
    removed = {"id": OBJECT, "@removed": {"reason": "changed"}}
    said(syncs, "+", there, removed, there)
    assert syncs.devices()["LAPTOP-1"].account_enabled == "yes"
    assert list(syncs.store.notes(TENANT, "entra/")) == [f"entra/{OBJECT}"]
    said(syncs, "++", there, removed)
    assert syncs.devices()["LAPTOP-1"].account_enabled == "no"


def test_of_devices_that_intune_does_not_have_nothing_is_kept(syncs: Syncs) -> None:
    said(syncs, "+", {"id": OBJECT, "deviceId": entra(9), "accountEnabled": True})
    assert list(syncs.store.notes(TENANT, "entra/")) == []
