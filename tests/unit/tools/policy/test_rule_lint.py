"""What `policy check` warns of in allow rules and in comparisons."""

from pathlib import Path

import pytest

from radtune.config.policy_file import load_policy
from radtune.config.policy_labels import PolicyContext
from radtune.errors import ConfigurationError
from radtune.policy.decide import decide
from radtune.records.device_and_client import Certificate, Facts
from radtune_tools.policy.evaluation import find
from radtune_tools.policy.lint import comparison_warnings, warnings
from unit.samples import MAC, NOW, by_mac, device, store_of

LABELS = f"""\
labels:
  good: {{mdm_compliance: compliant}}
  lost: {{mdm_compliance: [stale, unavailable, ambiguous]}}
  stale: {{mdm_compliance: stale}}
  strange: {{mdm_compliance: [not_enrolled, ambiguous]}}
  jailed: {{jail_broken: true}}
  bobs: {{username: bob*}}
  alice: {{username: alice}}
  corp: {{realm: corp.example}}
  safe: {{auth_type: [peap, eap-ttls]}}
  tls: {{auth_type: [peap, eap-tls]}}
  mab: {{auth_type: mab}}
  pap: {{inner_type: pap}}
  ssid: {{ssid: Corp}}
  printers: {{mac: '{MAC}'}}
  revoked: {{certificate: {{san: '*revoked*'}}}}
  named: {{certificate: {{common_name: kiosk*}}}}
  signed: {{certificate: {{issuer: '*CN=The CA'}}}}
  lan: {{vlan: 750}}
  bye: {{reply_message: bye}}
rules:
"""
TAIL = "  - {name: Strange, match: [strange], policy: deny}\ndefault: deny\n"
ALLOW = "policy: allow, assign: [lan]"


def text(*rules: str, before: str = LABELS) -> str:
    return before + "".join(f"  - {{name: R{number}, {rule}}}\n" for number, rule in enumerate(rules, 1)) + TAIL


def lint(directory: Path, *rules: str) -> list[str]:
    """Return the warnings about these rules, each with its key."""
    file = directory / "policy.yaml"
    file.write_text(text(*rules))
    found = warnings(*load_policy(file, PolicyContext()), None)
    return [f"{problem.key}: {problem.message}" for problem in found if problem.key.startswith("rules")]


@pytest.mark.parametrize(
    ("match", "ways"),
    [
        ("[bobs]", "eap-tls or mab"),
        ("[corp, bobs]", "eap-tls or mab"),
        ("[corp, {not: alice}]", "eap-tls or mab"),
        ("[bobs, {not: jailed}, {not: ssid}]", "eap-tls or mab"),
        ("[{any: [bobs, good]}]", "eap-tls or mab"),
        ("[bobs, tls]", "eap-tls"),
        ("[bobs, mab]", "mab"),
        ("[bobs, {not: tls}]", "mab"),
        ("[{any: [bobs, tls]}, corp]", "eap-tls or mab"),
    ],
)
def test_a_rule_that_takes_a_user_at_its_word(tmp_path: Path, match: str, ways: str) -> None:
    found = [line for line in lint(tmp_path, f"match: {match}, {ALLOW}") if "user name" in line]
    assert found == [
        f"rules[1].match: warning: rule R1 asks only for a user name, and a client by {ways} doesn't have to "
        "prove it; ask for an auth_type that proves it, such as peap, or for the device"
    ]


@pytest.mark.parametrize(
    "match",
    [
        "[bobs, safe]",
        "[bobs, pap]",
        "[bobs, good]",
        "[bobs, printers]",
        "[bobs, signed]",
        "[{not: bobs}, good]",
        "[tls]",
    ],
)
def test_a_user_that_has_to_be_proved_or_isn_t_all(tmp_path: Path, match: str) -> None:
    assert lint(tmp_path, f"match: {match}, {ALLOW}") == []
    assert lint(tmp_path, f"match: {match}, policy: deny") == []


def test_a_denial_may_take_a_user_at_its_word(tmp_path: Path) -> None:
    assert lint(tmp_path, "match: [bobs], policy: deny") == []


