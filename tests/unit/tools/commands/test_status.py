"""`radtune status`: what is well, what isn't, and why."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move, MoveState, SyncState
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from unit.running import KEY, Run
from unit.samples import NOW, TENANT, by_mac, device, fill, opened
from unit.serving import Server


@pytest.fixture
def sessions(office: Path, running: Server) -> Iterator[SessionStore]:
    """Return the session store of an office that is well: one session, a server with the policy of the file."""
    assert running.state.stores
    fill(office / "store/devices", [device(1)], synced_at=time.time() - 3600)
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW))
        yield store


def ask(run: Run) -> dict[str, Any]:
    """Return the answer for programs."""
    answer = run("--json", "status").json
    assert isinstance(answer, dict)
    return answer


def test_all_is_well(run: Run, sessions: SessionStore, office: Path) -> None:
    ran = run("status")
    assert (ran.code, ran.err) == (0, "")
    server, policy, devices, live, quarantined, moves, healthy = ran.out.splitlines()
    assert server == f"server: pid {os.getpid()}, started 2027-01-15T08:00:00Z (10m), no request since"
    assert policy == f"policy: that of {office}/policy.yaml, in force since 2027-01-15T08:00:00Z"
    assert devices.startswith(
        f"devices: {TENANT}: not in settings, its devices stay, for no tenant is left to sync, synced 20"
    )
    assert (live, quarantined) == ("sessions: 1 live", "quarantined: 0 devices")
    assert (moves, healthy) == ("moves: 0 under way, 0 of them not enforced", "healthy")
    answer = ask(run)
    assert (answer["healthy"], answer["reasons"], answer["sessions"], answer["moves"]) == (True, [], 1, [])
    assert answer["policy"]["same_as_file"] is True
    assert (answer["devices"][0]["tenant"], answer["devices"][0]["stale"]) == (TENANT, False)
    assert answer["state"] == "healthy"
    assert run("-q", "status").out == ""
    assert list(sessions.sessions())


@pytest.mark.usefixtures("sessions")
def test_another_policy_in_force(run: Run, running: Server, office: Path) -> None:
    running.judge_by("another")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert f"radtune: the server still judges by another policy than {office}/policy.yaml" in ran.err
    assert f"policy: another one than that of {office}/policy.yaml, in force since" in ran.out
    assert ask(run)["policy"]["same_as_file"] is False


@pytest.mark.usefixtures("sessions")
def test_a_policy_that_the_server_could_not_read(run: Run, running: Server, office: Path) -> None:
    running.judge_by("another", "policy.yaml:3: wrong\npolicy.yaml:4: wrong", NOW + 60)
    (office / "policy.yaml").write_text("rules: []\n")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert "radtune: the policy can't be used, and the server would not start again with it:\n" in ran.err
    assert f"radtune: {office}/policy.yaml:1: the key labels is missing\n" in ran.err
    since = "radtune: since 2027-01-15T08:01:00Z the server goes on with the policy before, for it found:\n"
    assert f"{since}radtune: policy.yaml:3: wrong\nradtune: policy.yaml:4: wrong\n" in ran.err
    assert f"policy: one read before that of {office}/policy.yaml" in ran.out
    assert ask(run)["policy"]["problem_since"] == "2027-01-15T08:01:00Z"


@pytest.mark.parametrize(("ago", "code"), [(23 * 3600, 0), (25 * 3600, 1), (-200, 0), (-1000, 1)])
def test_the_age_of_the_store(run: Run, sessions: SessionStore, office: Path, ago: float, code: int) -> None:
    fill(office / "store/devices", [device(1)], synced_at=time.time() - ago)
    ran = run("status")
    assert ran.code == code
    assert (f"the store is stale: {TENANT} was last synced" in ran.err) == bool(code)
    assert list(sessions.sessions())


def test_a_store_whose_directory_is_gone(run: Run, sessions: SessionStore, office: Path) -> None:
    assert sessions.directory.exists()
    rmtree(office / "store")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert f"radtune: sessions: {office}/store: there is no such directory; make it for the server's user" in ran.err


def test_a_store_that_was_never_filled_or_is_gone(run: Run, sessions: SessionStore, office: Path) -> None:
    rmtree(office / "store/devices")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert "radtune: devices: " in ran.err and "there is no store; run `radtune sync`" in ran.err
    assert "sessions: 1 live" in ran.out, "one part that can't be read hides the others"
    fill(office / "store/devices", [], synced_at=1)
    assert run("status").code == ExitCode.DIFFERENCE
    assert list(sessions.sessions())


@pytest.mark.parametrize(
    ("state", "planned", "wrong"),
    [
        ("acknowledged", 100, False),
        ("unanswered", 100, False),
        ("refused", 899, False),
        ("acknowledged", 900, True),
        ("refused", 900, True),
        ("not_enforced", 1, True),
        ("pending", 1, True),
    ],
)
def test_moves(run: Run, sessions: SessionStore, state: MoveState, planned: float, wrong: bool) -> None:
    now = time.time()
    sent_at = 0.0 if state == "pending" else now - 1
    sessions.put_move(Move(KEY, "vlan 750", "vlan 1", "why", state, now - planned, sent_at, answer="because"))
    # The session of this one is over: the device is nowhere it should not be.
    sessions.put_move(Move("192.0.2.9/00005e005301", "vlan 750", "vlan 1", "why", "refused", NOW, NOW))
    ran = run("status")
    assert ran.code == int(wrong)
    assert (f"{KEY}: vlan 750 -> vlan 1: {state.replace('_', ' ')} (because)" in ran.err) == wrong
    assert f"moves: 2 under way, {int(wrong)} of them not enforced" in ran.out
    assert [row["out_of_policy"] for row in ask(run)["moves"]] == [wrong, False]


def test_a_coa_secret_that_can_not_be_used(run: Run, sessions: SessionStore, office: Path) -> None:
    assert list(sessions.sessions())
    settings, file = office / "settings.yaml", office / "coa"
    settings.write_text(f"{settings.read_text()}nas:\n  - {{name: sw1, nas: [192.0.2.1], secret_file: coa}}\n")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert (
        f"no CoA leaves to these NASes: {file}:1: there is no such file; it has to hold the CoA secret of sw1"
        in ran.err
    )
    file.write_text("s3cret\n")
    file.chmod(0o644)
    assert f"mode 0644 lets every user have the CoA secret of sw1; run: chmod o-rwx {file}" in run("status").err
    file.chmod(0o600)
    assert (run("status").code, run("status").err) == (0, "")


LINKED = f"""\
intune:
  - tenant: {TENANT}
    client_id: 8a0f3c11-0000-4000-8000-000000000007
    client_secret_file: secret
    client_secret_expires: "2999-05-01"
