"""What `policy check` warns of: where, and what it keeps quiet about."""

from pathlib import Path

import pytest

from radtune.config.policy_file import load_policy
from radtune.config.policy_labels import PolicyContext
from radtune.policy.nas_directory import NasDirectory, NasList
from radtune_tools.policy.lint import warnings
from unit.samples import POLICY

ROOT = Path(__file__).resolve().parents[4]
LABELS = """\
labels:
  good: {mdm_compliance: compliant}
  bad: {mdm_compliance: [noncompliant, in_grace_period]}
  strange: {mdm_compliance: [not_enrolled, ambiguous, unknown]}
  corp: {ssid: Corp}
  guest: {ssid: [Guest, Guest2]}
  either: {ssid: [Corp, Guest]}
  windows: {os: Windows}
  encrypted: {encrypted: true}
  by-name: {matched_by: name}
  by-user: {matched_by: user}
  conflict: {identity_conflict: true}
  tls: {auth_type: eap-tls}
  id: {certificate: {san: 'IntuneDeviceId://*'}}
  night: {time: {days: mon-sun, hours: '22:00-06:00', timezone: UTC}}
  lan: {vlan: 750}
  pen: {vlan: 1}
rules:
"""
TAIL = "\n  - {name: Last, match: [strange], policy: deny}\ndefault: deny\n"
EVERY = "[good, bad, strange, corp, guest, either, windows, encrypted, by-name, by-user, conflict, tls, id, night]"


def lint(directory: Path, text: str, places: NasDirectory | None = None) -> list[str]:
    """Return the warnings as they are printed, without the file's directory."""
    file = directory / "policy.yaml"
    file.write_text(text)
    document, policy = load_policy(file, PolicyContext(places))
    return [str(problem).removeprefix(f"{directory}/") for problem in warnings(document, policy, places)]


def rules(*lines: str) -> str:
    """Return a policy of these rules, in which every label is used and strangers are named."""
    numbered = (f"  - {{name: R{number}, {line}}}\n" for number, line in enumerate(lines, 1))
    # The last two rules may never be reached; `of` leaves their warnings out.
    return LABELS + "".join(numbered) + f"  - {{name: Used, match: {EVERY}, policy: allow, assign: [pen]}}" + TAIL


def of(directory: Path, *lines: str) -> list[str]:
    """Return the warnings about these rules."""
    found = lint(directory, rules(*lines))
    others = ("rule Used", "rule Last", "labels.lan", "fall to the default")
    return [line for line in found if not any(other in line for other in others)]


def test_of_the_shipped_policy_one_vlan_has_to_be_set(tmp_path: Path) -> None:
    shipped = (ROOT / "raddb/mods-config/radtune/policy.yaml").read_text()
    (found,) = lint(tmp_path, shipped)
    assert "labels.quarantine.vlan: warning: CHANGE-ME is no VLAN; write the number or name of yours" in found
    assert lint(tmp_path, shipped.replace("CHANGE-ME", "999")) == []


def test_a_vlan_that_has_to_be_set_at_one_site(tmp_path: Path) -> None:
    for vlan in ("{sites: {berlin: CHANGE-ME}}", "{sites: {berlin: 7}, default: CHANGE-ME}"):
        found = lint(tmp_path, POLICY.replace("{vlan: 1}", f"{{vlan: {vlan}}}"), PLACES)
        assert sum("labels.quarantine.vlan: warning: CHANGE-ME is no VLAN" in line for line in found) == 1


def test_an_unused_label(tmp_path: Path) -> None:
    text = POLICY.replace("labels:\n", "labels:\n  spare: {vlan: 7}\n").replace("default: deny", "default: deny")
    assert lint(tmp_path, text)[0] == "policy.yaml:2: labels.spare: warning: no rule and no default uses this label"


