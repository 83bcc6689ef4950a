"""The states that `policy check` says fall to a default that denies."""

from pathlib import Path

import pytest

from radtune.records.device_and_client import ALL_STATES
from unit.samples import POLICY
from unit.tools.policy.test_lint import lint


def refused(directory: Path, text: str) -> list[str]:
    """Return the states that are told to fall to a default that denies."""
    found = [line for line in lint(directory, text) if "fall to the default and are refused" in line]
    listed = [line.partition("clients that are ")[2].partition(" fall to")[0].replace(" or ", ", ") for line in found]
    return sorted(state for states in listed for state in states.split(", "))


def test_states_that_nothing_names(tmp_path: Path) -> None:
    assert lint(tmp_path, POLICY)[0].startswith("policy.yaml:16: default: warning: clients that are not_enrolled, ")
    assert refused(tmp_path, POLICY) == sorted(ALL_STATES - {"compliant", "noncompliant"})


@pytest.mark.parametrize("state", sorted(ALL_STATES - {"compliant", "noncompliant"}))
def test_a_state_that_something_names(tmp_path: Path, state: str) -> None:
    others = sorted(ALL_STATES - {"compliant", "noncompliant", state})
    for change in (
        ("noncompliant}", f"[noncompliant, {state}]}}"),
        ("{mdm_compliance: compliant}", f"{{mdm_compliance: [compliant, {state}]}}"),
    ):
        assert refused(tmp_path, POLICY.replace(*change)) == others


def test_a_state_that_falls_elsewhere(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{POLICY}on_failure: {{stale: deny}}\n") == sorted(
        ALL_STATES - {"compliant", "noncompliant", "stale"}
    )
    assert refused(tmp_path, POLICY.replace("default: deny", "default: {policy: allow, assign: [quarantine]}")) == []
    assert refused(tmp_path, POLICY.replace("[intune-non-compliant]", "[{not: intune-compliant}]")) == []


def test_a_policy_that_asks_for_no_state_refuses_every_one(tmp_path: Path) -> None:
    text = POLICY.replace("mdm_compliance: compliant", "ssid: Corp").replace("mdm_compliance: noncompliant", "os: iOS")
    assert refused(tmp_path, text) == sorted(ALL_STATES)
