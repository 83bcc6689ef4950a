"""What each command says and does, its exit code included."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.config.settings import read_settings
from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import LastRun, Move
from radtune.stores.sessions import SessionStore
from radtune_tools.commands.apply import move_sessions
from radtune_tools.context import Form
from radtune_tools.output import Output
from unit.defaults import limits_with
from unit.moving import ENTRIES
from unit.running import KEY, Run
from unit.samples import MAC, NOW, SETTINGS, by_mac, device, fill, guid
from unit.serving import Server


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    """Return the session store, with the session of LAPTOP-1 in VLAN 750."""
    fill(office / "store/devices", [device(1)], synced_at=time.time())
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW, device_id=guid(1), device_name="LAPTOP-1"))
        yield store


def test_plan_with_nothing_to_do(run: Run, sessions: SessionStore) -> None:
    assert list(sessions.sessions())
    assert run("plan", "--check").code == 0
    assert run("plan").out == "nothing to move: 1 session, each where policy wants it\n"
    assert run("--json", "plan").json == {"moves": [], "held": [], "missing_attribute": []}
    assert run("-q", "plan").out == ""


def test_plan_with_a_move(run: Run, sessions: SessionStore, office: Path) -> None:
    noncompliant = device(1, compliance="noncompliant", compliance_since=1_767_225_600)
    fill(office / "store/devices", [noncompliant], synced_at=time.time())
    assert (run("plan").code, run("plan", "--check").code) == (0, ExitCode.DIFFERENCE)
    (row,) = json.loads(run("--json", "plan").out)["moves"]
    assert row["why"].endswith("LAPTOP-1 is noncompliant (since 2026-01-01T00:00:00Z)")
    assert (row["session"], row["from"], row["to"], row["rule"]) == (KEY, "vlan 750", "vlan 1", "Quarantine")
    assert row["send"].startswith("nothing: no entry under nas")
    assert list(sessions.moves()) == []


@pytest.mark.usefixtures("running")
def test_apply_to_a_nas_that_settings_do_not_know(run: Run, sessions: SessionStore, office: Path) -> None:
    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    ran = run("apply")
    assert ran.code == ExitCode.NOT_ENFORCED
    assert "radtune: not enforced yet: " in ran.err
    assert "192.0.2.1" in ran.err
    assert [move.state for move in sessions.moves()] == ["pending"]


@pytest.mark.usefixtures("running")
def test_apply_over_the_limits_sends_nothing(run: Run, sessions: SessionStore, office: Path) -> None:
    (office / "settings.yaml").write_text(f"{SETTINGS}limits: {{sessions_moved: 0, sessions_moved_percent: 0}}\n")
    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    ran = run("apply")
    assert (ran.code, list(sessions.moves())) == (ExitCode.REFUSED, [])
    assert "radtune: not sent: 1 of 1 sessions would move (100.0%)" in ran.err
    assert "--accept-moves 1 lets all 1 happen that would begin now" in ran.err
    assert run("apply", "--accept-moves", "2").code == ExitCode.REFUSED
    assert run("apply", "--accept-moves", "1").code == ExitCode.NOT_ENFORCED


def test_a_run_every_minute_tells_of_what_is_in_the_way_when_it_comes_to_that(
    sessions: SessionStore, office: Path, running: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, output = read_settings(office / "settings.yaml"), Output(Form(quiet=True))
    assert list(sessions.sessions())

    def minute() -> tuple[int, str]:
        return move_sessions(settings, output, wait=0, news=True), capsys.readouterr().err

    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    code, told = minute()
    assert (code, "no entry under nas" in told) == (ExitCode.NOT_ENFORCED, True)
    assert minute() == (0, "")
    fill(office / "store/devices", [device(1)], synced_at=time.time())
    assert minute() == (0, "")
    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    assert minute()[0] == ExitCode.NOT_ENFORCED
    settings = replace(settings, limits=limits_with(sessions_moved=0))
    fill(office / "store/devices", [device(1, compliance="error")], synced_at=time.time())
    assert (minute()[0], minute()) == (ExitCode.REFUSED, (0, ""))
    sessions.put(Session(by_mac("0016cbaabb09"), "deny", NOW))
    assert minute() == (0, ""), "of another share, but told of"
    assert move_sessions(settings, output, wait=0) == ExitCode.REFUSED
    capsys.readouterr()
    running.judge_by("another")
    code, told = minute()
    assert (code, "still judges by another policy" in told) == (ExitCode.REFUSED, True)
    assert minute() == (0, "")


def test_what_apply_was_not_let_do_is_in_its_json_and_in_status(
    run: Run, sessions: SessionStore, office: Path, running: Server
) -> None:
    assert run("status").code == 0
    limits = "limits: {sessions_moved: 0, sessions_moved_percent: 0}\n"
    (office / "settings.yaml").write_text(SETTINGS + limits)
    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    (row,) = run("--json", "apply").json
    assert (row["session"], row["state"], row["to"]) == (KEY, "not let", "vlan 1")
    assert "1 of 1 sessions would move" in row["answer"]
    ran = run("status")
    assert (ran.code, "apply was blocked at 20" in ran.err) == (ExitCode.DIFFERENCE, True)
    assert "radtune_apply_obstacles 1.0" in run("metrics").out
    running.judge_by("another")
    (row,) = run("--json", "apply").json
    assert "still judges by another policy" in row["answer"]


def test_an_apply_that_stays_away_is_seen(run: Run, sessions: SessionStore, office: Path, running: Server) -> None:
    assert running.state.stores
    assert run("apply").code == 0
    sessions.put_last_run(LastRun(time.time() - 4 * 3600 - 1))
    assert run("status").code == 0, "who has no NASes in settings may not want it"
    (office / "settings.yaml").write_text(SETTINGS + ENTRIES)
    assert "apply has not run since" in run("status").err


def test_apply_with_nothing_to_do_is_quiet(run: Run, sessions: SessionStore) -> None:
    assert list(sessions.sessions())
    ran = run("-q", "apply")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert run("--json", "apply").json == []


def test_sessions(run: Run, sessions: SessionStore) -> None:
    sessions.put_move(Move(KEY, "vlan 750", "vlan 1", "because", "acknowledged", NOW, time.time()))
    (row,) = json.loads(run("--json", "sessions").out)
    assert (row["session"], row["device"], row["granted"], row["since"]) == (
        KEY,
        "LAPTOP-1",
        "vlan 750",
        "2027-01-15T08:00:00Z",
    )
    assert row["move"] == "-> vlan 1: acknowledged, not logged in again yet"
    for word in ("LAPTOP-1", "laptop-1", guid(1), guid(1).upper(), KEY, MAC, "00-16-CB-AA-BB-01"):
        assert len(json.loads(run("--json", "sessions", word).out)) == 1
    assert run("sessions", "LAPTOP-1", "--compliance", "error").out == "no live session fits (of 1)\n"


@pytest.mark.parametrize(
    ("word", "count"),
    [
        (None, 2),
        (guid(1), 1),
        (guid(50), 1),
        ("SER1", 1),
        ("ser2", 1),
        ("laptop-1", 1),
        ("0016.cbaa.bb01", 1),
        ("x", 0),
    ],
)
def test_devices(run: Run, office: Path, word: str | None, count: int) -> None:
    fill(office / "store/devices", [device(1, entra_id=guid(50)), device(2, compliance="error")])
    ran = run("--json", "devices", *([word] if word else []))
    assert (ran.code, len(ran.json)) == (0 if count else ExitCode.USAGE, count)


def test_devices_in_a_state_and_up_to_a_limit(run: Run, office: Path) -> None:
    fill(office / "store/devices", [device(1), device(2, compliance="error", compliance_since=int(NOW))])
    (row,) = json.loads(run("--json", "devices", "--state", "error").out)
    assert (row["name"], row["compliance_since"]) == ("LAPTOP-2", "2027-01-15T08:00:00Z")
    ran = run("devices", "--limit", "1")
    assert "the first 1; --limit shows more" in ran.out
    assert run("devices", "LAPTOP-1", "--state", "error").out.startswith("no device fits\n")


def test_explain_a_live_session(run: Run, sessions: SessionStore, office: Path) -> None:
    assert list(sessions.sessions())
    fill(office / "store/devices", [device(1, compliance="noncompliant")], synced_at=time.time())
    out = run("explain", "LAPTOP-1").out
    assert f"judged: the live session {KEY}" in out
    assert "outcome: vlan 1 (rule Quarantine)" in out
    assert "granted so far: vlan 750; radtune apply would move it" in out


@pytest.mark.parametrize(
    ("target", "login", "outcome"),
    [
        ("00-16-CB-AA-BB-01", "a login with the MAC 0016cbaabb01 and no certificate", "vlan 750"),
        ("02-16-CB-AA-BB-01", "a login with the MAC 0216cbaabb01 and no certificate", "deny"),
        ("laptop-1.corp.example", "the name laptop-1.corp.example", "vlan 750"),
        (guid(1), f"the device id {guid(1)}", "vlan 750"),
    ],
)
def test_explain_a_login(run: Run, office: Path, target: str, login: str, outcome: str) -> None:
    fill(office / "store/devices", [device(1)], synced_at=time.time())
    ran = run("--json", "explain", target)
    answer = json.loads(ran.out)
    assert login in answer["judged"]
    assert answer["outcome"] == outcome
    assert answer["steps"][-1]["matched"]


@pytest.mark.parametrize("words", [("plan",), ("sessions",), ("devices",), ("explain", "x"), ("coa", "x"), ("apply",)])
def test_without_a_store(run: Run, office: Path, words: tuple[str, ...]) -> None:
    (office / "store/devices").rename(office / "away")
    ran = run(*words)
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert "there is no store; run `radtune sync`" in ran.err