@pytest.mark.parametrize(
    "tail",
    [
        "default: {policy: allow, assign: [x]}",
        "default: deny\non_failure: {stale: {policy: allow, assign: [x]}}",
        "default: deny\non_failure: {stale: {last_known: 48h, otherwise: {policy: allow, assign: [x]}}}",
    ],
)
def test_a_label_that_only_a_default_uses(tmp_path: Path, tail: str) -> None:
    text = f"labels: {{x: {{vlan: 1}}, strange: {{mdm_compliance: not_enrolled}}}}\nrules:\n{TAIL}"
    assert [line for line in lint(tmp_path, text.replace("default: deny", tail)) if "labels." in line] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[corp]", "[corp]"),
        ("[corp]", "[good, corp]"),
        ("[either]", "[corp, good]"),
        ("[{any: [corp, guest]}]", "[guest]"),
        ("[{not: bad}]", "[good]"),
        ("[{not: corp}]", "[guest]"),
        ("[{not: {not: night}}]", "[night]"),
        ("[{any: [good, night]}]", "[night, windows]"),
    ],
)
def test_a_rule_that_another_one_hides(tmp_path: Path, first: str, second: str) -> None:
    found = of(tmp_path, f"match: {first}, policy: deny", f"match: {second}, policy: deny")
    assert found == [
        "policy.yaml:20: rules[2]: warning: rule R2 is never reached: rule R1 before it fits every client that it fits"
    ]


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("[good]", "[{not: good}]", "[corp]"),
        ("[night]", "[{not: night}]", "[corp]"),
        ("[good, night]", "[{not: night}]", "[good]"),
        ("[guest]", "[corp, good]", "[either, good, windows]"),
    ],
)
def test_a_rule_that_others_hide_together(tmp_path: Path, first: str, second: str, third: str) -> None:
    said = "rule R3 is never reached: the rules before it together fit every client that it fits"
    lines = [f"match: {match}, policy: deny" for match in (first, second, third)]
    assert of(tmp_path, *lines) == [f"policy.yaml:21: rules[3]: warning: {said}"]
    for fewer in (lines[1:], lines[::2]):
        assert of(tmp_path, *fewer) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[corp]", "[either]"),
        ("[good]", "[{not: bad}]"),
        ("[good, corp]", "[good]"),
        ("[{not: encrypted}]", "[corp]"),
        ("[corp, night]", "[corp]"),
        ("[{not: id}]", "[tls]"),
    ],
)
def test_a_rule_that_still_fits_somebody(tmp_path: Path, first: str, second: str) -> None:
    assert of(tmp_path, f"match: {first}, policy: deny", f"match: {second}, policy: deny") == []


def test_labels_that_can_t_be_told_leave_room(tmp_path: Path) -> None:
    """Neither `encrypted` nor its `not` holds for a client of a stale store."""
    for label in ("encrypted", "id"):
        lines = (f"match: [{label}]", f"match: [{{not: {label}}}]", "match: [corp]")
        assert of(tmp_path, *(f"{line}, policy: deny" for line in lines)) == []


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ("[good, bad]", "good and bad can't hold together"),
        ("[corp, tls, {not: corp}]", "corp and not corp can't hold together"),
        ("[good, guest, corp]", "guest and corp can't hold together"),
        ("[strange, windows, good]", "strange and good can't hold together"),
        ("[by-user]", "by-user can't hold"),
        ("[{any: [good, bad]}, {not: good}, {not: bad}]", "its labels can't all hold together"),
    ],
)
def test_a_rule_that_can_never_fit(tmp_path: Path, match: str, why: str) -> None:
    assert of(tmp_path, f"match: {match}, policy: allow, assign: [pen]") == [
        f"policy.yaml:19: rules[1].match: warning: rule R1 can never fit: {why}"
    ]


def test_users_find_devices_where_the_policy_says_so(tmp_path: Path) -> None:
    text = rules("match: [by-user], policy: deny") + "identify_by: [device_id, user]\n"
    assert [line for line in lint(tmp_path, text) if "R1" in line] == []


