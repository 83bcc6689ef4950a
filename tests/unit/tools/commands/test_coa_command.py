"""`radtune coa`."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.stores.sessions import SessionStore
from radtune_tools.user_and_lock import caller
from unit.running import KEY, Run
from unit.samples import NOW, SETTINGS, by_mac, device, fill, guid


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    """Return the session store, with the session of LAPTOP-1 in VLAN 750."""
    fill(office / "store/devices", [device(1)], synced_at=time.time())
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW, device_id=guid(1), device_name="LAPTOP-1"))
        yield store


def test_coa_to_nobody(run: Run, sessions: SessionStore) -> None:
    assert list(sessions.sessions())
    ran = run("coa", "nobody")
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "no live session has this MAC" in ran.err


def test_coa_dry(run: Run, sessions: SessionStore, office: Path) -> None:
    nas = "nas:\n  - {name: sw1, nas: [192.0.2.1], secret_file: coa}\n"
    (office / "settings.yaml").write_text(SETTINGS + nas)
    ran = run("coa", "--dry-run", "LAPTOP-1")
    assert (ran.code, ran.out) == (ExitCode.NOT_ENFORCED, "")
    assert f"radtune: can't move {KEY} (LAPTOP-1): {office}/coa:1: there is no such file" in ran.err
    (office / "coa").write_text("s3cret\n")
    (office / "coa").chmod(0o600)
    ran = run("coa", "--dry-run", "LAPTOP-1")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"would send {KEY} (LAPTOP-1) disconnect: Disconnect-Request to 192.0.2.1 port 3799")
    assert '\n    Packet-Dst-Port = 3799\n    NAS-IP-Address = "192.0.2.1"\n    Calling-Station-Id = ' in ran.out
    (row,) = json.loads(run("--json", "coa", "--dry-run", "LAPTOP-1").out)
    assert row["packet"][0] == "Packet-Type = Disconnect-Request"
    assert list(sessions.moves()) == []


def test_coa_that_can_t_be_sent(run: Run, sessions: SessionStore) -> None:
    sessions.put(replace(next(sessions.sessions()), device_name="OTHER"))
    ran = run("coa", "OTHER")
    assert ran.code == ExitCode.NOT_ENFORCED
    assert f"radtune: not done: {KEY}: not sent: " in ran.err
    (event,) = json.loads(run("--json", "events").out)
    assert event["reason"] == f"by {caller()} by hand"


@pytest.mark.usefixtures("sessions")
def test_coa_by_two_methods(run: Run) -> None:
    ran = run("coa", "--bounce", "--disconnect", "LAPTOP-1")
    assert ran.code == ExitCode.USAGE
    assert "one method: --disconnect or --bounce" in ran.err


def test_coa_dry_names_each_session_s_own_nas(run: Run, sessions: SessionStore) -> None:
    (known,) = sessions.sessions()
    sessions.put(replace(known, facts=replace(known.facts, nas_address="192.0.2.77")))
    said = run("coa", "--dry-run", "LAPTOP-1").err
    assert "names 192.0.2.1\n" in said and "names 192.0.2.77\n" in said
