"""Labels in policy.yaml: what they refer to, and every fault that the schema can't see."""

from pathlib import Path

import pytest

from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.errors import ConfigurationError
from radtune.policy.decide import Policy
from radtune.policy.nas_directory import NasDirectory, NasList
from unit.label_cases import MAB, by
from unit.samples import MAC

PLACES = NasDirectory((NasList("berlin", ("192.0.2.0/24",)),), (NasList("lab", ("lab-*",)),))
DICTIONARY = Path("/usr/share/freeradius/dictionary")


def read(
    tmp_path: Path, label: str, directory: NasDirectory | None = PLACES, rule: str = "match: [x], policy: allow"
) -> Policy:
    """Return the policy with this label."""
    file = tmp_path / "policy.yaml"
    file.write_text(
        f"labels:\n  x: {label}\n  y: {{mdm_compliance: compliant}}\nrules:\n  - {{name: r, {rule}}}\ndefault: deny\n"
    )
    return read_policy(file, PolicyContext(directory, (DICTIONARY,)))


def assigned(tmp_path: Path, label: str, directory: NasDirectory | None = PLACES) -> Policy:
    return read(tmp_path, label, directory, "match: [y], policy: allow, assign: [x]")


def problems(tmp_path: Path, label: str, directory: NasDirectory | None = PLACES) -> list[str]:
    """Return what is wrong with the label, a line each, without the directory."""
    rule = "match: [x], policy: allow"
    if label.startswith(("{vlan", "{role", "{session", "{reply", "{attributes")):
        rule = "match: [y], policy: allow, assign: [x]"
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, label, directory, rule)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("{site: berlni}", "site: unknown site berlni; did you mean berlin? (sites are named in settings.yaml)"),
        ("{site: [berlin, rome]}", "labels.x.site: unknown site rome"),
        ("{nas_group: labs}", "labels.x.nas_group: unknown nas_group labs; did you mean lab?"),
        ("{nas: 192.0.2.1/24}", "labels.x.nas: 192.0.2.1/24: has bits set behind its length; write 192.0.2.0/24"),
        ("{nas: []}", "labels.x.nas: []"),
        ("{time: {days: mon, timezone: Europe/Berln}}", "labels.x.time.timezone: Europe/Berln: no time zone"),
        ("{time: {days: mon, timezone: /etc}}", "labels.x.time.timezone: "),
        ("{time: {days: mon}}", "labels.x.time: "),
        ("{time: {days: monday, timezone: UTC}}", "labels.x.time.days: "),
        ("{time: {hours: 8-18, timezone: UTC}}", "labels.x.time.hours: "),
        ("{time: {hours: 10:00-10:00, timezone: UTC}}", "labels.x.time.hours: 10:00-10:00: ends when it starts"),
        ("{time: {hours: 08:00-24:30, timezone: UTC}}", "labels.x.time.hours: "),
        ("{mac: 0016cbaabb0}", "labels.x.mac: "),
        ("{mac: [printers]}", "labels.x.mac[1]: "),
        ("{mac: {file: none.txt}}", "labels.x.mac: none.txt: there is no such file"),
        ('{os_version: ">> 10"}', "labels.x.os_version: "),
        ('{os_version: "10"}', "labels.x.os_version: "),
        ("{os_version: 10}", "labels.x.os_version: "),
        ('{last_check_in: "> 14"}', "labels.x.last_check_in: "),
        ("{encrypted: 'yes'}", 'labels.x.encrypted: "yes": expected'),
        ("{auth_type: eap_tls}", "labels.x.auth_type: unknown value eap_tls; did you mean eap-tls?"),
        ("{vendor: arubaa}", "labels.x.vendor: unknown value arubaa; did you mean aruba?"),
        ("{threat_state: highSeverity}", "did you mean high_severity?"),
        ("{certificate: {cn: x}}", "labels.x.certificate.cn: unknown key cn"),
        ("{certificate: {}}", "labels.x.certificate: "),
        ("{certificate: {eku: client}}", "labels.x.certificate.eku: "),
        ("{attribute: {name: Clas, equals: x}}", "labels.x.attribute.name: "),
        ("{attribute: {name: User-Password, equals: x}}", "labels.x.attribute.name: "),
        (
            "{attribute: {name: Service-Type, equals: [Login-User, Framed-Usr]}}",
            "labels.x.attribute.equals: Service-Type has no value named Framed-Usr; did you mean Framed-User?",
        ),
        (f"{{reply_message: {'é' * 200}}}", "labels.x.reply_message: Reply-Message: 400 bytes are too long"),
        ("{attributes: {Reply-Message: x}}", "labels.x.attributes.Reply-Message: use a label of kind reply_message"),
        ("{attribute: {equals: x}}", "labels.x.attribute: "),
        ("{attribute: {name: Class}}", "labels.x.attribute: "),
        ("{vlan: {sites: {berlin: 1, rome: 2}}}", "labels.x.vlan.sites: unknown site rome"),
        ("{vlan: {sites: {berlin: 4095}}}", "labels.x.vlan.sites.berlin: "),
        ("{vlan: {sites: {}}}", "labels.x.vlan.sites: "),
        ("{vlan: {default: 1}}", "labels.x.vlan: the key sites is missing"),
        ("{role: {vendors: {arubaa: x}}}", "labels.x.role.vendors"),
        ("{role: 'a b%{User-Name}'}", "labels.x.role: "),
        ("{session_timeout: 0h}", "labels.x.session_timeout: "),
        ("{session_timeout: 99999999d}", "labels.x.session_timeout: 99999999d: more seconds than"),
        ("{reply_message: ''}", "labels.x.reply_message: "),
        ("{attributes: {No-Such-Thing: 1}}", "labels.x.attributes.No-Such-Thing: "),
        ("{attributes: {Idle-Timeout: soon}}", "labels.x.attributes.Idle-Timeout: "),
        ("{attributes: {Tunnel-Private-Group-Id: 7}}", "labels.x.attributes.Tunnel-Private-Group-Id: "),
        ("{attributes: {}}", "labels.x.attributes: "),
    ],
)
def test_what_is_wrong_with_a_label(tmp_path: Path, label: str, expected: str) -> None:
    found = problems(tmp_path, label)
    assert any(expected in problem for problem in found), found
    assert len(found) == 1


