"""Ethernet MACs, asked for device by device, a few at each sync."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radtune_tools.sync import ethernet as module
from radtune_tools.sync.device_plan import AcceptedCounts
from radtune_tools.sync.ethernet import ASK_AGAIN_SECONDS
from unit.clock import Clock
from unit.samples import TENANT, guid
from unit.syncing import OTHER, Intune, Managed, Syncs, live, managed

MACS = "ethernet_macs: true"


def fleet(*numbers: int) -> list[Managed]:
    """Return devices as the list has them."""
    return [managed(number, wiFiMacAddress=f"0016CBAA00{number:02X}", ethernetMacAddress=None) for number in numbers]


def asked_by_id(*numbers: int) -> Intune:
    """Return Graph as it answers for single devices."""
    return Intune(*(managed(number, ethernetMacAddress=f"0016CBEE00{number:02X}") for number in numbers))


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Syncs]:
    """Return syncs of LAPTOP-1 to LAPTOP-7; three are asked for, and four looked at, in one run."""
    monkeypatch.setattr(module, "ASK_AT_MOST", 3)
    monkeypatch.setattr(module, "LOOK_AT_MOST", 4)
    with closing(Syncs(tmp_path, clock, "keep_missing: 4h", MACS)) as made:
        made.all(Intune(*fleet(*range(1, 8))))
        yield made


def macs(syncs: Syncs) -> dict[str, str]:
    return {name: each.ethernet_mac for name, each in syncs.devices().items() if each.ethernet_mac}


def ids(intune: Intune) -> list[str]:
    return [each for asked in intune.asked for each in asked]


def test_a_few_at_each_run_until_all_are_known(syncs: Syncs) -> None:
    intune = asked_by_id(*range(1, 8))
    assert [syncs.macs(intune) for _ in range(5)] == [3, 3, 1, 0, 0]
    assert ids(intune) == [guid(number) for number in range(1, 8)]
    assert macs(syncs) == {f"LAPTOP-{number}": f"0016cbee00{number:02x}" for number in range(1, 8)}
    assert syncs.state().cursor == ""
    assert [device.name for device in syncs.store.find("mac", "0016cbee0005")] == ["LAPTOP-5"]
    assert [device.name for device in syncs.store.find("mac", "0016cbaa0005")] == ["LAPTOP-5"]


def test_with_nothing_due_nothing_is_asked_and_every_device_is_looked_at_in_turn(syncs: Syncs) -> None:
    for _ in range(4):
        syncs.macs(asked_by_id(*range(1, 8)))
    syncs.all(Intune(*fleet(*range(1, 9))))
    intune = asked_by_id(8)
    for _ in range(2):
        syncs.macs(intune)
    assert intune.asked == [[guid(8)]]


def test_they_are_asked_for_again_after_a_week(syncs: Syncs) -> None:
    for _ in range(4):
        syncs.macs(asked_by_id(*range(1, 8)))
    syncs.clock.now += ASK_AGAIN_SECONDS - 1
    assert [syncs.macs(asked_by_id()) for _ in range(3)] == [0, 0, 0]
    syncs.clock.now += 1
    changed = Intune(*(managed(number, ethernetMacAddress="0016CBFFFFFF") for number in range(1, 8)))
    for _ in range(4):
        syncs.macs(changed)
    assert set(macs(syncs).values()) == {"0016cbffffff"}
    assert syncs.store.find("mac", "0016cbee0005") == ()


def test_whole_syncs_and_changes_keep_them(syncs: Syncs) -> None:
    for _ in range(4):
        syncs.macs(asked_by_id(*range(1, 8)))
    known = macs(syncs)
    assert syncs.all(Intune(*fleet(*range(1, 8)))).changed == 0
    syncs.changes(Intune(*fleet(1, 2)), live(guid(1)))
    assert macs(syncs) == known


@pytest.mark.parametrize("said", [None, "", "000000000000", "02:00:00:00:00:00", "x", 5])
def test_a_device_without_one_is_not_asked_again_at_once(syncs: Syncs, said: object) -> None:
    intune = Intune(*(managed(number, ethernetMacAddress=said) for number in range(1, 8)))
    assert [syncs.macs(intune) for _ in range(4)] == [3, 3, 1, 0]
    assert macs(syncs) == {}


def test_one_that_is_taken_away_is_forgotten(syncs: Syncs) -> None:
    for _ in range(4):
        syncs.macs(asked_by_id(*range(1, 8)))
    syncs.clock.now += ASK_AGAIN_SECONDS
    for _ in range(4):
        syncs.macs(Intune(*(managed(number) for number in range(1, 8))))
    assert macs(syncs) == {}


def test_devices_that_are_missing_or_another_tenant_s_are_not_asked_for(syncs: Syncs) -> None:
    syncs.all(Intune(*fleet(*range(11, 14))), OTHER)
    syncs.all(Intune(*fleet(1)), accepted=AcceptedCounts(6))
    intune = asked_by_id(*range(1, 14))
    for _ in range(6):
        syncs.macs(intune)
    assert ids(intune) == [guid(1)]


def test_a_device_that_is_not_there_keeps_what_is_known_of_it(syncs: Syncs) -> None:
    syncs.macs(asked_by_id(1, 2, 3))
    syncs.clock.now += ASK_AGAIN_SECONDS
    for _ in range(3):
        syncs.macs(asked_by_id())
    assert macs(syncs).keys() == {"LAPTOP-1", "LAPTOP-2", "LAPTOP-3"}
    assert syncs.macs(asked_by_id()) == 0


def test_what_gets_no_answer_is_asked_for_the_next_time_round(syncs: Syncs) -> None:
    intune = asked_by_id(*range(1, 8))
    intune.said_nothing = {guid(2)}
    for _ in range(4):
        syncs.macs(intune)
    assert "LAPTOP-2" not in macs(syncs)
    intune.said_nothing = set()
    for _ in range(3):
        syncs.macs(intune)
    assert "LAPTOP-2" in macs(syncs)


def test_nothing_is_written_where_nothing_was_asked_for(syncs: Syncs) -> None:
    for _ in range(5):
        syncs.macs(asked_by_id(*range(1, 8)))
    syncs.macs(asked_by_id())
    before = syncs.rows()
    while syncs.state().cursor != "":
        syncs.macs(asked_by_id())
    assert {key for key, value in syncs.rows().items() if value != before[key]} <= {f"sync/{TENANT}"}


def test_where_they_are_asked_for_no_more_old_ones_do_not_count(syncs: Syncs) -> None:
    for _ in range(4):
        syncs.macs(asked_by_id(*range(1, 8)))
    syncs.write("{}", [TENANT, OTHER])
    syncs.all(Intune(*fleet(*range(1, 8))))
    assert macs(syncs) == {}
    assert syncs.store.find("mac", "0016cbee0005") == ()
