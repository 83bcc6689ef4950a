"""`radtune release`."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.policy.quarantines import Quarantine
from radtune.records.device_and_client import Session
from radtune.server.client_events import newest_events
from radtune.stores.quarantines import read_quarantines
from radtune.stores.sessions import SessionStore
from unit.running import KEY, Run
from unit.samples import MAC, by_mac, device, fill, guid

pytestmark = pytest.mark.usefixtures("moved")
OLD = device(3, serial="SER1", name="OLD-1", last_check_in=1, entra_id=guid(53))


@pytest.fixture
def sessions(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionStore]:
    """Return the session store; LAPTOP-1, which has an older record, and LAPTOP-2 are live in VLAN 750."""
    monkeypatch.setenv("SUDO_USER", "alice")
    fill(
        office / "store/devices",
        [device(1), device(2), OLD, device(4, name="TWIN"), device(5, name="TWIN")],
        time.time(),
    )
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        for number in (1, 2):
            facts = by_mac(f"0016cbaabb{number:02x}")
            store.put(Session(facts, "vlan 750", time.time(), device_id=guid(number), device_name=f"LAPTOP-{number}"))
        yield store


def held(sessions: SessionStore) -> list[Quarantine]:
    return list(read_quarantines(sessions))


@pytest.mark.parametrize("word", ["LAPTOP-1", "old-1", "SER1", MAC, guid(1), guid(53)])
def test_a_release(run: Run, sessions: SessionStore, office: Path, moved: list[str], word: str) -> None:
    run("quarantine", "LAPTOP-1", "--reason", "lost")
    run("quarantine", "LAPTOP-2")
    sessions.put(replace(Session(by_mac(), "vlan 1", time.time()), device_id=guid(1)))
    moved.clear()
    ran = run("release", word)
    assert (ran.code, ran.err, [each.device.name for each in held(sessions)]) == (0, "", ["LAPTOP-2"])
    assert ran.out.splitlines()[1:] == [
        f"{KEY}: vlan 1 -> vlan 750 (rule Corp Compliant)",
        "a login by its device_id: vlan 1 -> vlan 750 (rule Corp Compliant)",
    ]
    assert moved == [KEY]
    event = next(newest_events(office / "events.jsonl"))
    assert (event["event"], event["device"]) == ("release", "LAPTOP-1")
    assert str(event["reason"]).startswith("released by alice; it was quarantined by alice since ")


def test_a_device_that_has_left_intune_or_is_enrolled_anew_can_be_released(
    run: Run, sessions: SessionStore, office: Path
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
    assert held(sessions) == []


@pytest.mark.parametrize("word", ["LAPTOP-1", "nobody", ""])
def test_what_is_not_quarantined_can_t_be_released(run: Run, sessions: SessionStore, word: str) -> None:
    run("quarantine", "LAPTOP-2")
    ran = run("release", word)
    assert (ran.code, len(held(sessions))) == (ExitCode.USAGE, 1)
    assert ran.err == f"radtune: {word}: no such device is quarantined; radtune quarantine lists those that are\n"


def test_a_name_of_several_quarantined_devices_is_refused(run: Run, sessions: SessionStore) -> None:
    for number in (4, 5):
        run("quarantine", guid(number))
    ran = run("release", "TWIN")
    assert (ran.code, len(held(sessions))) == (ExitCode.USAGE, 2)
    assert "TWIN names several devices; name one by its id:" in ran.err
