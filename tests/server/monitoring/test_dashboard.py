"""Every query of the dashboard and of the alerts on a real Prometheus that has scraped a running radtune."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parts.coa_server import CoaServer
from parts.manual import PROJECT
from parts.office import Office, device, mac_of
from parts.process import wait_for
from parts.prometheus import Exporter, Prometheus, promtool
from parts.raddb import server_directory
from parts.radius_client import mac_login

RULES = PROJECT / "tools/monitoring/radtune.rules.yml"
DASHBOARD = json.loads((PROJECT / "tools/monitoring/radtune-dashboard.json").read_text())
PANELS: dict[str, list[str]] = {
    panel["title"]: [target["expr"] for target in panel["targets"]]
    for panel in DASHBOARD["panels"]
    if panel["type"] != "row"
}
SECRET, SWITCH, SILENT = "the NAS's secret", "127.0.0.1", "127.0.0.3"
VARIABLES = {"$__rate_interval": "5m", "$__range": "5m", "$site": ".*"}
SELECTOR = re.compile(r"(radtune_\w+)(?:\{([^}]*)\})?")


class Scraped(NamedTuple):
    """A Prometheus, and the metrics that it has scraped last."""

    prometheus: Prometheus
    text: str


@pytest.fixture(scope="module")
def scraped() -> Iterator[Scraped]:
    """Return a Prometheus that has scraped an office before and after two of its devices were moved."""
    with (
        server_directory() as directory,
        Office(directory, [device(number) for number in range(1, 6)]) as office,
        Exporter() as exporter,
    ):
        for name in ("nas", "prometheus"):
            (directory / name).mkdir()
        with CoaServer(directory / "nas", SECRET) as nas:
            _configure(office, nas.port)
            _log_in(office, laptop_2=True)
            exporter.text = _metrics(office)
            with Prometheus(directory / "prometheus", exporter.address, RULES) as prometheus:
                _wait_for_two_scrapes(prometheus, exporter.text)
                _move(office)
                _log_in(office)
                exporter.text = _metrics(office)
                _wait_for_two_scrapes(prometheus, exporter.text)
                yield Scraped(prometheus, exporter.text)


def _configure(office: Office, port: int) -> None:
    office.secret_file("coa-secret", SECRET)
    entries = [
        {"name": "switches", "nas": [SWITCH], "port": port, "secret_file": "coa-secret"},
        {"name": "silent", "nas": [SILENT], "coa_address": SWITCH, "port": 9, "secret_file": "coa-secret"},
    ]
    office.write_settings(
        intune={**office.intune_settings(), "client_secret_expires": "2999-12-31"},
        nas=entries,
        moves={"attempts": 1},
        sites=[{"name": "berlin", "nas": ["127.0.0.0/8"]}],
    )
    office.server.stop()
    office.server.start()
    office.radtune("sync", "--changes", expect=0)


def _log_in(office: Office, *, laptop_2: bool = False) -> None:
    for number, nas in ((1, SWITCH), *([(2, SILENT)] if laptop_2 else []), (3, SWITCH), (9, SWITCH)):
        office.client.login(*mac_login(mac_of(number), ("NAS-IP-Address", nas)))
    office.client.login(("User-Name", "bob"), ("User-Password", "wrong"))


def _move(office: Office) -> None:
    """Let two devices be moved: one NAS obeys, and its device logs in again; one is silent."""
    for number in (1, 2):
        office.intune.patch(device(number)["id"], complianceState="noncompliant")
    office.radtune("sync", "--accept-lost-compliance", "2", expect=0)
    office.radtune("apply", "--wait", "0", expect=4)
    office.client.login(*mac_login(mac_of(1), ("NAS-IP-Address", SWITCH)))
    office.radtune("apply", "--wait", "0", expect=4)
    office.radtune("quarantine", "LAPTOP-4", expect=0)


def _metrics(office: Office) -> str:
    """Return what `radtune metrics` prints once the server has told of its last request."""

    def told() -> bool:
        office.client.account("Interim-Update", ("Calling-Station-Id", mac_of(3)), ("NAS-IP-Address", SWITCH))
        states = [json.loads(file.read_text().splitlines()[0]) for file in office.store.glob("server-*.json")]
        return any(state["pid"] == office.server.pid and "mab" in state.get("hook", {}) for state in states)

    wait_for(told, "the server's word of its last requests")
    return office.radtune("metrics", expect=0).stdout


def _wait_for_two_scrapes(prometheus: Prometheus, text: str) -> None:
    (made,) = re.findall(r"^radtune_metrics_timestamp_seconds (\S+)$", text, re.MULTILINE)
    same = f"count_over_time((radtune_metrics_timestamp_seconds == {made})[5m:1s])"
    wait_for(lambda: any(float(found["value"][1]) >= 2 for found in prometheus.query(same)), "two scrapes")


def labels_of(text: str) -> dict[str, set[str]]:
    """Return the labels of each name of a sample in Prometheus's text format."""
    samples = re.findall(r"^(radtune_\w+)(?:\{(.*)\})? \S+$", text, re.MULTILINE)
    return {name: set(re.findall(r'(\w+)="', labels)) for name, labels in samples}