def test_names_of_sites_are_not_checked_if_settings_have_faults(tmp_path: Path) -> None:
    assert read(tmp_path, "{site: rome}", None).rules


def test_a_list_of_macs_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "printers.txt").write_text(f"# the printers\n{MAC}  # second floor\n\n00-17-CB\n")
    policy = read(tmp_path, "{mac: {file: printers.txt}}")
    (term,) = policy.rules[0].match
    assert [term.holds(each) for each in (MAB, by(mac="0017cb000000"), by(mac="0018cb000000"))] == [True, True, False]
    assert [Path(file).name for file, _ in policy.files] == ["policy.yaml", "printers.txt"]


def test_a_line_that_is_no_mac_is_reported_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "printers.txt").write_text(f"{MAC}\nprinter-7\n00:17\n")
    (first, second) = problems(tmp_path, "{mac: {file: printers.txt}}")
    assert first.startswith("printers.txt:2: printer-7: expected a MAC")
    assert second.startswith("printers.txt:3: 00:17: ")


def test_a_list_of_nothing_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "serials.txt").write_text("# none yet\n")
    (problem,) = problems(tmp_path, "{serial: {file: serials.txt}}")
    assert "lists nothing" in problem


def test_a_fingerprint_changes_with_everything_that_is_judged_by(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("A1\n")
    first = read(tmp_path, "{serial: {file: s.txt}}").fingerprint
    assert read(tmp_path, "{serial: {file: s.txt}}").fingerprint == first
    (tmp_path / "s.txt").write_text("A2\n")
    second = read(tmp_path, "{serial: {file: s.txt}}").fingerprint
    other = read(tmp_path, "{serial: {file: s.txt}}", NasDirectory()).fingerprint
    assert len({first, second, other, read(tmp_path, "{serial: A1}").fingerprint}) == 4


def test_results_are_read_as_the_server_will_be_handed_them(tmp_path: Path) -> None:
    grant = assigned(tmp_path, "{attributes: {idle-timeout: 60, Cisco-AVPair: [a=b, c=d]}}").rules[0].grant
    assert grant.attributes == (("Idle-Timeout", "60"), ("Cisco-AVPair", "a=b"), ("Cisco-AVPair", "c=d"))
    assert assigned(tmp_path, "{session_timeout: 8h}").rules[0].grant.session_timeout == 28800
    assert assigned(tmp_path, "{reply_message: hello}").rules[0].grant.reply_message == "hello"


def test_a_vlan_and_a_role_by_place(tmp_path: Path) -> None:
    vlan = assigned(tmp_path, "{vlan: {sites: {berlin: 20}, default: Guests}}").rules[0].grant.vlan
    assert vlan is not None
    assert (vlan.at("berlin"), vlan.at("rome")) == ("20", "Guests")
    role = assigned(tmp_path, "{role: {vendors: {aruba: staff}}}").rules[0].grant.role
    assert role is not None
    assert (role.at("aruba"), role.at("")) == ("staff", "")


def test_attributes_that_labels_ask_for_are_kept_in_the_dictionarys_spelling(tmp_path: Path) -> None:
    assert read(tmp_path, "{attribute: {name: nas-port, equals: 7}}").extra_attributes == ("NAS-Port",)


def test_a_conflict_is_looked_for_only_if_a_rule_asks(tmp_path: Path) -> None:
    assert read(tmp_path, "{identity_conflict: true}").uses_identity_conflict
    assert not read(tmp_path, "{identity_conflict: true}", rule="match: [y], policy: allow").uses_identity_conflict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on_failure: {stale: {last_known: 8h, policy: allow}}", "on_failure.stale.last_known: put what counts"),
        ("on_failure: {stale: {}}", "on_failure.stale: expected: deny"),
        ("on_failure: {stale: {otherwise: deny}}", "on_failure.stale: expected: deny"),
        ("on_failure: {late: deny}", "on_failure.late: unknown key late"),
        ("on_failure: {stale: allow}", "on_failure.stale: "),
        (
            "on_failure: {stale: {last_known: 24h}}",
            "on_failure.stale.last_known: 24h: has to be longer",
        ),
        ("on_failure: {unavailable: {policy: allow, assign: [y]}}", "on_failure.unavailable.assign[1]: y is a label"),
        ("on_failure: {unavailable: {last_known: 8h, otherwise: {policy: allow, assign: [z]}}}", "unknown label z"),
        ("identify_by: [mac, name, macs]", "identify_by[3]: unknown value macs"),
        ("identify_by: []", "identify_by: []"),
    ],
)
def test_what_is_wrong_around_the_rules(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(f"labels: {{y: {{mdm_compliance: compliant}}}}\nrules: []\ndefault: deny\n{text}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_policy(file, PolicyContext())
    assert expected in str(caught.value)
    assert len(caught.value.problems) == 1


def test_what_is_right_around_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("""\
labels: {y: {mdm_compliance: compliant}, v: {vlan: 7}}
rules: []
default: deny
stale_after: 2h
identify_by: [device_id, user]
on_failure:
  stale: {last_known: 3h, otherwise: {policy: allow, assign: [v]}}
  unavailable: {last_known: 1h}
""")
    policy = read_policy(file, PolicyContext())
    assert policy.identify_by == {"device_id", "user"}
    assert (policy.last_known("stale"), policy.last_known("unavailable")) == (10800, 3600)
    assert policy.on_failure["unavailable"].grant is None
    assert policy.on_failure["stale"].grant is not None


@pytest.mark.parametrize(
    ("label", "rule", "expected"),
    [
        ("{vlan: 7}", "match: [x], policy: allow", "x is a label of kind vlan, which belongs into assign"),
        ("{os: iOS}", "match: [y], policy: allow, assign: [x]", "x is a label of kind os, which belongs into match"),
        ("{vlan: 7}", "match: [{any: [y, x]}], policy: allow", "rules[1].match[1].any[2]: x is a label of kind vlan"),
        ("{session_timeout: 1h}", "match: [y], policy: deny, assign: [x]", "x: a rule that denies assigns nothing but"),
        ("{attributes: {Termination-Action: 1}}", "match: [y], policy: allow", "use a label of kind session_timeout"),
        ("{attributes: {Session-Timeout: 9}}", "match: [y], policy: allow", "use a label of kind session_timeout"),
    ],
)
def test_a_label_in_the_wrong_place(tmp_path: Path, label: str, rule: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, label, PLACES, rule)
    assert expected in str(caught.value)


def test_a_rule_that_denies_may_say_why(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, "{reply_message: sorry}", PLACES, "match: [y], policy: deny, assign: [x]").rules
    assert (rule.grant.allow, rule.grant.reply_message) == (False, "sorry")
