"""policy.yaml -> Policy, or every fault at once."""

from pathlib import Path

import pytest

from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.errors import ConfigurationError
from radtune.policy.grants import DENY as DENIED
from radtune.policy.grants import PerSiteValue
from radtune.policy.labels import Label, Not
from unit.label_cases import of
from unit.samples import LABELS, POLICY, policy, vlan

RULE = """\
rules:
  - name: One
    match: [intune-compliant]
    policy: allow
    assign: [corp-vlan]
"""
DENY = "default: deny\n"


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with the text, a line each, without the file's name."""
    with pytest.raises(ConfigurationError) as caught:
        policy(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/policy.yaml:", "").splitlines()


def test_the_policy_of_the_readme(tmp_path: Path) -> None:
    found = policy(tmp_path)
    assert [rule.name for rule in found.rules] == ["Corp Compliant", "Quarantine"]
    assert [str(term) for rule in found.rules for term in rule.match] == ["intune-compliant", "intune-non-compliant"]
    assert [rule.grant for rule in found.rules] == [vlan("750"), vlan("1")]
    assert (found.default, found.stale_after) == (DENIED, 86400.0)


def test_the_policy_that_is_installed() -> None:
    root = Path(__file__).resolve().parents[4]
    assert read_policy(root / "raddb/mods-config/radtune/policy.yaml", PolicyContext()).rules


def test_alternatives_negation_and_a_default_with_a_vlan(tmp_path: Path) -> None:
    text = """\
labels:
  bad: {mdm_compliance: [noncompliant, error]}
  guest: {vlan: Guests 2}
rules:
  - {name: r, match: [{not: bad}], policy: deny}
default: {policy: allow, assign: [guest]}
stale_after: 90m
"""
    found = policy(tmp_path, text)
    (term,) = found.rules[0].match
    assert isinstance(term, Not)
    assert isinstance(term.term, Label)
    assert [term.holds(of(compliance=state)) for state in ("noncompliant", "error", "compliant")] == [
        False,
        False,
        True,
    ]
    assert (found.rules[0].grant, found.default) == (DENIED, vlan("Guests 2"))
    assert found.stale_after == 5400.0


@pytest.mark.parametrize("text", ["30s", "90m", "24h", "2d"])
def test_durations(tmp_path: Path, text: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]] * int(text[:-1])
    assert policy(tmp_path, f"{POLICY}stale_after: {text}\n").stale_after == seconds


@pytest.mark.parametrize(
    "text", ["24", "0h", "-1h", "24 h", "1.5h", "h", "24h1", '"24h\\n"', "24w", "''", "[]", "true"]
)
def test_what_is_no_duration(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f"{POLICY}stale_after: {text}\n")
    assert "stale_after: " in problem


@pytest.mark.parametrize("number", ["1", "750", "4094", "Corp", "corp.lan-1_a", '"Guests 2"', "a" * 32, "1e3"])
def test_a_vlan(tmp_path: Path, number: str) -> None:
    found = policy(tmp_path, f"labels: {{v: {{vlan: {number}}}}}\nrules: []\ndefault: {{policy: allow, assign: [v]}}\n")
    assert found.default.vlan == PerSiteValue(number.strip('"'))


