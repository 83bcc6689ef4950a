"""What Entra says of devices."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radtune.errors import NotPermittedError
from radtune_tools.graph.client import GoneError
from unit.clock import Clock
from unit.samples import NOW, TENANT, guid
from unit.syncing import OTHER, Intune, Syncs, checked_in, live, managed

ENTRA_CHANGES = "entra_changes: true"


def entra(number: int) -> str:
    return guid(100 + number)


def both(number: int, **more: Any) -> dict[str, Any]:
    """Return a managedDevice with an Entra id."""
    return managed(number, azureADDeviceId=entra(number), **more)


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock) -> Iterator[Syncs]:
    """Return syncs that follow Entra, after a whole sync and a first look; LAPTOP-2 isn't compliant."""
    with closing(Syncs(tmp_path, clock, "keep_missing: 4h", ENTRA_CHANGES)) as made:
        made.all(Intune(both(1), both(2, complianceState="noncompliant")))
        said(made, "", {"deviceId": entra(1), "accountEnabled": True, "isCompliant": True})
        made.told.clear()
        clock.now += 60
        yield made


def said(syncs: Syncs, link: str, *changes: dict[str, Any], listed: tuple[dict[str, Any], ...] = ()) -> Intune:
    """Look at changes while Entra says this."""
    intune = Intune(*listed)
    intune.entra[link] = list(changes)
    syncs.changes(intune)
    return intune


def test_where_entra_s_changes_go_on_is_kept(syncs: Syncs) -> None:
    assert syncs.state().entra_link == "+"
    said(syncs, "+")
    said(syncs, "++")
    assert syncs.state().entra_link == "+++"
    syncs.all(Intune(both(1), both(2)))
    assert syncs.state().entra_link == "+++"


def test_a_disabled_device_is_noticed_and_an_enabled_one(syncs: Syncs) -> None:
    assert (syncs.devices()["LAPTOP-1"].account_enabled, syncs.devices()["LAPTOP-2"].account_enabled) == ("yes", "")
    assert said(syncs, "+", {"deviceId": entra(1).upper(), "accountEnabled": False}).asked[1:] == []
    assert syncs.devices()["LAPTOP-1"].account_enabled == "no"
    said(syncs, "++", {"deviceId": entra(1), "accountEnabled": True})
    assert syncs.devices()["LAPTOP-1"].account_enabled == "yes"
    assert syncs.state().counts == {"compliant": 1, "noncompliant": 1}


def test_a_removed_device_counts_as_disabled_where_entra_says_which(syncs: Syncs) -> None:
    said(syncs, "+", {"deviceId": entra(1), "@removed": {"reason": "deleted"}}, {"id": "x", "@removed": {}})
    assert syncs.devices()["LAPTOP-1"].account_enabled == "no"


def test_where_entra_and_the_store_differ_intune_is_asked_and_counts(syncs: Syncs) -> None:
    changes = [{"deviceId": entra(1), "isCompliant": False}, {"deviceId": entra(2), "isCompliant": True}]
    intune = said(syncs, "+", *changes, listed=(both(1, complianceState="error"), both(2, complianceState="error")))
    assert intune.asked[1:] == [[guid(1), guid(2)]]
    assert syncs.compliance() == {"LAPTOP-1": "error", "LAPTOP-2": "error"}


def test_disabled_and_compliant_no_more_at_once(syncs: Syncs) -> None:
    change = {"deviceId": entra(1), "isCompliant": False, "accountEnabled": False}
    said(syncs, "+", change, listed=(both(1, complianceState="noncompliant"),))
    found = syncs.devices()["LAPTOP-1"]
    assert (found.compliance, found.account_enabled) == ("noncompliant", "no")


@pytest.mark.parametrize(
    "change",
    [
        {"deviceId": entra(1), "isCompliant": True, "accountEnabled": True},
        {"deviceId": entra(1), "isCompliant": None, "accountEnabled": None},
        {"deviceId": entra(1)},
        {"deviceId": entra(2), "isCompliant": False},
        {"deviceId": entra(9), "isCompliant": False, "accountEnabled": False},
        {"deviceId": "00000000-0000-0000-0000-000000000000", "accountEnabled": False},
        {"deviceId": 5, "accountEnabled": False},
        {},
    ],
)
def test_what_changes_nothing_asks_for_nothing(syncs: Syncs, change: dict[str, Any]) -> None:
    assert said(syncs, "+", change).asked[1:] == []
    assert not syncs.told[-1].differs


def test_a_device_that_was_read_anyhow_is_not_asked_for_again(syncs: Syncs) -> None:
    fresh = both(1, complianceState="error", **checked_in(NOW + 61))
    change = {"deviceId": entra(1), "isCompliant": False, "accountEnabled": False}
    assert said(syncs, "+", change, listed=(fresh,)).asked[1:] == []
    found = syncs.devices()["LAPTOP-1"]
    assert (found.compliance, found.account_enabled) == ("error", "no")


def test_a_device_that_is_missing_stays_missing_whatever_entra_says(syncs: Syncs) -> None:
    intune = Intune()
    intune.entra["+"] = []
    syncs.changes(intune, live(guid(2)))
    said(syncs, "++", {"deviceId": entra(2), "accountEnabled": False})
    assert syncs.compliance()["LAPTOP-2"] == "missing noncompliant"
    assert syncs.devices()["LAPTOP-2"].account_enabled == "no"
    assert not [sentence for sentence in syncs.told[-1].sentences if sentence.startswith("back")]


def test_another_tenant_s_devices_are_left_alone(syncs: Syncs) -> None:
    syncs.all(Intune(managed(7, azureADDeviceId=entra(1))), OTHER)
    said(syncs, "+", {"deviceId": entra(1), "accountEnabled": False})
    assert {
        each.tenant: each.account_enabled for each in syncs.devices_by_id().values() if each.entra_id == entra(1)
    } == {
        TENANT: "no",
        OTHER: "",
    }


def test_a_link_that_is_too_old_begins_anew(syncs: Syncs) -> None:
    intune = Intune()
    intune.entra = {"+": GoneError("410"), "": [{"deviceId": entra(1), "accountEnabled": False}]}
    intune.delta_link = "stale"
    syncs.changes(intune)
    assert syncs.devices()["LAPTOP-1"].account_enabled == "no"
    assert syncs.state().entra_link == "+"


def test_changes_that_break_off_are_read_again_from_the_same_place(syncs: Syncs) -> None:
    intune = Intune(both(1, complianceState="error", **checked_in(NOW + 61)))
    intune.entra["+"] = NotPermittedError("grant the application Device.Read.All")
    with pytest.raises(NotPermittedError):
        syncs.changes(intune)
    assert (syncs.state().entra_link, syncs.compliance()["LAPTOP-1"]) == ("+", "compliant")


def test_a_whole_sync_keeps_what_entra_said(syncs: Syncs) -> None:
    said(syncs, "+", {"deviceId": entra(1), "accountEnabled": False})
    assert syncs.all(Intune(both(1), both(2, complianceState="noncompliant"))).changed == 0
    assert syncs.devices()["LAPTOP-1"].account_enabled == "no"


def test_where_entra_is_followed_no_more_its_old_word_does_not_count(syncs: Syncs) -> None:
    said(syncs, "+", {"deviceId": entra(1), "accountEnabled": False})
    syncs.write("{}", [TENANT, OTHER])
    syncs.all(Intune(both(1), both(2)))
    assert {each.account_enabled for each in syncs.devices().values()} == {""}
    assert syncs.changes(Intune()).seen == 0