@pytest.mark.parametrize(
    ("rule", "other", "warned"),
    [
        ("policy: allow", ALLOW, True),
        ("policy: allow, assign: []", ALLOW, False),
        ("policy: allow, assign: [bye]", ALLOW, False),
        ("policy: allow", "policy: deny", False),
        ("policy: allow", "policy: allow, assign: [bye]", False),
        ("policy: deny", ALLOW, False),
    ],
)
def test_a_forgotten_assign(tmp_path: Path, rule: str, other: str, warned: bool) -> None:
    said = "rules[1]: warning: rule R1 assigns nothing, and the port's own VLAN stays, while other rules assign one; "
    expected = [f"{said}write assign: [] if that is meant"] if warned else []
    assert lint(tmp_path, f"match: [good, ssid], {rule}", f"match: [good, tls], {other}") == expected


BEHIND = (
    "it is unknown whether rule R1 denies; then rule R2 is skipped, and on_failure or default decides; if rule R2 is "
    "to let in all the same, put it before rule R1, or name"
)


def skipped(directory: Path, *rules: str) -> list[str]:
    return [line for line in lint(directory, *rules) if "is skipped" in line]


@pytest.mark.parametrize(
    ("denial", "rule", "states"),
    [
        ("[jailed]", "[printers]", "ambiguous, stale or unavailable"),
        ("[{not: jailed}]", "[ssid, {not: good}]", "ambiguous, stale or unavailable"),
        ("[jailed, ssid]", "[printers, {not: stale}]", "ambiguous or unavailable"),
        ("[jailed]", "[{any: [good, ssid]}]", "ambiguous, stale or unavailable"),
        ("[jailed]", "[{any: [stale, ssid]}]", "ambiguous or unavailable"),
        ("[jailed, stale]", "[printers]", "stale"),
        ("[{any: [jailed, revoked]}]", "[printers]", "ambiguous, stale or unavailable"),
    ],
)
def test_a_rule_that_is_skipped_behind_an_unresolved_deny(tmp_path: Path, denial: str, rule: str, states: str) -> None:
    (found,) = skipped(tmp_path, f"match: {denial}, policy: deny", f"match: {rule}, {ALLOW}")
    assert found == f"rules[2]: warning: while the device is {states}, {BEHIND} that state in it"


@pytest.mark.parametrize(
    ("denial", "rule"),
    [
        ("[jailed]", "[good, printers]"),
        ("[jailed]", "[{any: [good, lost]}, printers]"),
        ("[jailed, tls]", "[printers, mab]"),
        ("[jailed, good]", "[printers]"),
        ("[good]", "[printers]"),
        ("[ssid]", "[printers]"),
        ("[signed]", "[printers]"),
        ("[revoked]", "[printers]"),
        ("[revoked]", "[mab]"),
        ("[revoked]", "[good]"),
    ],
)
def test_a_rule_that_no_deny_before_it_has_skipped(tmp_path: Path, denial: str, rule: str) -> None:
    assert lint(tmp_path, f"match: {denial}, policy: deny", f"match: {rule}, {ALLOW}") == []
    assert lint(tmp_path, f"match: {rule}, {ALLOW}", f"match: {denial}, policy: deny") == []


@pytest.mark.parametrize(
    ("denial", "rule"),
    [
        ("[revoked]", "[tls]"),
        ("[named, signed]", "[ssid]"),
        ("[{not: revoked}, tls]", "[{not: good}]"),
        ("[{any: [revoked, jailed]}]", "[tls, {not: lost}]"),
    ],
)
def test_a_rule_that_is_skipped_behind_a_deny_whose_certificate_is_unclear(
    tmp_path: Path, denial: str, rule: str
) -> None:
    found = skipped(tmp_path, f"match: {denial}, policy: deny", f"match: {rule}, {ALLOW}")
    if "lost" in rule:
        assert found == []
    else:
        assert found == [f"rules[2]: warning: if the names in a certificate are unclear, {BEHIND} ambiguous in it"]


