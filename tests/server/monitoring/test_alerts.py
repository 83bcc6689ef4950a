"""Each alert fires when it should, and at no other time: promtool runs them over made-up metrics."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from parts.manual import PROJECT, page
from parts.prometheus import promtool

RULES = PROJECT / "tools/monitoring/radtune.rules.yml"
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
}
DAY = 24 * 60
"""Minutes; a sample comes each minute."""


class Case(NamedTuple):
    """Metrics that let an alert fire at a minute, with these labels, and others that don't."""

    alert: str
    fires: dict[str, str]
    not_with: dict[str, str]
    labels: str = ""
    minute: int = 30


def reason(name: str) -> str:
    return f'radtune_reasons{{name="{name}"}}'


def of_tenant(metric: str, **labels: str) -> str:
    return f"{metric}{{{','.join(f'{name}={value!r}' for name, value in {'tenant': 'contoso', **labels}.items())}}}"


def logins(denied: str, allowed: str) -> dict[str, str]:
    return {'radtune_logins_total{result="denied"}': denied, 'radtune_logins_total{result="allowed"}': allowed}


def requests(refused: str, acknowledged: str) -> dict[str, str]:
    name = 'radtune_coa_total{nas="sw1",result='
    return {f'{name}"refused"}}': refused, f'{name}"acknowledged"}}': acknowledged}


def histogram(metric: str, below: str, above: str, total: str) -> dict[str, str]:
    ends = {"0.01" if "hook" in metric else "60": below, "0.1" if "hook" in metric else "3600": above, "+Inf": total}
    label = ',question="mab"' if "hook" in metric else ""
    return {f'{metric}_bucket{{le="{end}"{label}}}': values for end, values in ends.items()}


COMPLIANT = of_tenant("radtune_devices", compliance="compliant")
SINCE_1970 = "0+60x2000"
"""The time of each sample."""
CASES = [
    Case("RadtuneNoMetrics", {}, {"radtune_metrics_timestamp_seconds": SINCE_1970}),
    Case(
        "RadtuneNoMetrics",
        {"radtune_metrics_timestamp_seconds": "0+60x10 600x100"},
        {"radtune_metrics_timestamp_seconds": SINCE_1970},
    ),
    Case("RadtuneServerDown", {reason("server_down"): "1x60"}, {reason("server_down"): "0x60"}, 'name="server_down"'),
    Case(
        "RadtuneDeniesAll",
        {reason("server_denies_all"): "1x60"},
        {reason("server_denies_all"): "0x60"},
        'name="server_denies_all"',
    ),
    Case("RadtuneStale", {reason("stale"): "1x60"}, {reason("stale"): "0x60"}, 'name="stale"'),
    Case(
        "RadtuneReason",
        {reason("sync"): "2x60"},
        {reason("sync"): "0x60", reason("server_down"): "1x60", reason("not_enforced"): "1x60"},
        'name="sync"',
    ),
    Case("RadtuneUnknown", {"radtune_unknown": "1x60"}, {"radtune_unknown": "0x60"}),
    Case(
        "RadtuneErrors",
        {'radtune_errors_total{what="events"}': "0x25 3x35"},
        {'radtune_errors_total{what="events"}': "3x60"},
        'what="events"',
    ),
    Case(
        "RadtuneSlow",
        histogram("radtune_hook_seconds", "0+10x60", "0+100x60", "0+100x60"),
        histogram("radtune_hook_seconds", "0+100x60", "0+100x60", "0+100x60"),
        'question="mab"',
    ),
    Case(
        "RadtuneManyDenied",
        logins(f"0+1x{DAY} {DAY}+9x60", f"0+10x{DAY + 60}"),
        logins(f"0+9x{DAY + 60}", f"0+10x{DAY + 60}"),
        minute=DAY + 50,
    ),
    Case(
        "RadtuneDevicesLost",
        {of_tenant("radtune_devices"): f"100x{DAY} 70x60"},
        {of_tenant("radtune_devices"): f"100x{DAY} 90x60"},
        'tenant="contoso"',
        minute=DAY + 30,
    ),
    Case(
        "RadtuneComplianceLost",
        {COMPLIANT: f"100x{DAY} 70x60", of_tenant("radtune_devices", compliance="error"): f"0x{DAY} 30x60"},
        {COMPLIANT: f"100x{DAY} 90x60"},
        'tenant="contoso"',
        minute=DAY + 30,
    ),
    Case("RadtuneNotEnforced", {"radtune_not_enforced": "1x60"}, {"radtune_not_enforced": "1x10 0x50"}),
    Case("RadtuneApplyBlocked", {"radtune_apply_obstacles": "1x60"}, {"radtune_apply_obstacles": "0x60"}, minute=40),
    Case("RadtuneNasFails", requests("0+1x60", "0x60"), requests("0+1x60", "0+5x60"), 'nas="sw1"'),
    Case(
        "RadtuneEnforcementSlow",
        histogram("radtune_enforcement_seconds", "0x60", "0+1x60", "0+1x60"),
        histogram("radtune_enforcement_seconds", "0+1x60", "0+1x60", "0+1x60"),
    ),
    Case(
        "RadtuneCountingStopped",
        {"radtune_counted_timestamp_seconds": "0x60"},
        {"radtune_counted_timestamp_seconds": SINCE_1970},
    ),
]


