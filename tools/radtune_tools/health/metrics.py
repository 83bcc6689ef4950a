"""The metrics for Prometheus, of what `status` finds and of the counters: the only importer of prometheus_client."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from prometheus_client import CollectorRegistry, generate_latest, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from radtune.config.settings import Settings
from radtune.records.moves_and_states import MoveState
from radtune.server.faults import FAULTS
from radtune.server.state import HOOK_NANOSECONDS
from radtune_tools.health import counters as counted
from radtune_tools.health.counting import Report, counters
from radtune_tools.health.health import health
from radtune_tools.health.metric_names import METRICS
from radtune_tools.health.reasons import REASON_NAMES, Health

Rows = list[dict[str, Any]]
Labels = str | tuple[str, ...]
MOST_OUTCOMES = 100
"""Outcomes of sessions that have a series of their own, those with the most sessions."""


def text(settings: Settings, now: float, report: Report) -> str:
    """Return the metrics in Prometheus's text format; `now` is in seconds since the epoch.

    `report` takes sentences about events that can't be counted; the other metrics are there anyway. Raises what
    `health` raises.
    """
    return generate_latest(_registry(settings, now, report)).decode()


def write(settings: Settings, now: float, report: Report, file: Path) -> None:
    """Write them into a file in one step, for node_exporter's textfile collector; raises OSError, too."""
    write_to_textfile(str(file), _registry(settings, now, report))


def _registry(settings: Settings, now: float, report: Report) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Metrics(health(settings, now), counters(settings, now, report), now))
    return registry


class _Metrics(Collector):
    """The metrics of what `health` found. A part that can't be read has none, and radtune isn't healthy."""

    def __init__(self, found: Health, counts: counted.Counters, now: float) -> None:
        self._found = found
        self._counts = counts
        self._now = now

    def collect(self) -> Iterator[Metric]:
        found, parts = self._found, self._found.parts
        yield _gauge("radtune_healthy", not found.reasons)
        yield _gauge("radtune_unknown", found.state == "unknown")
        yield _gauges("radtune_reasons", {name: _count(found.reasons, name) for name in REASON_NAMES})
        yield _gauge("radtune_metrics_timestamp_seconds", self._now)
        if (servers := parts.get("servers")) is not None:
            yield from _servers(servers)
        policy = parts.get("policy")
        if policy is not None and policy["same_as_file"] is not None:
            yield _gauge("radtune_policy_in_force", policy["same_as_file"])
        if (outcomes := parts.get("outcomes")) is not None:
            yield _gauges("radtune_sessions", _most(outcomes))
        if (quarantined := parts.get("quarantined")) is not None:
            yield _gauge("radtune_quarantined", quarantined)
        if (moves := parts.get("moves")) is not None:
            yield from _moves(moves)
        if (run := parts.get("last_run")) is not None:
            yield _gauge("radtune_apply_obstacles", len(run["blocked_by"]))
            yield _gauge("radtune_held_moves", run["held"])
            yield _gauge("radtune_apply_timestamp_seconds", _seconds(run["at"]))
        if (tenants := parts.get("devices")) is not None:
            yield from _tenants(tenants)
        yield from _pushed(parts.get("push", []))
        yield from _counted(self._counts, found.rules)


def _gauge(name: str, value: float) -> Metric:
    return _gauges(name, {(): value})


def _gauges(name: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, METRICS[name].meaning, labels=METRICS[name].labels)
    return _filled(family, values)


def _counter(name: str, values: Mapping[Any, float]) -> Metric:
    family = CounterMetricFamily(name, METRICS[name].meaning, labels=METRICS[name].labels)
    return _filled(family, values)


def _filled(family: Any, values: Mapping[Labels, float]) -> Metric:
    for key, value in values.items():
        family.add_metric((key,) if isinstance(key, str) else key, float(value))
    made: Metric = family
    return made


def _count(reasons: Iterable[Any], name: str) -> int:
    return sum(reason.name == name for reason in reasons)