def test_what_is_warned_of_is_what_the_judge_does(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    denial = "match: [jailed], policy: deny"
    for rules, rule in (((denial, f"match: [printers], {ALLOW}"), "default"), ((f"match: [printers], {ALLOW}",), "R1")):
        file.write_text(text(*rules))
        _, policy = load_policy(file, PolicyContext())
        match = find(by_mac(), store_of(device(1), synced_at=1.0), policy)
        assert decide(by_mac(), match, policy, NOW).rule == rule
    file.write_text(text("match: [revoked], policy: deny", f"match: [tls], {ALLOW}"))
    _, policy = load_policy(file, PolicyContext())
    facts = Facts(auth_type="eap-tls", certificate=Certificate(common_name="x", unclear=True))
    assert decide(facts, find(facts, store_of(device(1)), policy), policy, NOW).rule == "Strange"


TOGETHER = ", since the parts of one text have to hold together"
EITHER = ", since the texts of a list are alternatives; what has to hold together goes into one text"


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("os_version", "> 11, < 10", [((), f"> 11, < 10: no version fits{TOGETHER}")]),
        ("os_version", "= 10, = 11", [((), f"= 10, = 11: no version fits{TOGETHER}")]),
        ("os_version", ">= 10.0, < 10", [((), f">= 10.0, < 10: no version fits{TOGETHER}")]),
        ("os_version", "< 0", [((), f"< 0: no version fits{TOGETHER}")]),
        ("os_version", ["< 9", "> 11, < 10"], [((1,), f"> 11, < 10: no version fits{TOGETHER}")]),
        ("os_version", ["!= 10", "!= 11"], [((), f"!= 10 or != 11: every version fits{EITHER}")]),
        ("os_version", [">= 10", "< 11"], [((), f">= 10 or < 11: every version fits{EITHER}")]),
        ("os_version", ">= 0", [((), ">= 0: every version fits")]),
        ("os_version", "> 10, < 10.0.1", []),
        ("os_version", "!= 10, != 11", []),
        ("os_version", ["< 10", "> 10"], []),
        ("os_version", ["= 10", ">= 10.0.22631, < 10.0.26100"], []),
        ("last_check_in", "> 14d, < 7d", [((), f"> 14d, < 7d: no age fits{TOGETHER}")]),
        ("last_check_in", "< 0s", [((), f"< 0s: no age fits{TOGETHER}")]),
        ("last_check_in", ["> 7d", "< 14d"], [((), f"> 7d or < 14d: every age fits{EITHER}")]),
        ("enrolled", ">= 0s", [((), ">= 0s: every age fits")]),
        ("enrolled", "> 1s, < 2s", []),
        ("last_check_in", ["< 7d", "> 14d"], []),
    ],
)
def test_comparisons(kind: str, value: object, found: list[tuple[tuple[int, ...], str]]) -> None:
    assert list(comparison_warnings(kind, value)) == found


def test_comparisons_have_their_line(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    label = "labels:\n  old:\n    os_version:\n      - '< 9'\n      - '> 11, < 10'\n"
    file.write_text(text(f"match: [old, good], {ALLOW}", before=LABELS.replace("labels:\n", label)))
    found = [str(each) for each in warnings(*load_policy(file, PolicyContext()), None)]
    assert f"{file}:5: labels.old.os_version[2]: warning: > 11, < 10: no version fits{TOGETHER}" in found
    file.write_text(file.read_text().replace("[old, good]", "[good]"))
    assert not [each for each in warnings(*load_policy(file, PolicyContext()), None) if "no version" in each.message]


@pytest.mark.parametrize("name", ["Session-Timeout", "termination-action"])
def test_what_a_session_timeout_gives_is_given_by_no_other_label(tmp_path: Path, name: str) -> None:
    file = tmp_path / "policy.yaml"
    more = f"labels:\n  short: {{session_timeout: 1h}}\n  extra: {{attributes: {{{name}: 1}}}}\n"
    rule = "match: [good], policy: allow, assign: [short, extra]"
    file.write_text(text(rule, before=LABELS.replace("labels:\n", more)))
    with pytest.raises(ConfigurationError, match=f"{name}: use a label of kind session_timeout for {name}"):
        load_policy(file, PolicyContext())
