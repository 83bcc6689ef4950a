"""`radtune release`."""

import time
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.errors import ExitCode
from unit.moving import SILENT, Network, held
from unit.running import KEY, Run
from unit.samples import MAC, device, fill, guid


@pytest.mark.parametrize("word", ["LAPTOP-1", "old-1", "SER1", MAC, guid(1), guid(53)])
def test_a_release(run: Run, two_live: Network, office: Path, word: str) -> None:
    run("quarantine", "LAPTOP-1", "--reason", "lost")
    run("quarantine", "LAPTOP-2")
    two_live.sent.clear()
    ran = run("release", word)
    assert (ran.code, ran.err, [each.device.name for each in held(two_live)]) == (0, "", ["LAPTOP-2"])
    assert ran.out.splitlines()[1:] == [
        f"{KEY}: vlan 1 -> vlan 750 (rule Corp Compliant)",
        "a login by its device_id: vlan 1 -> vlan 750 (rule Corp Compliant)",
        f"{KEY}: vlan 1 -> vlan 750: acknowledged (Disconnect-ACK), not logged in again yet",
        f"{KEY}: vlan 1 -> vlan 750: enforced",
    ]
    assert (two_live.sent, list(two_live.store.moves())) == ([("sw1", [KEY])], [])
    assert {each.device_name: each.granted for each in two_live.store.sessions()} == {
        "LAPTOP-1": "vlan 750",
        "LAPTOP-2": "vlan 1",
    }
    assert two_live.kinds()[-3:] == [("released", None), ("move_requested", "acknowledged"), ("moved", "enforced")]
    _, _, event, *_ = newest_events(office / "events.jsonl")
    assert (event["event"], event["device"]) == ("released", "LAPTOP-1")
    assert str(event["reason"]).startswith("released by alice; it was quarantined by alice since ")


def test_a_release_ends_the_move_that_its_nas_did_not_obey(run: Run, two_live: Network) -> None:
    two_live.replies["sw1"] = SILENT
    assert run("quarantine", "LAPTOP-1", "--wait", "1").code == ExitCode.NOT_ENFORCED
    assert [move.key for move in two_live.store.moves()] == [KEY]
    two_live.sent.clear()
    assert run("release", "LAPTOP-1").code == ExitCode.OK
    assert (list(two_live.store.moves()), two_live.sent) == ([], [])


def test_a_device_that_has_left_intune_or_is_enrolled_anew_can_be_released(
    run: Run, two_live: Network, office: Path
) -> None:
    run("quarantine", "LAPTOP-1")
    fill(office / "store/devices", [device(9, serial="ser1", name="NEW", macs=())], time.time())
    assert "as if" not in run("explain", "NEW").out
    assert "compliance: noncompliant: quarantined by alice" in run("explain", "NEW").out
    assert run("release", "NEW").code == 0
    run("quarantine", "LAPTOP-2")
    (office / "store/devices/cache.db").unlink()
    fill(office / "store/devices", [device(8)], time.time())
    assert run("release", "LAPTOP-2").code == 0
    assert held(two_live) == []


@pytest.mark.parametrize("word", ["LAPTOP-1", "nobody", ""])
def test_what_is_not_quarantined_can_t_be_released(run: Run, two_live: Network, word: str) -> None:
    run("quarantine", "LAPTOP-2")
    ran = run("release", word)
    assert (ran.code, len(held(two_live))) == (ExitCode.USAGE, 1)
    assert ran.err == f"radtune: {word}: no such device is quarantined; radtune quarantine lists those that are\n"


def test_a_name_of_several_quarantined_devices_is_refused(run: Run, two_live: Network) -> None:
    for number in (4, 5):
        run("quarantine", guid(number))
    ran = run("release", "TWIN")
    assert (ran.code, len(held(two_live))) == (ExitCode.USAGE, 2)
    assert "TWIN names several devices; name one by its id:" in ran.err
