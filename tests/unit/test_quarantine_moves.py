"""`radtune quarantine` and `release` move the device's sessions at once, with NASes that answer as they are told."""

import time

import pytest

from radtune.errors import ExitCode
from unit.moving import ENTRIES, World, session
from unit.running import KEY, Run
from unit.samples import SETTINGS, device, fill

CAREFUL = """\
limits: {sessions_quarantined: 0, sessions_quarantined_percent: 0, sessions_restored: 0, sessions_restored_percent: 0}
moves: {windows: [{name: always, moves: none, time: {days: mon-sun, timezone: UTC}}]}
"""


@pytest.fixture(autouse=True)
def _two_live(world: World) -> None:
    """Let two devices be live, and limits and windows be in the way of everybody else."""
    (world.office / "settings.yaml").write_text(SETTINGS + ENTRIES + CAREFUL)
    fill(world.office / "store/devices", [device(1), device(2)], time.time())
    world.now = time.time()
    for number in (1, 2):
        world.store.put(session(number))


def test_only_its_own_sessions_are_moved_and_back_at_once(run: Run, world: World) -> None:
    world.sleeping = lambda: world.login(session(), "vlan 1")
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, ran.err, world.sent) == (0, "", [("sw1", [KEY])])
    assert f"{KEY}: vlan 750 -> vlan 1: enforced" in ran.out
    world.sleeping = lambda: world.login(session(), "vlan 750")
    ran = run("release", "LAPTOP-1")
    assert (ran.code, ran.err, len(world.sent)) == (0, "", 2)
    assert f"{KEY}: vlan 1 -> vlan 750: enforced" in ran.out


def test_a_nas_that_does_not_obey_is_told_of(run: Run, world: World) -> None:
    ran = run("quarantine", "LAPTOP-1", "--wait", "0")
    assert ran.code == ExitCode.NOT_ENFORCED
    assert "radtune: not enforced yet: " in ran.err and "not logged in again yet" in ran.err
    assert [row["device"] for row in run("--json", "quarantine").json] == ["LAPTOP-1"]
    assert world.states() == ["acknowledged"]
