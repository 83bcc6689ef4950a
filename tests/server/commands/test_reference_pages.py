"""docs/events.md, metrics.md and files.md against what a server and the commands write."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parts.coa_server import CoaServer
from parts.event_receivers import local_syslog
from parts.manual import fenced, page
from parts.office import POLICY, Office, device, mac_of
from parts.process import wait_for
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.readable import USER

SWITCH, SILENT, UNKNOWN = "127.0.0.1", "127.0.0.3", "127.0.0.4"
SECRET = "the NAS's secret"
LABEL = "  two-devices: {identity_conflict: true}"
PAGE, METRICS = page("events"), page("metrics")
STEADY = {
    *("event", "mac", "user", "auth_type", "cert_cn", "cert_san", "device", "device_id", "matched_by", "compliance"),
    *("rule", "outcome", "vlan", "before", "state", "method", "denied_by", "site", "store", "rules"),
}
"""The fields that are the same in each such story; the others hold times and sentences."""
MOVES = ("move_requested", "moved", "move_ended", "not_enforced")
SERVERS = ("identity_conflict", "policy_loaded", "policy_refused", "store_replaced")
KINDS = ("login_allowed", "login_denied", *MOVES, "quarantined", "released", *SERVERS)


def section(kind: str) -> str:
    return PAGE.partition(f"\n## {kind}: ")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """An office in which three devices have ceased to be compliant: one NAS obeys, one is silent, one has no entry."""
    fleet = [device(number) for number in (1, 2, 3, 4)]
    with server_directory() as directory, Office(directory, fleet) as office:
        (directory / "nas").mkdir()
        with CoaServer(directory / "nas", SECRET) as nas, local_syslog(directory) as syslog:
            _write_settings(office, nas.port, syslog)
            _story(office)
            yield office


@pytest.fixture(scope="module")
def events(office: Office) -> list[dict[str, Any]]:
    return office.events()


def _write_settings(office: Office, port: int, syslog: str) -> None:
    office.secret_file("coa-secret", SECRET)
    entries = [
        {"name": "switches", "nas": [SWITCH], "port": port, "secret_file": "coa-secret"},
        {"name": "silent", "nas": [SILENT], "coa_address": "127.0.0.1", "port": 9, "secret_file": "coa-secret"},
    ]
    tenant = {**office.intune_settings(), "client_secret_expires": "2999-12-31"}
    push = [{"name": "soc", "type": "syslog", "address": syslog, "kinds": ["moved"]}]
    office.write_settings(intune=tenant, nas=entries, moves={"attempts": 1}, push=push)


def _story(office: Office) -> None:
    pair = office.authority.issue_client("LAPTOP-1", dns=[device(1)["id"]])
    office.eap_tls(pair, mac_of(1))
    for number, nas in ((2, UNKNOWN), (3, SILENT), (9, SWITCH)):
        office.client.login(*mac_login(mac_of(number), ("NAS-IP-Address", nas)))
    office.client.login(("User-Name", "bob"), ("User-Password", "wrong"))
    for number in (1, 2, 3):
        office.intune.patch(device(number)["id"], complianceState="noncompliant")
    office.radtune("sync", "--accept-lost-compliance", "3", expect=0)
    office.radtune("apply", "--wait", "0", expect=4)
    office.eap_tls(pair, mac_of(1))
    calling = ("Calling-Station-Id", mac_of(2))
    office.client.account("Stop", calling, ("NAS-IP-Address", UNKNOWN), ("Acct-Session-Id", "1"))
    office.radtune("apply", "--wait", "0", expect=4)
    office.radtune("quarantine", "LAPTOP-4", "--for", "2h", "--reason", "lost", expect=0)
    office.radtune("release", "LAPTOP-4", expect=0)
    _change_policy_and_store(office)
    office.radtune("push", "--once", expect=0)
    office.radtune("metrics", expect=0)


def _change_policy_and_store(office: Office) -> None:
    """Let the server read a policy with a fault, then one that denies identity conflicts, and replace its devices."""

    def wait_for_event(kind: str) -> None:
        def is_written() -> bool:
            office.client.login(*mac_login(mac_of(9)))
            return any(event["event"] == kind for event in office.events())

        wait_for(is_written, kind)

    rule = "  - {name: Two Devices, match: [two-devices], policy: deny}"
    for policy in (POLICY.replace("compliant]", "complaint]"), POLICY.replace("rules:", f"{LABEL}\nrules:\n{rule}")):
        office.policy_file.write_text(policy)
        wait_for_event("policy_refused" if "complaint" in policy else "policy_loaded")
    office.eap_tls(office.authority.issue_client("LAPTOP-1", dns=[device(1)["id"]]), mac_of(4))
    shutil.rmtree(office.store / "devices")
    office.radtune("sync", expect=0)
    wait_for_event("store_replaced")


def test_every_kind_of_event_is_written_and_has_a_section(events: list[dict[str, Any]]) -> None:
    assert {event["event"] for event in events} == set(KINDS)
    assert tuple(re.findall(r"^## (\w+): ", PAGE, re.MULTILINE)) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_of_a_kind_is_such_an_event(events: list[dict[str, Any]], kind: str) -> None:
    (sample,) = map(json.loads, fenced(section(kind), "json"))
    event = next(each for each in events if each["event"] == kind)
    assert [*sample] == [*event]
    assert [type(value) for value in sample.values()] == [type(value) for value in event.values()]
    assert {name: sample[name] for name in STEADY & {*sample}} == {name: event[name] for name in STEADY & {*event}}


def test_what_another_module_refuses_is_an_event_without_rule_and_device(events: list[dict[str, Any]]) -> None:
    (event,) = [event for event in events if event.get("user") == "bob"]
    assert (event["event"], event["rule"], event["compliance"], event["device"]) == ("login_denied", "", "", "")
    assert event["outcome"] == "deny" and event["reason"]


def metric_labels(text: str) -> dict[str, set[str]]:
    """Return the labels of each metric in Prometheus's text format."""
    samples = re.findall(r"^(\w+?)(?:_bucket|_count|_sum)?(?:\{(.*)\})? \S+$", text, re.MULTILINE)
    return {name: set(re.findall(r'(\w+)="', labels)) - {"le"} for name, labels in samples}


