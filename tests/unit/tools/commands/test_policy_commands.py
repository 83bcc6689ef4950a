"""`radtune policy check`, `test` and `diff`: what they say, and their exit codes."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.stores.sessions import SessionStore
from unit.dictionaries import write_few
from unit.running import KEY, Run
from unit.samples import NOW, POLICY, SETTINGS, by_mac, device, fill, guid

ROOT = Path(__file__).resolve().parents[4]
SHIPPED = ROOT / "raddb/mods-config/radtune"
CASES = """\
cases:
  - name: good
    request: {EAP-Type: TLS, TLS-Client-Cert-Common-Name: laptop}
    device: {name: laptop, compliance: compliant}
    expect: {vlan: 750}
  - name: bad
    request: {EAP-Type: TLS, TLS-Client-Cert-Common-Name: laptop}
    device: {name: laptop, compliance: noncompliant}
    expect: {vlan: 1}
"""
SITES = "sites:\n  - {name: berlin, nas: [192.0.2.0/24]}\n"
BY_SITE = POLICY.replace("{vlan: 750}", "{vlan: {sites: {berlin: 750}, default: 7}}")


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    """Return the session store, with the session of LAPTOP-1 in VLAN 750."""
    fill(office / "store/devices", [device(n) for n in range(1, 6)], synced_at=time.time())
    fill(office / "store/devices", [device(9, compliance="noncompliant")], synced_at=time.time())
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW, device_id=guid(1), device_name="LAPTOP-1"))
        yield store


def plain(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def test_warnings_are_said_and_taken_for_faults_where_that_is_asked(run: Run, office: Path) -> None:
    ran = run("policy", "check")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{office}/policy.yaml: valid, 2 rules, 1 warning")
    assert ran.err.startswith(f"radtune: {office}/policy.yaml:16: default: warning: clients that are not_enrolled")
    for words in ((), (str(office / "policy.yaml"),)):
        strict = run("policy", "check", "--strict", *words)
        assert (strict.code, strict.err) == (ExitCode.CONFIGURATION, ran.err)
    (warning,) = plain(run("--json", "policy", "check").json)["warnings"]
    assert (warning["line"], warning["key"]) == (16, "default")
    shipped = run("policy", "check", "--strict", str(SHIPPED / "policy.yaml"))
    assert (shipped.code, "CHANGE-ME is no VLAN" in shipped.err) == (ExitCode.CONFIGURATION, True)


def test_a_file_is_checked_with_the_sites_of_the_settings_in_use(run: Run, office: Path) -> None:
    file = office / "other.yaml"
    file.write_text(BY_SITE)
    ran = run("policy", "check", str(file))
    assert ran.code == ExitCode.CONFIGURATION
    assert "unknown site berlin" in ran.err
    write_few(office)
    (office / "settings.yaml").write_text(f"{SETTINGS}{SITES}dictionaries: [dictionary]\n")
    ran = run("policy", "check", str(file))
    assert ran.code == 0
    assert f"checked with the sites and dictionaries of {office}/settings.yaml" in ran.out
    (office / "settings.yaml").write_text("store: 1\n")
    assert run("policy", "check", str(file)).code == ExitCode.CONFIGURATION
    (office / "settings.yaml").unlink()
    ran = run("policy", "check", str(file))
    assert ran.code == 0
    assert f"checked without sites and dictionaries: there is no {office}/settings.yaml" in ran.out


def test_the_shipped_cases_pass_and_reach_every_rule(run: Run, office: Path) -> None:
    write_few(office)
    (office / "settings.yaml").write_text(f"{SETTINGS}dictionaries: [dictionary]\n")
    for name in ("policy.yaml", "policy-tests.yaml"):
        shutil.copy(SHIPPED / name, office)
    ran = run("--json", "policy", "test")
    assert ran.err == ""
    answer = plain(ran.json)
    assert (answer["failed"], answer["unreached"]) == (0, [])
    assert len(answer["cases"]) >= 5


def test_cases_that_pass(run: Run, office: Path) -> None:
    (office / "policy-tests.yaml").write_text(CASES)
    ran = run("policy", "test")
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()
    assert first.startswith(f"{office}/policy-tests.yaml: 2 cases, all passed; judged by {office}/policy.yaml with")
    assert second == "no case reaches: default"
    assert run("-q", "policy", "test").out == ""


def test_a_case_that_fails(run: Run, office: Path) -> None:
    (office / "cases.yaml").write_text(CASES.replace("vlan: 750", "rule: Quarantine, vlan: 1"))
    ran = run("policy", "test", str(office / "cases.yaml"))
    assert (ran.code, "2 cases, 1 failed" in ran.out) == (ExitCode.DIFFERENCE, True)
    assert ran.err.splitlines() == [
        f"radtune: {office}/cases.yaml:2: failed: good",
        "radtune:   rule: expected Quarantine, got Corp Compliant",
        "radtune:   vlan: expected 1, got 750",
        "radtune:   why: the certificate names the device laptop: laptop is compliant",
        "radtune:     fits Corp Compliant: the device is compliant",
    ]
    answer = plain(run("--json", "policy", "test", str(office / "cases.yaml")).json)
    assert [case["passed"] for case in answer["cases"]] == [False, True]
    assert answer["cases"][0]["differences"][0] == {"key": "rule", "expected": "Quarantine", "got": "Corp Compliant"}


def test_without_settings_and_stores(run: Run, office: Path, tmp_path: Path) -> None:
    shutil.rmtree(office / "store")
    (office / "settings.yaml").unlink()
    away = tmp_path / "away"
    away.mkdir()
    (away / "policy.yaml").write_text(BY_SITE)
    (away / "policy-tests.yaml").write_text(CASES.replace("750", "7"))
    ran = run("policy", "test", "--policy", str(away / "policy.yaml"))
    assert (ran.code, ran.err) == (0, "")
    assert "without sites and dictionaries: there is no" in ran.out
    ran = run("policy", "test")
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert f"{office}/settings.yaml:1: there is no such file" in ran.err


def test_the_cases_beside_the_policy_named_come_first(run: Run, office: Path, tmp_path: Path) -> None:
    (office / "policy-tests.yaml").write_text(CASES)
    away = tmp_path / "away"
    away.mkdir()
    (away / "new.yaml").write_text(POLICY.replace("750", "751"))
    assert run("policy", "test", "--policy", str(away / "new.yaml")).code == ExitCode.DIFFERENCE
    (away / "policy-tests.yaml").write_text(CASES.replace("750", "751"))
    assert run("policy", "test", "--policy", str(away / "new.yaml")).code == 0


def test_faults_in_policy_or_cases(run: Run, office: Path) -> None:
    assert run("policy", "test").code == ExitCode.CONFIGURATION
    (office / "policy-tests.yaml").write_text(CASES.replace("expect", "expcet"))
    ran = run("policy", "test")
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert f"{office}/policy-tests.yaml:5: cases[1].expcet: unknown key expcet; did you mean expect?" in ran.err
    (office / "policy.yaml").write_text("rules: 1\n")
    assert f"{office}/policy.yaml:1: rules: 1: expected a list" in run("policy", "test").err


def test_the_same_policy_makes_no_difference(run: Run, sessions: SessionStore, office: Path) -> None:
    ran = run("policy", "diff", "--check", str(office / "policy.yaml"))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "live sessions: 0 of 1 would get another outcome",
        "devices: 0 of 6 would get another outcome, each judged as an EAP-TLS login with its Intune id in the "
        "certificate, at no known place",
    ]
    assert len(list(sessions.sessions())) == 1


def test_another_policy_makes_a_difference(run: Run, sessions: SessionStore, office: Path) -> None:
    new = office / "new.yaml"
    new.write_text(
        POLICY.replace("{vlan: 1}", "{vlan: 2}")
        .replace("[intune-compliant]\n    policy: allow", "[intune-compliant]\n    policy: deny")
        .replace("assign: [corp-vlan]", "assign: []")
    )
    answer = plain(run("--json", "policy", "diff", str(new)).json)
    (session,) = answer["sessions"]
    assert (session["session"], session["from"], session["to"]) == (KEY, "vlan 750", "deny")
    assert (session["rule_before"], session["rule_after"]) == ("Corp Compliant", "Corp Compliant")
    first, second = answer["devices"]
    assert (first["from"], first["to"], first["rule"], first["devices"]) == ("vlan 750", "deny", "Corp Compliant", 5)
    assert len(first["such_as"]) == 3 and set(first["such_as"]) <= {f"LAPTOP-{number}" for number in range(1, 6)}
    assert (second["from"], second["to"], second["such_as"]) == ("vlan 1", "vlan 2", ["LAPTOP-9"])
    assert (run("policy", "diff", str(new)).code, run("policy", "diff", "--check", str(new)).code) == (0, 1)
    out = run("policy", "diff", str(new)).out
    assert "live sessions: 1 of 1 would get another outcome" in out
    assert "devices: 6 of 6 would get another outcome" in out
    assert list(sessions.moves()) == []


def test_sessions_that_can_t_be_told_about_are_counted(run: Run, sessions: SessionStore, office: Path) -> None:
    write_few(office)
    (office / "settings.yaml").write_text(f"{SETTINGS}dictionaries: [dictionary]\n")
    new = office / "new.yaml"
    label = "  marked: {attribute: {name: Connect-Info, equals: x}}\n"
    rule = "rules:\n  - {name: Marked, match: [marked], policy: deny}\n"
    new.write_text(POLICY.replace("rules:\n", rule).replace("labels:\n", f"labels:\n{label}"))
    ran = run("policy", "diff", "--check", str(new))
    assert ran.code == 0
    assert "unknown for 1 session: a policy asks for what was not kept at their login" in ran.out
    (session,) = sessions.sessions()
    sessions.put(
        replace(
            session, facts=replace(session.facts, extra_attributes=("Connect-Info",), attributes=("Connect-Info=x",))
        )
    )
    assert run("policy", "diff", "--check", str(new)).code == ExitCode.DIFFERENCE


def test_a_stale_store_is_told(run: Run, sessions: SessionStore, office: Path) -> None:
    fill(office / "store/devices", [device(1)], synced_at=NOW - 10**9)
    assert "the store is stale for 6 devices" in run("policy", "diff", str(office / "policy.yaml")).out
    assert list(sessions.sessions())


def test_a_new_policy_with_faults(run: Run, office: Path) -> None:
    new = office / "new.yaml"
    new.write_text(POLICY.replace("match: [intune-compliant]", "match: [intune-complaint]"))
    ran = run("policy", "diff", str(new))
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert f"{new}:9: rules[1].match[1]: unknown label intune-complaint; did you mean intune-compliant?" in ran.err
