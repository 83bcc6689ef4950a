"""Sessions whose login didn't keep what a rule asks for stay; what was last known of clients is forgotten in time."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.config.settings import read_settings
from radtune.errors import ExitCode
from radtune.identity.matching import Match
from radtune.records.device_and_client import Facts, Session
from radtune.records.moves_and_states import Move
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.reconcile import Reconcile
from unit.dictionaries import write_few
from unit.running import KEY, Run
from unit.samples import NOW, POLICY, SETTINGS, by_mac, device, fill
from unit.serving import serving

LABEL = "  marked: {attribute: {name: Connect-Info, equals: x}}\n"
ASKING = POLICY.replace("rules:\n", f"{LABEL}rules:\n  - {{name: Marked, match: [marked], policy: deny}}\n")


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    """Return the session store, with one session that would have to move if it could be told about."""
    write_few(office)
    (office / "settings.yaml").write_text(f"{SETTINGS}dictionaries: [dictionary]\n")
    (office / "policy.yaml").write_text(ASKING)
    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW))
        yield store


def test_plan_says_how_many_and_why(run: Run, sessions: SessionStore) -> None:
    ran = run("plan", "--check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "nothing to move: 0 sessions, each where policy wants it",
        "can't tell for 1 session: rule Marked asks for an attribute that was not kept at login; no move before "
        "the next login",
    ]
    answer = run("--json", "plan").json
    assert isinstance(answer, dict)
    (row,) = answer["missing_attribute"]
    assert (row["session"], row["from"], row["rule"], answer["moves"]) == (KEY, "vlan 750", "Marked", [])
    assert list(sessions.sessions())


def test_apply_leaves_them_where_they_are(run: Run, sessions: SessionStore) -> None:
    ran = run("apply")
    assert (ran.code, ran.err, list(sessions.moves())) == (0, "", [])
    assert "can't tell for 1 session: rule Marked" in ran.out


def test_those_that_can_be_told_about_move(run: Run, sessions: SessionStore) -> None:
    (session,) = sessions.sessions()
    sessions.put(replace(session, facts=replace(session.facts, extra_attributes=("Connect-Info",))))
    assert run("plan", "--check").code == ExitCode.DIFFERENCE
    assert "can't tell" not in run("plan").out


def test_a_move_for_a_session_that_can_t_be_told_about_any_more_is_forgotten(
    sessions: SessionStore, office: Path
) -> None:
    sessions.put_move(Move(KEY, "vlan 750", "vlan 1", "why", "refused", NOW, NOW))
    with Reconcile(read_settings(office / "settings.yaml")) as reconcile:
        assert reconcile.settle(lambda _: None) == []
    assert list(sessions.moves()) == []


def client(hours: float) -> Facts:
    """Return the facts of a client that logged in so many hours ago."""
    return replace(by_mac(), user_name=f"client-{hours}")


def is_known(sessions: SessionStore, hours: float) -> bool:
    return sessions.recall(client(hours), frozenset({"mac"})) is not None


def known(sessions: SessionStore, hours: float) -> None:
    """Write down what was known of a client so many hours ago."""
    at = time.time() - hours * 3600
    sessions.remember(client(hours), Match("found", "", device(1), "mac", (device(1),), at))


def test_apply_forgets_what_counts_no_longer(run: Run, sessions: SessionStore, office: Path) -> None:
    text = f"{POLICY}on_failure: {{unavailable: {{last_known: 8h}}}}\n"
    (office / "policy.yaml").write_text(text)
    fill(office / "store/devices", [device(1)], synced_at=time.time())
    for hours in (1, 7, 9):
        known(sessions, hours)
    with serving(office) as server:
        server.judge_by("another")
        assert run("apply").code == 0
        assert is_known(sessions, 9), "the server may want it, by the policy that it judges by"
        server.end(forget=True)
    assert run("apply").code == 0
    assert [is_known(sessions, hours) for hours in (1, 7, 9)] == [True, True, False]
    (office / "policy.yaml").write_text(POLICY)
    assert run("apply").code == 0
    assert not is_known(sessions, 1)