@pytest.mark.parametrize(
    "number",
    [
        *("0", "4095", "-1", "0750", "1:30", "750.0", "1.5", "true", "null", "", "[750]", "{a: b}"),
        *(
            '""',
            '"750"',
            '" "',
            '"NOPE\\n"',
            '"a\\nb"',
            "'a\"b'",
            '"a`b"',
            '"%{User-Name}"',
            '"a\\\\b"',
            '"Ä"',
            "a" * 33,
        ),
        *('"a\\0b"', '" Corp"'),
    ],
)
def test_what_is_no_vlan(tmp_path: Path, number: str) -> None:
    found = problems(tmp_path, f"labels:\n  corp:\n    vlan: {number}\nrules: []\ndefault: deny\n")
    assert found
    assert all(problem.startswith("3: labels.corp.vlan") for problem in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: is empty; it has none of the keys that belong here (labels, rules, default)"),
        ("- a\n", "1: has none of the keys that belong here (labels, rules, default); is this the right file?"),
        ("hello\n", "1: has none of the keys that belong here (labels, rules, default); is this the right file?"),
        (f"{RULE}{DENY}", "1: the key labels is missing"),
        (f"{LABELS}{DENY}", "1: the key rules is missing"),
        (f"{LABELS}{RULE}", "1: the key default is missing"),
        (f"{LABELS}{RULE}default: allow\n", "11: default: "),
        (f"{LABELS}{RULE}default: {{assign: [corp-vlan]}}\n", "11: default: the key policy is missing"),
        (f"{LABELS}{RULE}{DENY}rulez: []\n", "12: rulez: unknown key rulez; did you mean rules?"),
        (f"{LABELS}rules: {{}}\n{DENY}", "6: rules: {}: expected a list"),
        (f"{LABELS}rules: [allow]\n{DENY}", '6: rules[1]: "allow": expected keys'),
        (f"labels: []\n{RULE}{DENY}", "1: labels: []: expected keys"),
    ],
)
def test_the_whole_of_it(tmp_path: Path, text: str, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in problems(tmp_path, text))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("match: [intune-compliant], policy: allow", "rules[1]: the key name is missing"),
        ("name: '', match: [intune-compliant], policy: allow", 'rules[1].name: "": expected: Shown in events'),
        ("name: 5, match: [intune-compliant], policy: allow", "rules[1].name: 5: expected text"),
        ("name: r, policy: allow", "rules[1]: the key match is missing"),
        ("name: r, match: [], policy: allow", "rules[1].match: []: expected: Labels that must all hold; at least one"),
        ("name: r, match: intune-compliant, policy: allow", 'rules[1].match: "intune-compliant": expected a list'),
        ("name: r, match: [5], policy: allow", "rules[1].match[1]: 5: expected: A label, {not: label}, or"),
        ("name: r, match: [{nott: x}], policy: allow", "rules[1].match[1].nott: unknown key nott; did you mean not?"),
        ("name: r, match: [intune-compliant], policy: permit", "rules[1].policy: unknown value permit"),
        (
            "name: r, match: [intune-compliant], policy: alow",
            "rules[1].policy: unknown value alow; did you mean allow?",
        ),
        ("name: default, match: [intune-compliant], policy: allow", "rules[1].name: default: this name stands for"),
        (
            "name: r, match: [intune-complian], policy: allow",
            "rules[1].match[1]: unknown label intune-complian; did you mean intune-compliant?",
        ),
        ("name: r, match: [{not: nope}], policy: allow", "rules[1].match[1].not: unknown label nope"),
        ("name: r, match: [corp-vlan], policy: allow", "rules[1].match[1]: corp-vlan is a label of kind vlan"),
        ("name: r, match: [intune-compliant], policy: allow, assign: [nope]", "rules[1].assign[1]: unknown label nope"),
        (
            "name: r, match: [intune-compliant], policy: allow, assign: [intune-compliant]",
            "rules[1].assign[1]: intune-compliant is a label of kind mdm_compliance",
        ),
        (
            "name: r, match: [intune-compliant], policy: deny, assign: [corp-vlan]",
            "rules[1].assign[1]: corp-vlan: a rule that denies assigns nothing",
        ),
        (
            "name: r, match: [intune-compliant], policy: allow, assign: [corp-vlan, quarantine]",
            "rules[1].assign[2]: quarantine: the rule assigns a label of kind vlan already",
        ),
    ],
)
def test_a_rule(tmp_path: Path, rule: str, expected: str) -> None:
    (found,) = problems(tmp_path, f"{LABELS}rules:\n  - {{{rule}}}\n{DENY}")
    assert found.startswith(f"7: {expected}")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("{}", "labels.x: {}: expected: One kind of condition or result"),
        ("compliant", 'labels.x: "compliant": expected keys'),
        (
            "{mdm_complience: compliant}",
            "labels.x.mdm_complience: unknown key mdm_complience; did you mean mdm_compliance?",
        ),
        ("{mdm_compliance: complient}", "labels.x.mdm_compliance: unknown value complient; did you mean compliant?"),
        ("{mdm_compliance: [compliant, complient]}", "labels.x.mdm_compliance[2]: unknown value complient"),
        ("{mdm_compliance: []}", "labels.x.mdm_compliance: []: expected: Compliance states"),
        ("{mdm_compliance: 5}", "labels.x.mdm_compliance: 5: expected: Compliance states"),
        ("{attributes: {Class: [[a]]}}", "labels.x.attributes.Class[1]: a list: expected text or a whole number: "),
        (
            "{mdm_compliance: compliant, vlan: 5}",
            "labels.x: keys with values: expected: One kind of condition or result",
        ),
    ],
)
def test_a_label(tmp_path: Path, label: str, expected: str) -> None:
    (found,) = problems(tmp_path, f"labels:\n  x: {label}\nrules: []\n{DENY}")
    assert found.startswith(f"2: {expected}")


def test_a_rule_s_name_given_twice(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, f"{POLICY.replace('Quarantine', 'Corp Compliant')}")
    assert found.startswith("12: rules[2].name: Corp Compliant: given at line 8 already")


def test_faults_of_every_kind_come_at_once(tmp_path: Path) -> None:
    text = """\
labels:
  ok: {mdm_compliance: complient}
  corp: {vlan: 0}
  7: {vlan: 7}
rules:
  - name: One
    match: [okk]
    policy: deny
    assign: [corp]
  - name: One
    match: [corp]
    polcy: allow
default: {policy: allow, assign: [ok]}
stale_after: 0750
more: 1
more: 2
"""
    found = problems(tmp_path, text)
    where = {problem.split(": ")[0] + ": " + problem.split(": ")[1] for problem in found}
    assert where >= {
        "2: labels.ok.mdm_compliance",
        "3: labels.corp.vlan",
        "4: labels.7",
        "7: rules[1].match[1]",
        "9: rules[1].assign[1]",
        "10: rules[2].name",
        "11: rules[2].match[1]",
        "12: rules[2].polcy",
        "13: default.assign[1]",
        "14: stale_after",
        "16: more",
    }
    assert any("the key policy is missing" in problem for problem in found)


@pytest.mark.parametrize("name", ["a\\0b", "a\\nb", "a\\e[31mb", "\\ud800"])
def test_a_name_with_control_characters_is_reported_without_them(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, f'labels: {{}}\nrules: [{{name: r, match: ["{name}"], policy: deny}}]\n{DENY}')
    assert "can't be printed" in found or "a backslash with a number that is no character" in found
