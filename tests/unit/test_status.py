"""`radtune status`: what is well, what isn't, and why."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from radtune.errors import ExitCode
from radtune.records import Move, PolicyState, Session
from radtune.session_store import SessionStore
from radtune.settings import read_configuration
from unit.running import KEY, Run
from unit.samples import NOW, TENANT, by_mac, device, fill


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    """Return the session store of an office that is well: one session, the policy of the file in force."""
    fill(office / "store/devices", [device(1)], synced_at=time.time() - 3600)
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW))
        store.put_policy_state(PolicyState(read_configuration(office / "settings.yaml")[1].fingerprint, NOW))
        yield store


def ask(run: Run) -> dict[str, Any]:
    """Return the answer for programs."""
    answer = run("--json", "status").json
    assert isinstance(answer, dict)
    return answer


def test_all_is_well(run: Run, sessions: SessionStore, office: Path) -> None:
    ran = run("status")
    assert (ran.code, ran.err) == (0, "")
    policy, devices, live, moves, healthy = ran.out.splitlines()
    assert policy == f"policy: that of {office}/policy.yaml, in force since 2027-01-15T08:00:00Z"
    assert devices.startswith(f"devices: {TENANT} synced 20") and devices.endswith("Z, 1.0 hours ago")
    assert (live, moves, healthy) == ("sessions: 1 live", "moves: 0 under way, 0 not enforced", "healthy")
    answer = ask(run)
    assert (answer["healthy"], answer["reasons"], answer["sessions"], answer["moves"]) == (True, [], 1, [])
    assert answer["policy"]["same_as_file"] is True
    assert (answer["devices"][0]["tenant"], answer["devices"][0]["stale"]) == (TENANT, False)
    assert run("-q", "status").out == ""
    assert sessions.policy_state()


def test_another_policy_in_force(run: Run, sessions: SessionStore, office: Path) -> None:
    sessions.put_policy_state(PolicyState("another", NOW))
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert f"radtune: the server still judges by another policy than {office}/policy.yaml" in ran.err
    assert f"policy: another one than that of {office}/policy.yaml, in force since" in ran.out
    assert ask(run)["policy"]["same_as_file"] is False


def test_a_policy_that_the_server_could_not_read(run: Run, sessions: SessionStore, office: Path) -> None:
    sessions.put_policy_state(PolicyState("another", NOW, "policy.yaml:3: wrong\npolicy.yaml:4: wrong", NOW + 60))
    (office / "policy.yaml").write_text("rules: []\n")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert "radtune: the policy can't be used, and the server would not start again with it:\n" in ran.err
    assert f"radtune: {office}/policy.yaml:1: the key labels is missing\n" in ran.err
    since = "radtune: since 2027-01-15T08:01:00Z the server goes on with the policy before, for it found:\n"
    assert f"{since}radtune: policy.yaml:3: wrong\nradtune: policy.yaml:4: wrong\n" in ran.err
    assert f"policy: one read before that of {office}/policy.yaml" in ran.out
    assert ask(run)["policy"]["problem_since"] == "2027-01-15T08:01:00Z"


def test_a_server_that_has_said_nothing_yet(run: Run, sessions: SessionStore, office: Path) -> None:
    sessions.cache.delete("policy_state")
    ran = run("status")
    assert ran.code == 0
    assert "no server has answered a request yet" in ran.out
    rmtree(office / "store/sessions")
    assert run("status").code == 0
    assert "sessions: 0 live" in run("status").out
    assert not (office / "store/sessions").exists()


@pytest.mark.parametrize(("ago", "code"), [(23 * 3600, 0), (25 * 3600, 1), (-200, 0), (-1000, 1)])
def test_the_age_of_the_store(run: Run, sessions: SessionStore, office: Path, ago: float, code: int) -> None:
    fill(office / "store/devices", [device(1)], synced_at=time.time() - ago)
    ran = run("status")
    assert ran.code == code
    assert (f"the store is stale: {TENANT} was last synced" in ran.err) == bool(code)
    assert sessions.policy_state()


def test_a_store_that_was_never_filled_or_is_gone(run: Run, sessions: SessionStore, office: Path) -> None:
    rmtree(office / "store/devices")
    ran = run("status")
    assert ran.code == ExitCode.DIFFERENCE
    assert "radtune: devices: " in ran.err and "there is no store; run `radtune sync`" in ran.err
    assert "sessions: 1 live" in ran.out, "one part that can't be read hides the others"
    fill(office / "store/devices", [])
    assert run("status").code == ExitCode.DIFFERENCE
    assert sessions.policy_state()


@pytest.mark.parametrize(
    ("state", "ago", "wrong"),
    [
        ("acknowledged", 10, False),
        ("acknowledged", 100, True),
        ("unanswered", 10, True),
        ("refused", 10, True),
        ("pending", 0, True),
    ],
)
def test_moves(run: Run, sessions: SessionStore, state: str, ago: float, wrong: bool) -> None:
    sent_at = time.time() - ago if ago else 0.0
    sessions.put_move(Move(KEY, "vlan 750", "vlan 1", "why", state, NOW, sent_at, answer="because"))
    # The session of this one is over: the device is nowhere it should not be.
    sessions.put_move(Move("192.0.2.9/00005e005301", "vlan 750", "vlan 1", "why", "refused", NOW, NOW))
    ran = run("status")
    assert ran.code == int(wrong)
    assert (f"not enforced: {KEY}: vlan 750 -> vlan 1: {state} (because)" in ran.err) == wrong
    assert f"moves: 2 under way, {int(wrong)} not enforced" in ran.out
    assert [row["astray"] for row in ask(run)["moves"]] == [wrong, False]