def test_promtool_finds_nothing_wrong_with_the_metrics(scraped: Scraped) -> None:
    ran = promtool("check", "metrics", text=scraped.text)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.mark.parametrize("title", PANELS)
def test_no_panel_is_empty(scraped: Scraped, title: str) -> None:
    for expression in PANELS[title]:
        filled = re.sub(r"\$\w+", lambda variable: VARIABLES[variable[0]], expression)
        assert scraped.prometheus.query(filled), filled


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Healthy", {(): 0}),
        ("Servers", {(): 1}),
        ("Live sessions", {(): 3}),
        ("Compliant devices", {(): 0.6}),
        ("Sessions out of policy", {(): 1}),
    ],
)
def test_what_a_panel_shows(scraped: Scraped, title: str, expected: dict[tuple[str, ...], float]) -> None:
    (expression,) = PANELS[title]
    found = scraped.prometheus.query(expression)
    assert {tuple(each["metric"].values()): float(each["value"][1]) for each in found} == expected


def test_the_counts_are_those_of_what_happened(scraped: Scraped) -> None:
    query = scraped.prometheus.query
    events = {each["metric"]["event"]: float(each["value"][1]) for each in query("radtune_events_total")}
    assert (events["login_allowed"], events["login_denied"]) == (6, 4)
    assert (events["move_requested"], events["moved"], events["not_enforced"]) == (2, 1, 1)
    denied = query('radtune_logins_total{result="denied"}')
    assert {(each["metric"]["reason"], each["metric"].get("rule", "")): float(each["value"][1]) for each in denied} == {
        ("not_enrolled", "default"): 2.0,
        ("server", ""): 2.0,
    }
    coa = query("radtune_coa_total")
    assert {(each["metric"]["nas"], each["metric"]["result"]) for each in coa} == {
        (SWITCH, "acknowledged"),
        (SILENT, "unanswered"),
    }
    (moved,) = query("radtune_enforcement_seconds_count")
    assert float(moved["value"][1]) == 1


def test_the_alerts_name_metrics_and_labels_that_there_are(scraped: Scraped) -> None:
    known = labels_of(scraped.text)
    alerts = scraped.prometheus.rules()
    assert alerts and {(alert["health"], alert.get("lastError")) for alert in alerts} == {("ok", None)}
    dashboard = [expression for expressions in PANELS.values() for expression in expressions]
    for name, matchers in SELECTOR.findall(" ".join([*(alert["query"] for alert in alerts), *dashboard])):
        assert name in known
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) <= known[name]


def test_the_dashboard_is_one_that_grafana_can_import() -> None:
    """Its panels have places of their own, and every one takes the data source that a person chooses."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24
    sources = {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"}
    assert sources == {"${datasource}"}
    assert not any(key.startswith("__") for key in DASHBOARD)


def test_the_texts_are_of_files_that_are_there() -> None:
    named: Any = re.findall(r"docs/[\w-]+\.md", json.dumps(DASHBOARD))
    assert named and all((PROJECT / Path(file)).exists() for file in named)