def _most(outcomes: Mapping[str, int]) -> dict[str, int]:
    """Return the sessions of the most common outcomes, and those of the rest as `other`."""
    found = sorted(outcomes.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(count for _, count in found[MOST_OUTCOMES:])
    return {**dict(found[:MOST_OUTCOMES]), **({counted.OTHER: rest} if rest else {})}


def _servers(rows: Rows) -> Iterator[Metric]:
    """Yield what the servers say that run; without a request there is no time of the last one."""
    yield _gauge("radtune_up", len(rows))
    heard = [_seconds(row["last_request"]) for row in rows if row["last_request"]]
    if heard:
        yield _gauge("radtune_last_request_timestamp_seconds", max(heard))
    yield _gauge("radtune_denied_in_a_row", min((row["denied_in_a_row"] for row in rows), default=0))
    faults = [fault for row in rows for fault in row["faults"]]
    met = {what: sum(fault["requests"] for fault in faults if fault["what"] == what) for what in FAULTS}
    yield _gauges("radtune_fault_requests", met)


def _moves(rows: Rows) -> Iterator[Metric]:
    states = {state: sum(row["state"] == state for row in rows) for state in get_args(MoveState)}
    yield _gauges("radtune_moves", states)
    yield _gauge("radtune_not_enforced", sum(row["out_of_policy"] for row in rows))


def _tenants(rows: Rows) -> Iterator[Metric]:
    devices = {(row["tenant"], state): count for row in rows for state, count in row["devices"].items()}
    yield _gauges("radtune_devices", devices)
    yield _gauges("radtune_sync_failures", {row["tenant"]: row["failures"] for row in rows})
    synced = {(row["tenant"], "whole"): row["synced"] for row in rows}
    synced |= {(row["tenant"], "changes"): row["changes"] for row in rows if row["changes_seconds"]}
    yield _gauges("radtune_sync_timestamp_seconds", _times(synced))
    took = {(row["tenant"], kind): row[f"{kind}_seconds"] for row in rows for kind in ("whole", "changes")}
    yield _gauges("radtune_sync_duration_seconds", {key: seconds for key, seconds in took.items() if seconds})
    expires = {row["tenant"]: row["credential_expires"] for row in rows}
    yield _gauges("radtune_credential_expiry_timestamp_seconds", _times(expires))


def _counted(found: counted.Counters, rules: Iterable[str]) -> Iterator[Metric]:
    """Yield the counters; each rule of the policy has one, and each fault."""
    counts, by_kind = found.total(), dict[str, dict[Labels, float]]()
    for (kind, *labels), count in counts.items():
        by_kind.setdefault(kind, {})[tuple(labels)] = count
    if found.at:
        yield _gauge("radtune_counted_timestamp_seconds", found.at)
    yield _counter("radtune_errors_total", {what: counts[counted.ERRORS, what] for what in FAULTS})
    yield _counter("radtune_logins_total", by_kind.get(counted.LOGINS, {}))
    yield _counter("radtune_rule_hits_total", {(rule,): 0 for rule in rules} | by_kind.get(counted.RULES, {}))
    yield _counter("radtune_events_total", by_kind.get(counted.EVENTS, {}))
    yield _counter("radtune_coa_total", by_kind.get(counted.COA, {}))
    questions = sorted({key[1] for key in counts if key[0] == counted.HOOK})
    bounds = [bound / 1e9 for bound in HOOK_NANOSECONDS]
    yield _histogram("radtune_hook_seconds", counts, [(counted.HOOK, each) for each in questions], bounds, 1e-9)
    yield _histogram("radtune_enforcement_seconds", counts, [(counted.ENFORCEMENT,)], counted.ENFORCEMENT_SECONDS, 1)


def _histogram(
    name: str, counts: Mapping[counted.Key, int], keys: Iterable[counted.Key], bounds: Sequence[float], unit: float
) -> Metric:
    """Return the histograms of these keys; `unit` is what one of their sum is in seconds."""
    family = HistogramMetricFamily(name, METRICS[name].meaning, labels=METRICS[name].labels)
    ends = [*(str(float(bound)) for bound in bounds), "+Inf"]
    for key in keys:
        found, total = counted.buckets(counts, key, len(ends))
        family.add_metric(key[1:], [*zip(ends, found, strict=True)], total * unit)
    made: Metric = family
    return made


def _times(moments: Mapping[Any, str]) -> dict[Any, float]:
    return {key: _seconds(moment) for key, moment in moments.items() if moment}


def _pushed(rows: Rows) -> Iterator[Metric]:
    """Yield how the destinations of client events are; nothing without one."""
    if rows:
        yield _gauges("radtune_push_lag_seconds", {row["name"]: row["lag_seconds"] for row in rows})
        yield _counter("radtune_push_sent_total", {row["name"]: row["sent"] for row in rows})
        dropped = {(row["name"], reason): row[reason] for row in rows for reason in ("refused", "given_up")}
        yield _counter("radtune_push_dropped_total", dropped)
        yield _counter("radtune_push_losses_total", {row["name"]: row["losses"] for row in rows})


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
