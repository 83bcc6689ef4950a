"""`radtune explain`: whom it takes a word for, what it prints, and what if."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parts.pki import Authority
from radtune.errors import ExitCode
from radtune.identity.matching import Match
from radtune.records.device_and_client import Session
from radtune.stores.sessions import SessionStore
from unit.dictionaries import write_few
from unit.running import KEY, Run
from unit.samples import MAC, NOW, RANDOM_MAC, SETTINGS, by_mac, device, fill, guid
from unit.serving import Server

POLICY = """\
labels:
  good: {mdm_compliance: compliant}
  bad: {mdm_compliance: noncompliant}
  guests: {ssid: Guest}
  wireless: {port_type: wireless}
  berlin: {site: berlin}
  night: {time: {days: [sat, sun], timezone: UTC}}
  bobs: {username: bob*}
  tunnel: {auth_type: [eap-ttls, peap]}
  pap: {inner_type: pap}
  signed: {certificate: {issuer: '*CN=The CA'}}
  marked: {attribute: {name: Connect-Info, matches: 'CONNECT*'}}
  virtual: {port_type: virtual}
  conflict: {identity_conflict: true}
  lan: {vlan: {sites: {berlin: 750}, default: 751}}
  pen: {vlan: 1}
  weekend: {vlan: weekend}
  staff: {role: {vendors: {aruba: staff}, default: default-staff}}
rules:
  - {name: Marked, match: [marked], policy: allow, assign: [pen]}
  - {name: Weekend, match: [good, night], policy: allow, assign: [weekend]}
  - {name: Guests, match: [guests, wireless], policy: deny}
  - {name: Bobs, match: [bobs, tunnel, pap], policy: allow}
  - {name: Signed, match: [signed], policy: allow, assign: [staff]}
  - {name: Virtual, match: [virtual], policy: deny}
  - {name: Good, match: [good], policy: allow, assign: [lan]}
  - {name: Bad, match: [bad], policy: allow, assign: [pen]}
default: deny
on_failure: {unavailable: {last_known: 8h}}
"""
PLACES = """\
dictionaries: [dictionary]
nas:
  - {name: switch-1, nas: [192.0.2.1, sw1], secret_file: coa}
sites:
  - {name: berlin, nas: [192.0.2.0/24]}
nas_groups:
  - {name: access points, nas: ['ap*'], vendor: aruba}
"""
pytestmark = pytest.mark.usefixtures("office_with_sites")
MONDAY, SATURDAY = "2027-01-04T12:00+00:00", "2027-01-02T12:00+00:00"


@pytest.fixture
def office_with_sites(office: Path) -> Path:
    """Return an office with sites, a policy that asks for all sorts of things, and two devices."""
    write_few(office)
    (office / "settings.yaml").write_text(SETTINGS + PLACES)
    (office / "policy.yaml").write_text(POLICY)
    fill(office / "store/devices", [device(1), device(2, compliance="noncompliant")], synced_at=time.time())
    return office


@pytest.fixture
def sessions(office_with_sites: Path) -> Iterator[SessionStore]:
    """Return the session store, with the session of LAPTOP-1 in VLAN 750."""
    with closing(SessionStore(office_with_sites / "store/sessions", create=True, timeout=1.0)) as store:
        facts = replace(by_mac(), extra_attributes=("Connect-Info",))
        store.put(Session(facts, "vlan 750", NOW, device_id=guid(1), device_name="LAPTOP-1"))
        yield store


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return the file of a certificate that names LAPTOP-1 by its id."""
    pair = Authority("The CA").issue_client("someone", uris=[f"IntuneDeviceId://{guid(1)}"], subject_serial="S-1")
    return pair.write(tmp_path, "client")[0]


def ask(run: Run, *words: str) -> dict[str, Any]:
    """Return the answer for programs; the time is a Monday unless the words say so."""
    at = () if "--at" in words else ("--at", MONDAY)
    ran = run("--json", "explain", *words, *at)
    assert (ran.code, ran.err) == (0, "")
    assert isinstance(ran.json, dict)
    return ran.json


