"""`radtune quarantine` and `release` move the device's sessions at once, with NASes that answer as they are told."""

import time

import pytest

from radtune.errors import ExitCode
from radtune.records.moves_and_states import Move
from radtune_tools.enforce import quarantining
from unit.moving import ACK, ENTRIES, SILENT, Network, session
from unit.running import KEY, Run
from unit.samples import SETTINGS, device, fill

CAREFUL = """\
limits: {sessions_moved: 0, sessions_moved_percent: 0, sessions_restored: 0, sessions_restored_percent: 0}
moves: {windows: [{name: always, moves: none, time: {days: mon-sun, timezone: UTC}}]}
"""


@pytest.fixture(autouse=True)
def _two_live(network: Network) -> None:
    """Let two devices be live, and limits and windows be in the way of everybody else."""
    (network.office / "settings.yaml").write_text(SETTINGS + ENTRIES + CAREFUL)
    fill(network.office / "store/devices", [device(1), device(2)], time.time())
    network.now = time.time()
    for number in (1, 2):
        network.store.put(session(number))


def test_only_its_own_sessions_are_moved_and_back_at_once(run: Run, network: Network) -> None:
    network.sleeping = lambda: network.login(session(), "vlan 1")
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, ran.err, network.sent) == (0, "", [("sw1", [KEY])])
    assert f"{KEY}: vlan 750 -> vlan 1: enforced" in ran.out
    network.sleeping = lambda: network.login(session(), "vlan 750")
    ran = run("release", "LAPTOP-1")
    assert (ran.code, ran.err, len(network.sent)) == (0, "", 2)
    assert f"{KEY}: vlan 1 -> vlan 750: enforced" in ran.out


def test_a_device_is_waited_for_as_long_as_a_person_says(run: Run, network: Network) -> None:
    began = network.now
    assert run("quarantine", "LAPTOP-1", "--wait", "5").code == ExitCode.NOT_ENFORCED
    assert 5 <= network.now - began < 6


def test_a_session_where_policy_wants_it_is_not_moved(run: Run, network: Network) -> None:
    network.store.put(session(granted="vlan 1"))
    assert (run("quarantine", "LAPTOP-1").code, network.sent) == (0, [])
    network.store.put(session())
    assert (run("release", "LAPTOP-1").code, network.sent) == (0, [])


def test_a_device_without_a_session_is_moved_nowhere(run: Run, network: Network) -> None:
    network.store.end(KEY)
    assert (run("quarantine", "LAPTOP-1").code, network.sent) == (0, [])


def test_a_nas_that_does_not_obey_is_told_of(run: Run, network: Network) -> None:
    ran = run("quarantine", "LAPTOP-1", "--wait", "0")
    assert ran.code == ExitCode.NOT_ENFORCED
    assert "radtune: not enforced yet: " in ran.err and "not logged in again yet" in ran.err
    assert [row["device"] for row in run("--json", "quarantine").json] == ["LAPTOP-1"]
    assert network.states() == ["acknowledged"]


def test_a_lost_packet_is_sent_again_though_a_window_is_open(run: Run, network: Network) -> None:
    network.replies["sw1"] = SILENT

    def recovers() -> None:
        network.replies["sw1"] = ACK
        if len(network.sent) == 2:
            network.login(session(), "vlan 1")

    network.sleeping = recovers
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, len(network.sent)) == (0, 2)


def test_apply_goes_on_where_the_command_could_not(run: Run, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantining, "move_now", lambda *_: 0)
    run("quarantine", "LAPTOP-1")
    run("apply", "--wait", "0")
    assert network.sent == [("sw1", [KEY])]


def test_what_was_given_up_is_sent_again(run: Run, network: Network) -> None:
    network.store.put_move(
        Move(KEY, "vlan 750", "vlan 1", "why", "not_enforced", network.now, network.now, answer="ACK")
    )
    network.sleeping = lambda: network.login(session(), "vlan 1")
    assert run("quarantine", "LAPTOP-1").code == 0
    assert network.sent == [("sw1", [KEY])]


def test_what_it_replaces_is_told(run: Run) -> None:
    assert "in place of" not in run("quarantine", "LAPTOP-2", "--wait", "0", "--for", "2h", "--reason", "lost").out
    said = run("quarantine", "LAPTOP-2", "--wait", "0").out
    assert "in place of: quarantined by " in said and ": lost" in said