@pytest.mark.parametrize(
    ("match", "states"),
    [
        ("[{not: bad}]", "not_enrolled, ambiguous, unknown, stale or unavailable"),
        ("[{not: windows}, corp]", "not_enrolled or unknown"),
        ("[{not: {any: [encrypted, windows]}}]", "not_enrolled or unknown"),
        ("[{not: conflict}, tls]", "not_enrolled, ambiguous or unknown"),
    ],
)
def test_a_rule_that_lets_in_what_is_not_something(tmp_path: Path, match: str, states: str) -> None:
    (found,) = of(tmp_path, f"match: {match}, policy: allow, assign: [lan]")
    assert found.startswith("policy.yaml:19: rules[1].match: warning: rule R1 says only what the device is not (")
    assert f"so it also fits clients that are {states};" in found


@pytest.mark.parametrize("match", ["[{not: bad}, good]", "[{not: {not: good}}]", "[corp, {not: tls}]"])
def test_a_rule_that_asks_for_something_of_the_device_or_for_nothing(tmp_path: Path, match: str) -> None:
    assert of(tmp_path, f"match: {match}, policy: allow, assign: [lan]") == []


def test_negated_labels_are_fine_where_strangers_were_sorted_out_before(tmp_path: Path) -> None:
    lines = ("match: [strange], policy: deny", "match: [{not: windows}], policy: allow, assign: [lan]")
    assert of(tmp_path, *lines) == []


def test_a_default_that_is_as_good_as_what_has_to_be_earned(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, POLICY.replace("default: deny", "default: {policy: allow, assign: [corp-vlan]}"))
    assert "default: warning: clients that are not_enrolled" in found
    assert "get what rule Corp Compliant gives only to devices that earn it" in found


def test_a_default_that_several_rules_leave_nobody(tmp_path: Path) -> None:
    """Each rule by itself leaves the default some clients of each state."""
    text = POLICY.replace("[intune-compliant]", "[corp]").replace("[intune-non-compliant]", "[{not: corp}]")
    text = text.replace("labels:\n", "labels:\n  corp: {ssid: Corp}\n")
    for default in ("deny", "{policy: allow}", "{policy: allow, assign: [corp-vlan]}"):
        assert not [
            line for line in lint(tmp_path, text.replace("default: deny", f"default: {default}")) if "clients" in line
        ]


def test_a_default_that_assigns_nothing(tmp_path: Path) -> None:
    (found,) = lint(tmp_path, POLICY.replace("default: deny", "default: {policy: allow}"))
    assert "default: warning: clients that are not_enrolled" in found
    assert found.endswith("are let in with nothing assigned, into the port's own VLAN")


PLACES = NasDirectory(sites=(NasList("berlin", ("192.0.2.0/24",)), NasList("rome", ("198.51.100.0/24",))))
BY_PLACE = """\
labels:
  strange: {mdm_compliance: not_enrolled}
  lan:
    vlan:
      sites: {berlin: 750}
  staff: {role: {vendors: {aruba: staff}}}
rules:
  - {name: All, match: [strange], policy: allow, assign: [lan, staff]}
default: deny
"""


def test_what_has_no_value_for_some_places(tmp_path: Path) -> None:
    site, vendor = [line for line in lint(tmp_path, BY_PLACE, PLACES) if "labels." in line]
    assert site == (
        "policy.yaml:5: labels.lan.vlan.sites: warning: has no VLAN for rome and no default: clients there are denied"
    )
    assert vendor.startswith("policy.yaml:6: labels.staff.role.vendors: warning: has no default")
    assert [line for line in lint(tmp_path, BY_PLACE) if "sites" in line] == []
    full = BY_PLACE.replace("berlin: 750}", "berlin: 750, rome: 7}").replace(
        "aruba: staff}", "aruba: staff}, default: x"
    )
    assert [line for line in lint(tmp_path, full, PLACES) if "labels." in line] == []
