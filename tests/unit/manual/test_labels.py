"""The manual's tables of labels: every kind stands there, with an example that means what it says."""

import re
from pathlib import Path

import pytest
import yaml

from parts.manual import page
from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import CONDITIONS, RESULTS, PolicyContext
from radtune.identity.matching import Match
from radtune.policy.decide import Policy
from radtune.policy.labels import ClientContext
from radtune.policy.nas_directory import NasDirectory, NasList
from radtune.records.device_and_client import Facts
from unit.label_cases import after, by, of, shows
from unit.samples import NOW, device

EXAMPLES = re.findall(r"^\| `((\w+): .+?)` \| (.*) \|$", page("policy-labels"), re.MULTILINE)
CONDITION = {kind: text for text, kind, _ in EXAMPLES if kind in CONDITIONS}
RESULT = {kind: text for text, kind, _ in EXAMPLES if kind in RESULTS}
ALTERNATIVES = re.findall(r"`(\{.*?\})`", "\n".join(f"{kind}: {says}" for _, kind, says in EXAMPLES))
PLACES = NasDirectory(
    (NasList("berlin", ("192.0.2.0/24",)), NasList("paris", ("198.51.100.0/24",))),
    (NasList("campus", ("192.0.2.1",)), NasList("aps", ("ap-*",), "aruba")),
)
DAY = 86400
CONNECTED = Facts(extra_attributes=("Connect-Info",), attributes=("Connect-Info=CONNECT 802.11ax",))


def found(by: str, conflict: str = "") -> Match:
    """Return the match of a device that was found by this identifier."""
    return Match("found", "", device(1), by, (), NOW, conflict)


HOLDS: dict[str, tuple[ClientContext, ClientContext]] = {
    "mdm_compliance": (of(compliance="in_grace_period"), of(compliance="error")),
    "os": (of(os="macOS"), of(os="Android")),
    "os_version": (of(os_version="10.0.22631.4"), of(os_version="10.0.26100.1")),
    "ownership": (of(ownership="company"), of(ownership="personal")),
    "category": (of(category="Kiosks"), of()),
    "encrypted": (of(encrypted="yes"), of()),
    "account_enabled": (of(account_enabled="no"), of(account_enabled="yes")),
    "jail_broken": (of(jail_broken="no"), of()),
    "threat_state": (of(threat_state="compromised"), of(threat_state="low_severity")),
    "management_state": (of(management_state="managed"), of()),
    "last_check_in": (of(last_check_in=0), of(last_check_in=int(NOW))),
    "enrolled": (of(enrolled_at=int(NOW) - 60), of(enrolled_at=int(NOW) - DAY)),
    "user": (of(user="bob@contoso.com"), of(user="bob@contoso.org")),
    "device_name": (of(name="kiosk-7"), of()),
    "tenant": (of(tenant="contoso.onmicrosoft.com"), of()),
    "serial": (of(serial="5CG1234XYA"), of()),
    "matched_by": (of(match=found("serial")), of(match=found("name"))),
    "identity_conflict": (of(match=found("name", "two devices")), of()),
    "auth_type": (by(auth_type="peap"), by(auth_type="mab")),
    "inner_type": (by(inner_type="eap-mschapv2"), by(inner_type="pap")),
    "certificate": (shows(), shows(eku=())),
    "username": (by(user_name="host/pc"), by(user_name="bob")),
    "realm": (by(user_name="bob@contoso.com"), by(user_name="bob")),
    "mac": (by(mac="0017c8000001"), by(mac="0018c8000001")),
    "mac_randomised": (by(mac="0216cb000001"), by(mac="0016cb000001")),
    "ssid": (by(ssid="Corp-2"), by(ssid="corp")),
    "nas": (by(nas_identifier="sw-berlin-1"), by(nas_identifier="sw-paris-1")),
    "site": (by(nas_address="198.51.100.1"), by()),
    "nas_group": (by(nas_address="192.0.2.1"), by(nas_address="192.0.2.2")),
    "port_type": (by(nas_port_type="Wireless-802.11"), by(nas_port_type="Ethernet")),
    "vendor": (by(nas_vendor="aruba"), by(nas_vendor="hp")),
    "time": (after(0), after(2 * DAY)),
    "attribute": (of(facts=CONNECTED), by(extra_attributes=("Connect-Info",))),
}


def read(tmp_path: Path, label: str, match: str, assign: str = "") -> Policy:
    """Return a policy with this label and one rule."""
    for name in ("spares.txt", "printers.txt"):
        (tmp_path / name).write_text("00:16:cb:aa:bb:01\n")
    labels = f"labels:\n  all: {{mdm_compliance: compliant}}\n  x: {{{label}}}\n"
    rule = f"rules:\n  - {{name: r, match: [{match}], policy: allow, assign: [{assign}]}}\n"
    (tmp_path / "policy.yaml").write_text(f"{labels}{rule}default: deny\n")
    return read_policy(tmp_path / "policy.yaml", PolicyContext(PLACES, (Path("/usr/share/freeradius/dictionary"),)))


def test_every_kind_of_label_stands_in_the_manual() -> None:
    assert set(CONDITION) == set(CONDITIONS) == set(HOLDS)
    assert set(RESULT) == set(RESULTS)
    assert len(ALTERNATIVES) >= 4


@pytest.mark.parametrize("kind", CONDITIONS)
def test_an_example_of_a_condition_means_what_it_says(tmp_path: Path, kind: str) -> None:
    ((term,),) = [rule.match for rule in read(tmp_path, CONDITION[kind], "x").rules]
    holds, fails = (ClientContext(each.facts, each.match, each.compliance, each.now, PLACES) for each in HOLDS[kind])
    assert term.holds(holds) is True
    assert term.holds(fails) is False


@pytest.mark.parametrize("kind", RESULTS)
def test_an_example_of_a_result_can_be_assigned(tmp_path: Path, kind: str) -> None:
    assert read(tmp_path, RESULT[kind], "all", "x").rules[0].grant.allow


@pytest.mark.parametrize("text", ALTERNATIVES)
def test_other_forms_that_the_tables_tell_of(tmp_path: Path, text: str) -> None:
    kind = next(kind for _, kind, says in EXAMPLES if text in says)
    if kind in RESULTS:
        assert read(tmp_path, f"{kind}: {text}", "all", "x").rules
    else:
        assert read(tmp_path, f"{kind}: {text}", "x").rules


@pytest.mark.parametrize("text", re.findall(r"^\| `(\{(?:stale|unavailable): .*?\})` \|", page("policy"), re.MULTILINE))
def test_forms_of_on_failure(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(f"labels: {{quarantine: {{vlan: 1}}}}\nrules: []\ndefault: deny\non_failure: {text}\n")
    assert set(read_policy(file, PolicyContext()).on_failure) == set(yaml.safe_load(text))
