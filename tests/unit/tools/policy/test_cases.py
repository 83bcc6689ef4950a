"""Cases kept beside a policy: read with every fault by line, and judged without a server."""

from dataclasses import fields
from pathlib import Path

import pytest

from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.schema import schema
from radtune.errors import ConfigurationError
from radtune.identity.matching import IDENTIFIERS
from radtune.records.device_and_client import ALL_STATES, INTUNE_STATES, Device
from radtune_tools.policy.case_trial import Trial, try_case
from radtune_tools.policy.cases import read_cases
from unit.samples import LABELS, NOW

POLICY = f"""\
{LABELS}  fresh: {{last_check_in: '< 7d'}}
  night: {{time: {{hours: '22:00-06:00', timezone: Europe/Berlin}}}}
  mac-only: {{auth_type: mab}}
  secure: {{encrypted: true}}
  corp: {{ssid: Corp}}
  gone: {{mdm_compliance: [not_enrolled, ambiguous]}}
  hello: {{reply_message: hello}}
  more: {{session_timeout: 8h}}
rules:
  - {{name: Night, match: [night, corp], policy: deny}}
  - {{name: Printers, match: [mac-only, intune-compliant], policy: allow, assign: [quarantine]}}
  - {{name: Secure, match: [intune-compliant, secure, fresh], policy: allow, assign: [corp-vlan, more]}}
  - name: Quarantine
    match: [{{any: [intune-compliant, intune-non-compliant]}}]
    policy: allow
    assign: [quarantine]
  - {{name: Strangers, match: [gone], policy: allow}}
default: deny
stale_after: 12h
on_failure: {{unavailable: {{last_known: 8h}}, stale: {{last_known: 1d, otherwise: deny}}}}
"""
TLS = "{EAP-Type: TLS, TLS-Client-Cert-Common-Name: laptop}"
LAPTOP = "{name: LAPTOP, compliance: compliant, encrypted: true, last_check_in: 3d}"


def trials(directory: Path, cases: str) -> list[Trial]:
    """Judge the cases of this text."""
    (directory / "policy.yaml").write_text(POLICY)
    (directory / "policy-tests.yaml").write_text(cases)
    policy = read_policy(directory / "policy.yaml", PolicyContext())
    return [try_case(case, policy, NOW) for case in read_cases(directory / "policy-tests.yaml", PolicyContext())]


def trial(directory: Path, expect: str, request: str = TLS, **more: str) -> Trial:
    """Judge one case."""
    lines = "".join(f"    {key}: {value}\n" for key, value in more.items())
    text = f"cases:\n  - name: one\n    request: {request}\n{lines}    expect: {expect}\n"
    (found,) = trials(directory, text)
    return found


@pytest.mark.parametrize(
    ("expect", "more"),
    [
        ("{rule: Secure, outcome: vlan 750, policy: allow, vlan: 750, role: ''}", {"device": LAPTOP}),
        ("{compliance: compliant, matched_by: name}", {"device": LAPTOP}),
        ("{reply: {Tunnel-Type: VLAN, session-timeout: 28800, Filter-Id: []}}", {"device": LAPTOP}),
        ("{rule: Quarantine, vlan: '1'}", {"device": LAPTOP.replace("3d", "8d")}),
        ("{rule: Quarantine}", {"device": LAPTOP.replace(", last_check_in: 3d", "")}),
        ("{rule: Quarantine}", {"device": LAPTOP.replace("true", "false")}),
        ("{rule: Strangers, compliance: not_enrolled, outcome: allow, vlan: '', matched_by: ''}", {}),
        ("{compliance: ambiguous}", {"devices": f"[{LAPTOP}, {LAPTOP}]"}),
        ("{rule: Secure, compliance: compliant}", {"devices": f"[{LAPTOP}, {LAPTOP.replace('LAPTOP', 'X')}]"}),
        ("{rule: on_failure, compliance: stale, policy: deny}", {"device": LAPTOP, "synced": "25h"}),
        ("{rule: Secure}", {"device": LAPTOP, "synced": "13h"}),
        ("{rule: Secure, compliance: compliant}", {"device": LAPTOP, "store": "stale"}),
        ("{rule: Secure, compliance: compliant}", {"device": LAPTOP, "store": "unavailable", "synced": "7h"}),
        ("{rule: default, compliance: unavailable}", {"device": LAPTOP, "store": "unavailable", "synced": "9h"}),
        ("{rule: default, compliance: unavailable}", {"store": "unavailable"}),
    ],
)
def test_cases_that_pass(tmp_path: Path, expect: str, more: dict[str, str]) -> None:
    assert trial(tmp_path, expect, **more).differences == ()