"""


@pytest.fixture
def linked(office: Path, sessions: SessionStore) -> Path:
    """Return an office that is well, with a tenant."""
    assert sessions
    (office / "settings.yaml").write_text(f"{(office / 'settings.yaml').read_text()}{LINKED}")
    (office / "secret").write_text("x\n")
    (office / "secret").chmod(0o600)
    return office


def put(office: Path, **changes: Any) -> None:
    with closing(DeviceStore(office / "store/devices", create=False, timeout=1.0)) as store:
        state = SyncState(TENANT, counts={"compliant": 3, "error": 1}, **changes)
        store.put_sync_state(state)


def test_a_tenant_that_is_well(run: Run, linked: Path) -> None:
    now = int(time.time())
    put(linked, linked_at=now - 9000, whole_at=now - 3600, whole_before=now - 10800, changes_at=now - 60)
    ran = run("status")
    assert (ran.code, ran.err) == (0, "")
    for said in ("linked since 20", "client secret until 2999-05-01", "changes 20", "next about 20", "3 compliant"):
        assert said in ran.out
    (row,) = ask(run)["devices"]
    assert (row["devices"], row["failures"], row["in_settings"]) == ({"compliant": 3, "error": 1}, 0, True)


def test_a_sync_that_should_have_been_is_due(run: Run, linked: Path) -> None:
    now = int(time.time())
    put(linked, whole_at=now - 4000, whole_before=now - 7600)
    ran = run("status")
    assert (ran.code, "due since 20" in ran.out, "next about" in ran.out) == (0, True, False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"failures": 3, "failing_since": 1_700_000_000, "problem": "AADSTS7000222"}, "sync failed 3 times since 2023"),
        ({"whole_at": 1_700_007_200, "whole_before": 1_700_000_000}, "does cron still run it?"),
    ],
)
def test_a_tenant_that_is_not(run: Run, linked: Path, changes: dict[str, Any], says: str) -> None:
    put(linked, **changes)
    ran = run("status")
    assert (ran.code, says in ran.err) == (1, True)


def test_a_tenant_that_is_no_longer_in_settings(run: Run, linked: Path) -> None:
    """What cron does is no question to it; what stands in the way of its devices' going is told."""
    fill(linked / "store/devices", [device(2)], synced_at=time.time() - 3600, tenant="left.example")
    left = SyncState("left.example", whole_at=1_700_007_200, whole_before=1_700_000_000)
    with opened(linked / "store/devices") as store:
        store.put_sync_state(left)
    ran = run("status")
    assert (ran.code, ran.err) == (0, "")
    assert "left.example: not in settings, its devices go with the next syncs, synced 20" in ran.out
    with opened(linked / "store/devices") as store:
        store.put_sync_state(replace(left, failures=1, failing_since=1_700_007_200, problem="--accept-missing 30"))
    ran = run("status")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "left.example: sync failed 1 time since 2023-11-15T00:13:20Z: --accept-missing 30" in ran.err


def test_a_secret_that_expires(run: Run, linked: Path) -> None:
    file = linked / "settings.yaml"
    soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * 86400))
    file.write_text(file.read_text().replace("2999-05-01", soon))
    ran = run("status")
    assert ran.code == 1
    assert "the client secret expires in 9 days" in ran.err
