"""The devices of live sessions that the store doesn't know."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radtune.records.device_and_client import Session
from radtune_tools.graph.client import InvalidRequestError
from radtune_tools.sync import changes as module
from unit.clock import Clock
from unit.samples import NOW, TENANT, guid
from unit.syncing import OTHER, Intune, Syncs, live, managed

ENTRA = {"azureADDeviceId": guid(50)}


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock) -> Iterator[Syncs]:
    """Return syncs after a whole sync of LAPTOP-1 alone."""
    with closing(Syncs(tmp_path, clock)) as made:
        made.all(Intune(managed(1, serialNumber="SER1", azureADDeviceId=guid(51))))
        clock.now += 60
        yield made


def stranger(**names: Any) -> Session:
    """Return a session whose device was not known when it logged in."""
    return live(compliance="not_enrolled", **names)


def asked(syncs: Syncs, intune: Intune, *sessions: Session) -> list[str | list[str]]:
    """Look at changes; return what was asked for besides the check-ins."""
    intune.asked.clear()
    syncs.changes(intune, *sessions)
    return intune.asked[1:]


@pytest.mark.parametrize(
    ("session", "device", "questions"),
    [
        (stranger(common_name=guid(9)), managed(9), [[guid(9)]]),
        (stranger(uris=(f"IntuneDeviceId://{guid(9)}",)), managed(9), [[guid(9)]]),
        (stranger(common_name=guid(50)), managed(9, **ENTRA), [[guid(50)], f"azureADDeviceId eq '{guid(50)}'"]),
        (stranger(subject_serial="SER9"), managed(9, serialNumber="SER9"), ["serialNumber eq 'ser9'", "deviceName eq"]),
        (stranger(common_name="LAPTOP-9"), managed(9), ["serialNumber eq 'laptop-9'", "deviceName eq 'laptop-9'"]),
        (stranger(dns=("LAPTOP-9.corp",)), managed(9), ["serialNumber eq 'laptop-9.corp'", "deviceName eq", "s", "d"]),
        (stranger(user="host/LAPTOP-9"), managed(9), ["serialNumber eq 'laptop-9'", "deviceName eq 'laptop-9'"]),
        (stranger(common_name="Zoë's"), managed(9, deviceName="Zoë's"), ["serialNumber eq 'zoë''s'", "deviceName eq"]),
    ],
    ids=["Intune id", "URI", "Entra id", "serial", "name", "full name", "host", "quoted"],
)
def test_by_what_the_client_says_it_is(
    syncs: Syncs, session: Session, device: dict[str, object], questions: list[str | list[str]]
) -> None:
    found = asked(syncs, Intune(device), session)
    assert len(found) == len(questions)
    for question, wanted in zip(found, questions, strict=True):
        assert question == wanted if isinstance(wanted, list) else str(question).startswith(wanted)
    assert device["deviceName"] in syncs.devices()
    assert syncs.state().counts == {"compliant": 2}


def test_several_ids_cost_one_request(syncs: Syncs) -> None:
    sessions = [stranger(common_name=guid(number)) for number in (7, 8, 9)]
    assert asked(syncs, Intune(*map(managed, (7, 8, 9))), *sessions) == [[guid(7), guid(8), guid(9)]]
    assert len(syncs.devices()) == 4


@pytest.mark.parametrize(
    "session",
    [
        live(compliance="compliant", common_name="NEW"),
        live(compliance="stale", common_name="NEW"),
        live(compliance="ambiguous", common_name="NEW"),
        stranger(),
        stranger(common_name="NEW", unclear=True),
        stranger(common_name="Default string"),
        stranger(common_name=guid(1)),
        stranger(common_name=guid(51)),
        stranger(common_name="ser1"),
        stranger(common_name="LAPTOP-1.corp.example"),
        stranger(user="host/laptop-1"),
        stranger(user="bob"),
    ],
)
def test_who_is_not_asked_for(syncs: Syncs, session: Session) -> None:
    """Not those that the store knows meanwhile, either."""
    assert asked(syncs, Intune(), session) == []


def test_one_that_this_very_look_has_found_is_not_asked_for(syncs: Syncs) -> None:
    new = managed(9, lastSyncDateTime="2030-01-01T00:00:00Z")
    assert asked(syncs, Intune(new), stranger(common_name=guid(9))) == []
    assert "LAPTOP-9" in syncs.devices()


def test_what_intune_does_not_know_is_asked_for_ever_more_seldom(syncs: Syncs) -> None:
    start, times = syncs.clock.now, []
    for minute in range(300):
        syncs.clock.now = start + 60 * minute
        if asked(syncs, Intune(), stranger(common_name=guid(9))):
            times.append(minute)
    assert times == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_a_clock_that_was_ahead_keeps_nobody_waiting(syncs: Syncs) -> None:
    syncs.clock.now += 86400
    assert asked(syncs, Intune(), stranger(common_name=guid(9)))
    syncs.clock.now -= 86400
    assert asked(syncs, Intune(), stranger(common_name=guid(9)))


def test_what_was_asked_long_ago_is_forgotten(syncs: Syncs) -> None:
    asked(syncs, Intune(), stranger(common_name=guid(9)), stranger(common_name="OLD"))
    syncs.clock.now += 86400
    asked(syncs, Intune(), stranger(common_name=guid(9)))
    notes = [key for key in syncs.rows() if key.startswith("note/")]
    assert notes == [f"note/{TENANT}/asked/id/{guid(9)}"]
    assert syncs.store.note(TENANT, f"asked/id/{guid(9)}") == [NOW + 60 + 86400, 2]


def test_too_many_for_one_look_wait_for_the_next(syncs: Syncs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASK_UNKNOWN_AT_MOST", 3)
    sessions = [stranger(common_name=guid(number)) for number in range(10, 17)]
    found = []
    for _ in range(3):
        (ids, *_) = asked(syncs, Intune(), *sessions)
        found.append(len(ids))
        syncs.clock.now += 1
    assert found == [3, 3, 1]


def test_each_tenant_is_asked_and_keeps_its_own_notes(syncs: Syncs) -> None:
    syncs.all(Intune(), OTHER)
    session = stranger(common_name=guid(9))
    assert asked(syncs, Intune(), session)
    other = Intune(managed(9))
    syncs.changes(other, session, name=OTHER)
    assert other.asked[1:] == [[guid(9)]]
    assert syncs.devices()["LAPTOP-9"].tenant == OTHER


class Particular(Intune):
    """Takes no filter but that of the check-ins."""

    def managed_devices(self, properties: object, condition: str = "") -> Iterator[dict[str, object]]:
        if " eq " in condition:
            raise InvalidRequestError("graph answered 400: Invalid filter clause")
        return super().managed_devices(properties, condition)  # type: ignore[arg-type]


def test_a_filter_that_graph_does_not_take_holds_nothing_up(syncs: Syncs) -> None:
    intune = Particular(managed(8, lastSyncDateTime="2030-01-01T00:00:00Z"))
    syncs.changes(intune, stranger(common_name="LAPTOP-9"))
    assert "LAPTOP-8" in syncs.devices()
    assert len(syncs.warned) == 2
    assert "a live session's device can't be asked for: graph answered 400" in syncs.warned[0]


def test_of_a_name_of_very_many_devices_no_more_are_read_than_can_be_told_apart(syncs: Syncs) -> None:
    fleet = [managed(number, deviceName="iPhone") for number in range(100, 200)]
    syncs.changes(Intune(*fleet), stranger(common_name="iPhone"))
    with_name = [each for each in syncs.devices_by_id().values() if each.name == "iPhone"]
    assert len(with_name) == 16