@pytest.mark.parametrize(
    ("at", "rule"),
    [("2026-01-05T22:30:00+01:00", "Night"), ("2026-01-05T21:30:00Z", "Night"), ("2026-01-05T12:00Z", "")],
)
def test_the_time_of_a_case(tmp_path: Path, at: str, rule: str) -> None:
    request = TLS.replace("{", "{Called-Station-Id: '00-11-22-33-44-55:Corp', ")
    found = trial(tmp_path, f"{{rule: {rule or 'Secure'}}}", request, at=at, device=LAPTOP)
    assert found.differences == ()


@pytest.mark.parametrize(
    ("request_", "auth_type"),
    [
        ("{User-Name: 00005e005301, Calling-Station-Id: 00-00-5E-00-53-01, Service-Type: Call-Check}", "mab"),
        ("{User-Name: 00005e005301, User-Password: '00:00:5e:00:53:01', Calling-Station-Id: 00-00-5E-00-53-01}", "mab"),
        ("{User-Name: 00005e005301, User-Password: x, Calling-Station-Id: 00-00-5E-00-53-01}", "pap"),
        ("{User-Name: bob, User-Password: hello, Calling-Station-Id: 00-00-5E-00-53-01}", "pap"),
        ("{User-Name: bob, EAP-Type: PEAP, Calling-Station-Id: 00-00-5E-00-53-01}", "peap"),
        (
            "{User-Name: 00005e005301, User-Password: 00005e005301, Calling-Station-Id: 00-00-5E-00-53-01, "
            "NAS-Port-Type: Virtual}",
            "pap",
        ),
    ],
)
def test_a_request_by_its_mac_alone_is_told_as_the_server_tells_it(
    tmp_path: Path, request_: str, auth_type: str
) -> None:
    device = "{macs: [00005e005301], compliance: compliant}"
    found = trial(tmp_path, "{matched_by: mac}", request_, device=device)
    assert (found.differences, found.evaluation.facts.auth_type) == ((), auth_type)


@pytest.mark.parametrize(
    ("request_", "device"),
    [
        ("Subject-Alt-Name-Dns: laptop", LAPTOP),
        ("Subject-Alt-Name-Uri: 'IntuneDeviceId://8a0f3c11-0000-4000-8000-000000000001'", LAPTOP),
        ("Common-Name: host/laptop", LAPTOP),
        ("Common-Name: Müllers+laptop", LAPTOP.replace("LAPTOP", "Müllers+laptop")),
    ],
)
def test_a_certificate_is_clear_without_its_subject_and_print(tmp_path: Path, request_: str, device: str) -> None:
    """A case has only the names; the server shows more, which tells that nothing is hidden in them."""
    device = device.replace("{", "{id: 8a0f3c11-0000-4000-8000-000000000001, ")
    found = trial(tmp_path, "{rule: Secure}", f"{{EAP-Type: TLS, TLS-Client-Cert-{request_}}}", device=device)
    assert found.differences == ()


def test_every_field_of_a_device(tmp_path: Path) -> None:
    device = """{id: 8A0F3C11-0000-4000-8000-000000000001, entra_id: 8A0F3C11-0000-4000-8000-000000000002, tenant: t,
      name: n, serial: 12, macs: [00-00-5E-00-53-01, 0000.5e00.5302], user: u@x, compliance: error, os: iOS,
      os_version: '17.1', ownership: company, category: c, encrypted: false, jail_broken: true, threat_state: secured,
      management_state: managed, last_check_in: 1h, enrolled_at: 2d}"""
    (found,) = trial(tmp_path, "{rule: x}", device=device).case.records(NOW)
    assert (found.id, found.entra_id) == (f"8a0f3c11-0000-4000-8000-{1:012}", f"8a0f3c11-0000-4000-8000-{2:012}")
    assert (found.serial, found.macs) == ("12", ("00005e005301", "00005e005302"))
    assert (found.encrypted, found.jail_broken) == ("no", "yes")
    assert (found.last_check_in, found.enrolled_at) == (int(NOW) - 3600, int(NOW) - 2 * 86400)