def test_every_metric_has_its_row_with_its_type_and_labels(office: Office) -> None:
    text = office.radtune("metrics", expect=0).stdout
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    table = re.findall(r"^\| `(radtune_\w+)` \| (\w+) \| (.*?) ?\| .{5,} \|$", METRICS, re.MULTILINE)
    assert {name: kind for name, kind, _ in table} == types
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, _, labels in table} == metric_labels(text)


def test_every_file_that_is_written_has_a_row_with_its_mode(office: Office) -> None:
    written = page("files").partition("\n## What the server and the commands write\n")[2]
    row = r"^\| `/var/(?:lib/radtune/|log/radtune/radtune-)(\S+)` \| \S+ \| (0\d+) \|"
    found = {
        _named(path): f"{path.stat().st_mode & 0o7777:04o}" for path in (*office.store.iterdir(), office.events_file)
    }
    # `setup` has no part in the story.
    rows = {name: mode for name, mode in re.findall(row, written, re.MULTILINE) if not name.startswith("setup/")}
    assert found == rows
    assert {path.owner() for path in office.store.iterdir()} == {USER}, "though root has run the commands"
    inside = {file.name for store in ("devices", "sessions") for file in (office.store / store).iterdir()}
    assert "cache.db" in inside and inside <= set(re.findall(r"`(cache\.db\S*)`", written))


def _named(path: Path) -> str:
    """Return the name as the page has it."""
    return f"{path.name}/" if path.is_dir() else re.sub(r"^server-\w+", "server-*", path.name)
