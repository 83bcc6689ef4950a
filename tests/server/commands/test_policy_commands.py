"""`radtune policy` and `radtune status` on a running system."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.office import POLICY, Office, device, mac_of
from parts.process import wait_for
from parts.raddb import give_to_server, server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT

SHIPPED = PROJECT / "raddb/mods-config/radtune"
STATES = {
    *("compliant", "noncompliant", "in_grace_period", "unknown", "conflict", "error", "config_manager"),
    *("not_enrolled", "ambiguous", "stale", "unavailable"),
}
FLEET = [device(1), device(2, complianceState="noncompliant"), device(3)]


@pytest.fixture
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, FLEET) as office:
        office.client.login(*mac_login("0016cb000001"))
        yield office


def write(office: Office, text: str, name: str = "policy.yaml") -> Path:
    """Put a file beside the settings, all of it at once."""
    file = office.directory / "etc" / name
    new = file.with_suffix(".new")
    new.write_text(text)
    give_to_server(new)
    new.rename(file)
    return file


def test_the_shipped_policy_and_its_cases(office: Office) -> None:
    """Before and after the VLAN is set that has to be; the cases try every state."""
    shipped = (SHIPPED / "policy.yaml").read_text()
    write(office, (SHIPPED / "policy-tests.yaml").read_text(), "policy-tests.yaml")
    for policy in (shipped, shipped.replace("CHANGE-ME", "999")):
        write(office, policy)
        answer = office.ask("policy", "test")
        assert (answer["failed"], answer["unreached"]) == (0, [])
        assert {case["compliance"] for case in answer["cases"]} == STATES
    assert office.radtune("policy", "check", "--strict", expect=0).stderr == ""


def test_nobody_gets_a_vlan_that_is_not_set(office: Office) -> None:
    write(office, (SHIPPED / "policy.yaml").read_text())
    assert "labels.quarantine.vlan: warning: CHANGE-ME is no VLAN" in office.radtune("policy", "check").stderr
    explained = office.ask("explain", "LAPTOP-2")
    assert (explained["rule"], explained["packet"]) == ("Quarantine", "Access-Reject")
    assert "its VLAN is still CHANGE-ME" in explained["reason"]


def test_a_case_says_what_a_login_gets(office: Office) -> None:
    """The attributes of a case are those of a real request, and lead to the same outcome."""
    (login,) = office.eap_tls(office.authority.issue_client("x", dns=[device(2)["id"]]), mac_of(9))
    event = office.events()[-1]
    case = f"""\
cases:
  - name: like the login
    request:
      EAP-Type: TLS
      TLS-Client-Cert-Common-Name: x
      TLS-Client-Cert-Subject-Alt-Name-Dns: {device(2)["id"]}
      Calling-Station-Id: {mac_of(9)}
    device: {{id: {device(2)["id"]}, compliance: noncompliant}}
    expect:
      rule: {event["rule"]}
      outcome: {event["outcome"]}
      compliance: {event["compliance"]}
      matched_by: {event["matched_by"]}
      reply: {{Tunnel-Private-Group-Id: {login.vlan}}}
"""
    write(office, case, "policy-tests.yaml")
    assert "1 case, all passed" in office.radtune("policy", "test", expect=0).stdout
    write(office, case.replace(event["rule"], "Corp Compliant"), "policy-tests.yaml")
    assert "rule: expected Corp Compliant, got Quarantine" in office.radtune("policy", "test", expect=1).stderr


def test_a_diff_shows_sessions_and_devices_and_writes_nothing(office: Office) -> None:
    before = {file: file.read_bytes() for file in (office.policy_file, office.settings_file, office.events_file)}
    new = write(office, POLICY.replace("vlan: 750", "vlan: 751"), "new.yaml")
    answer = office.ask("policy", "diff", str(new))
    assert [(row["device"], row["from"], row["to"]) for row in answer["sessions"]] == [
        ("LAPTOP-1", "vlan 750", "vlan 751")
    ]
    assert [(row["from"], row["to"], row["rule"], row["devices"]) for row in answer["devices"]] == [
        ("vlan 750", "vlan 751", "Corp Compliant", 2)
    ]
    office.radtune("policy", "diff", "--check", str(new), expect=1)
    office.radtune("policy", "diff", "--check", str(office.policy_file), expect=0)
    write(office, "rules: []\n", "new.yaml")
    assert f"{new}:1: the key labels is missing" in office.radtune("policy", "diff", str(new), expect=78).stderr
    assert {file: file.read_bytes() for file in before} == before
    assert office.ask("sessions")[0]["granted"] == "vlan 750"


def test_status_follows_the_policy_in_force(office: Office) -> None:
    assert office.radtune("status", expect=0).stdout.splitlines()[-1] == "healthy"
    good = office.policy_file.read_text()
    write(office, good.replace("vlan: 750", "vlan: 751"))
    assert "still judges by another policy" in office.radtune("status", expect=1).stderr
    wait_for(lambda: login(office) == "751", "the server to take the changed policy")
    assert office.radtune("status", expect=0).stderr == ""
    write(office, good.replace("match: [intune-compliant]", "match: [nothing]"))
    wait_for(lambda: "goes on with the policy before" in told(office), "the server to look at the bad policy")
    said = office.radtune("status", expect=1).stderr
    assert "the policy can't be used, and the server would not start again with it" in said
    assert said.count(f"{office.policy_file}:8: rules[1].match[1]: unknown label nothing") == 1
    assert re.search(r"^radtune: since \S+ the server goes on with the policy before$", said, re.MULTILINE)
    assert login(office) == "751"
    write(office, good.replace("vlan: 750", "vlan: 752"))
    wait_for(lambda: login(office) == "752", "the server to take the mended policy")
    assert office.ask("status")["policy"]["problem"] == ""


def login(office: Office) -> str:
    """Log in, and give the VLAN; not so often that the server has more to do than to look at its files."""
    time.sleep(0.5)
    return office.client.login(*mac_login("0016cb000001")).vlan


def told(office: Office) -> str:
    login(office)
    return office.radtune("status").stderr