def made_up(case: Case, series: dict[str, str], *, fires: bool) -> dict[str, Any]:
    """Return the test of promtool that the case's alert fires, or doesn't, with these metrics; none does at once."""
    firing = f'alertname="{case.alert}", alertstate="firing"'
    labels = ", ".join(filter(None, (firing, f'severity="{ALERTS[case.alert]["labels"]["severity"]}"', case.labels)))
    samples = [{"labels": f"ALERTS{{{labels}}}", "value": 1}] if fires else []
    return {
        **metrics(series),
        "promql_expr_test": [
            {"expr": f"ALERTS{{{firing}}}", "eval_time": f"{minute}m", "exp_samples": expected}
            for minute, expected in ((0, []), (case.minute, samples))
        ],
    }


def metrics(series: dict[str, str]) -> dict[str, Any]:
    return {"interval": "1m", "input_series": [{"series": name, "values": each} for name, each in series.items()]}


def run(directory: Path, *tests: dict[str, Any]) -> str:
    """Run these tests of promtool; give what it says, '' if all is as it should be."""
    file = directory / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": list(tests)}))
    ran = promtool("test", "rules", str(file))
    return ran.stdout + ran.stderr if ran.returncode else ""


def test_the_rules_are_in_order() -> None:
    ran = promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))
    assert (ran.returncode, f"{len(ALERTS)} rules found" in ran.stdout) == (0, True), ran.stdout + ran.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_fires_when_it_should_and_else_not(tmp_path: Path, case: Case) -> None:
    assert run(tmp_path, made_up(case, case.fires, fires=True), made_up(case, case.not_with, fires=False)) == ""


def test_each_alert_has_a_case_and_a_section_that_it_names() -> None:
    assert {case.alert for case in CASES} == set(ALERTS)
    sections = [line.removeprefix("## ") for line in page("alerts").splitlines() if line.startswith("## Radtune")]
    assert sections == [*ALERTS]
    for name, alert in ALERTS.items():
        assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
        assert alert["annotations"]["runbook_url"] == f"docs/alerts.md#{name.lower()}"
        assert alert["labels"]["severity"] in ("critical", "warning")
        assert "for" in alert or "increase(" in alert["expr"], f"{name}: one bad sample is no alarm"


def test_what_an_alert_says_names_the_numbers(tmp_path: Path) -> None:
    (case,) = (case for case in CASES if case.alert == "RadtuneSlow")
    annotations = {
        "summary": "radtune takes long for mab",
        "description": "One request in a hundred takes more than 99ms.",
        "runbook_url": "docs/alerts.md#radtuneslow",
    }
    alert = {"exp_labels": {"severity": "warning", "question": "mab"}, "exp_annotations": annotations}
    expected = {"eval_time": "30m", "alertname": case.alert, "exp_alerts": [alert]}
    assert run(tmp_path, {**metrics(case.fires), "alert_rule_test": [expected]}) == ""