def test_a_case_that_fails_says_what_was_expected_and_what_came(tmp_path: Path) -> None:
    expect = "{rule: Guests, vlan: '', outcome: deny, policy: allow, reply: {Tunnel-Private-Group-Id: [7, 8], X: 1}}"
    found = trial(tmp_path, expect, device=LAPTOP)
    assert [str(difference) for difference in found.differences] == [
        "rule: expected Guests, got Secure",
        "outcome: expected deny, got vlan 750",
        "vlan: expected none, got 750",
        "reply Tunnel-Private-Group-Id: expected 7, 8, got 750",
        "reply X: expected 1, got none",
    ]
    assert found.case.line == 2


CASE = "cases:\n  - name: one\n    request: {A: b}\n    expect: {rule: x}\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ":1: is empty; it has none of the keys that belong here (cases)"),
        ("cases: []", ":1: cases: []: expected: The cases"),
        (CASE + "more: 1\n", ":5: more: unknown key more"),
        (CASE.replace("expect", "expcet"), ":4: cases[1].expcet: unknown key expcet; did you mean expect?"),
        (CASE.replace("expect", "expcet"), ":2: cases[1]: the key expect is missing"),
        (CASE.replace("{rule: x}", "{}"), ":4: cases[1].expect: {}: expected: What the policy has to answer"),
        (CASE.replace("rule: x", "rulez: x"), "unknown key rulez; did you mean rule?"),
        (CASE.replace("rule: x", "compliance: complaint"), "unknown value complaint; did you mean compliant?"),
        (CASE.replace("rule: x", "policy: permit"), ":4: cases[1].expect.policy: unknown value permit"),
        (CASE.replace("A: b", "A: yes"), ":3: cases[1].request.A: true: expected: Text or a whole number"),
        (CASE.replace("A: b", "A: 10:20:30:40:50:55"), "write the number in plain decimal digits"),
        (CASE.replace("{A: b}", "{}"), ":3: cases[1].request: {}: expected: The request's attributes"),
        (CASE + "    at: yesterday\n", ":5: cases[1].at: yesterday: expected a time such as"),
        (CASE + "    at: 2026-01-01T00:00:00\n", "cases[1].at: 2026-01-01T00:00:00: give its zone"),
        (CASE + "    store: old\n", ":5: cases[1].store: unknown value old (known: stale, unavailable)"),
        (CASE + "    store: stale\n    synced: 1h\n", ":6: cases[1].synced: give either store: stale or synced"),
        (CASE + "    synced: long\n", ':5: cases[1].synced: "long": expected: How long ago'),
        (CASE + "    device: {name: x}\n", ":5: cases[1].device: the key compliance is missing"),
        (CASE + "    device: {compliance: stale}\n", ":5: cases[1].device.compliance: unknown value stale"),
        (CASE + "    device: {compliance: error, mac: x}\n", "unknown key mac; did you mean macs?"),
        (CASE + "    device: {compliance: error, macs: x}\n", 'device.macs: "x": expected: A MAC such as'),
        (CASE + "    device: {compliance: error, os_version: 10.1}\n", "10.1: expected text: Its version, in quotes"),
        (CASE + CASE.removeprefix("cases:\n"), ":5: cases[2].name: one: given at line 2 already"),
    ],
)
def test_faults_have_file_line_and_key(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        trials(tmp_path, text)
    assert fault in str(raised.value)
    assert f"{tmp_path}/policy-tests.yaml:" in str(raised.value)


def test_the_schema_knows_every_field_and_every_word() -> None:
    definitions = schema("policy-tests")["definitions"]
    device, expect = definitions["device"]["properties"], definitions["expect"]["properties"]
    kept_by_sync = {"ethernet_mac", "ethernet_at", "missing_since", "compliance_since", "source"}
    assert set(device) == {field.name for field in fields(Device)} - kept_by_sync
    assert device["compliance"]["enum"] == list(INTUNE_STATES)
    assert set(expect["compliance"]["enum"]) == ALL_STATES
    assert expect["matched_by"]["enum"] == [*IDENTIFIERS, ""]
    policy = schema("policy")["definitions"]
    assert device["threat_state"]["enum"] == policy["threat"]["enum"]
    assert device["management_state"]["enum"] == policy["management"]["enum"]