@pytest.mark.parametrize(
    ("words", "outcome", "rule"),
    [
        (("laptop-1",), "vlan 751", "Good"),
        ((guid(2),), "vlan 1", "Bad"),
        ((MAC, "--at", SATURDAY), "vlan weekend", "Weekend"),
        (("laptop-1", "--nas", "192.0.2.7"), "vlan 750", "Good"),
        (("laptop-1", "--nas", "sw1"), "vlan 750", "Good"),
        (("laptop-1", "--nas", "switch-1"), "vlan 750", "Good"),
        (("laptop-1", "--nas", "elsewhere"), "vlan 751", "Good"),
        (("laptop-1", "--ssid", "Guest"), "deny", "Guests"),
        (("laptop-1", "--ssid", "guest"), "vlan 751", "Good"),
        (("laptop-1", "--compliance", "noncompliant"), "vlan 1", "Bad"),
        (("laptop-2", "--compliance", "compliant"), "vlan 751", "Good"),
        (("nobody", "--compliance", "compliant"), "vlan 751", "Good"),
        ((RANDOM_MAC, "--compliance", "noncompliant"), "vlan 1", "Bad"),
        (("laptop-1", "--compliance", "not_enrolled"), "deny", "default"),
        (("laptop-1", "--compliance", "ambiguous"), "deny", "default"),
        (("laptop-1", "--compliance", "stale"), "deny", "default"),
        (("laptop-1", "--compliance", "unavailable"), "deny", "default"),
        (("nobody", "--mac", MAC), "vlan 751", "Good"),
        (("nobody", "--user", "bob@corp", "--auth-type", "eap-ttls", "--inner-type", "pap"), "allow", "Bobs"),
        (("nobody", "--user", "bob@corp", "--auth-type", "eap-ttls"), "deny", "default"),
        (("laptop-1", "--attribute", "Connect-Info=CONNECT 54Mbps"), "vlan 1", "Marked"),
        (("laptop-1", "--attribute", "Connect-Info=no", "--attribute", "connect-info=CONNECT"), "vlan 1", "Marked"),
        (("laptop-1", "--attribute", "NAS-Port-Type=Virtual"), "deny", "Virtual"),
        (("laptop-1", "--attribute", "NAS-IP-Address=192.0.2.3"), "vlan 750", "Good"),
        (("laptop-1", "--auth-type", "mab"), "deny", "default"),
        (("laptop-1", "--auth-type", "pap", "--mac", MAC), "vlan 751", "Good"),
    ],
)
def test_what_if(run: Run, words: tuple[str, ...], outcome: str, rule: str) -> None:
    answer = ask(run, *words)
    assert (answer["outcome"], answer["rule"]) == (outcome, rule)
    assert answer["steps"][-1] == {"rule": rule, "matched": True, "why": answer["steps"][-1]["why"]}


def test_a_session_is_judged_as_it_logged_in_with_the_options_laid_over(run: Run, sessions: SessionStore) -> None:
    assert list(sessions.sessions())
    answer = ask(run, "LAPTOP-1")
    assert (answer["session"], answer["granted"], answer["outcome"]) == (KEY, "vlan 750", "vlan 750")
    assert (answer["site"], answer["auth_type"], answer["nas_address"]) == ("berlin", "mab", "192.0.2.1")
    answer = ask(run, KEY, "--nas", "ap-7", "--ssid", "Corp")
    assert (answer["outcome"], answer["site"], answer["vendor"]) == ("vlan 751", "", "aruba")
    assert answer["judged"].startswith(
        f"the live session {KEY}, with SSID Corp, NAS ap-7, the time 2027-01-04T12:00:00Z"
    )


def test_what_was_last_known_counts_as_the_policy_says(run: Run, sessions: SessionStore) -> None:
    (session,) = sessions.sessions()
    known = Match("found", "x", device(1), "mac", (device(1),), time.time() - 3600)
    sessions.remember(session.facts, known)
    ran = run("--json", "explain", KEY, "--compliance", "unavailable")
    assert isinstance(ran.json, dict)
    assert (ran.json["compliance"], ran.json["outcome"]) == ("compliant", "vlan 750")
    assert "LAPTOP-1 was compliant 1.0 hours ago" in ran.json["reason"]


def test_a_certificate_file(run: Run, certificate: Path) -> None:
    answer = ask(run, str(certificate))
    assert (answer["matched_by"], answer["device"], answer["rule"]) == ("device_id", "LAPTOP-1", "Signed")
    assert (answer["outcome"], answer["reply"]) == ("role default-staff", [["Filter-Id", "default-staff"]])
    shown = answer["certificate"]
    assert (shown["common_name"], shown["subject_serial"], shown["issuer"]) == ("someone", "S-1", "/CN=The CA")
    assert shown["uris"] == [f"IntuneDeviceId://{guid(1)}"]
    assert shown["subject"] == "/CN=someone/serialNumber=S-1"
    assert ask(run, "nobody", "--certificate", str(certificate), "--nas", "ap1")["outcome"] == "role staff"
    out = run("explain", str(certificate), "--at", "2099-01-01").out
    assert "it has ended, and the server refuses it" in out


def test_everything_is_printed(run: Run, office_with_sites: Path) -> None:
    out = run("explain", "00-16-CB-AA-BB-02", "--nas", "switch-1", "--at", MONDAY).out
    for line in (
        "judged: a login with the MAC 0016cbaabb02 and no certificate, with NAS switch-1, the time 2027-01-04T12:00:00Z"
        ", and the store as fresh then as it is now",
        "device: found by its mac: the MAC is 0016cbaabb02",
        f"  used: LAPTOP-2 ({guid(2)}), noncompliant, last check-in 2023-11-14T22:13:20Z",
        "place: NAS sw1 192.0.2.1, site berlin",
        "  no   Marked: marked doesn't hold: Connect-Info is not in the request",
        "  no   Good: good doesn't hold: the device is noncompliant",
        "  fits Bad: the device is noncompliant",
        "outcome: vlan 1 (rule Bad)",
        "reply: Access-Accept\n  Tunnel-Type:0 = VLAN\n  Tunnel-Medium-Type:0 = IEEE-802\n",
        "  Tunnel-Private-Group-Id:0 = 1\n",
    ):
        assert line in out
    assert "  -    Bad: not tried, since a rule before it fits" in run("explain", MAC).out
    assert "reply: Access-Reject" in run("explain", "nobody").out


def test_candidates_and_conflicts(run: Run, office_with_sites: Path) -> None:
    fill(office_with_sites / "store/devices", [device(3, name="TWIN"), device(4, name="TWIN")], synced_at=time.time())
    out = run("explain", "twin").out
    assert f"  candidate: TWIN ({guid(3)})" in out and f"  candidate: TWIN ({guid(4)})" in out
    assert "device: ambiguous: " in out
    answer = ask(run, "laptop-1", "--mac", "00-16-CB-AA-BB-02")
    assert "its MAC 0016cbaabb02 belongs to LAPTOP-2" in answer["identity_conflict"]
    assert (
        "identity conflict: the client is LAPTOP-1 by its name"
        in run("explain", "laptop-1", "--mac", "00-16-CB-AA-BB-02").out
    )


def test_another_policy(run: Run, office_with_sites: Path) -> None:
    other = office_with_sites / "other.yaml"
    other.write_text(POLICY.replace("name: Good,", "name: Fine,"))
    assert ask(run, "laptop-1", "--policy", str(other))["rule"] == "Fine"
    other.write_text("rules: []\n")
    ran = run("explain", "laptop-1", "--policy", str(other))
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert f"{other}:1: the key labels is missing" in ran.err


def test_the_policy_in_force(run: Run, running: Server) -> None:
    running.judge_by("another")
    ran = run("explain", MAC)
    assert "radtune: the server still judges by another policy than " in ran.err
    assert ran.code == 0
    running.judge_by("another", "policy.yaml:1: broken", NOW)
    assert "judges by the one before: policy.yaml:1: broken" in run("explain", MAC).err


def test_a_session_that_cannot_be_told_about(run: Run, sessions: SessionStore) -> None:
    """It logged in before the policy asked for Connect-Info."""
    (session,) = sessions.sessions()
    sessions.put(replace(session, facts=replace(session.facts, extra_attributes=()), granted="vlan 9"))
    out = run("explain", KEY).out
    assert "granted so far: vlan 9; rule Marked asks for what was not kept at its login" in out
    assert "granted so far: vlan 9\n" in run("explain", KEY, "--ssid", "x").out
