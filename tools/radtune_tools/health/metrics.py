"""The metrics for Prometheus, made of what `status` finds: the only importer of prometheus_client."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from prometheus_client import CollectorRegistry, generate_latest, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from radtune.records.moves_and_states import MoveState
from radtune.server.faults import FAULTS
from radtune_tools.health.reasons import REASON_NAMES, Health

Rows = list[dict[str, Any]]


class _Metrics(Collector):
    """The metrics of what `health` found. A part that can't be read has none, and radtune isn't healthy."""

    def __init__(self, found: Health) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found, parts = self._found, self._found.parts
        yield _gauge("radtune_healthy", "1 if status has no reason to worry", not found.reasons)
        unknown = found.state == "unknown"
        yield _gauge("radtune_unknown", "1 if nothing is known to be wrong, but not everything can be seen", unknown)
        reasons = {name: sum(reason.name == name for reason in found.reasons) for name in REASON_NAMES}
        yield _gauges("radtune_reasons", "Reasons to worry, by name", ["name"], reasons)
        if (servers := parts.get("servers")) is not None:
            yield from _servers(servers)
        policy = parts.get("policy")
        if policy is not None and policy["same_as_file"] is not None:
            same = policy["same_as_file"]
            yield _gauge("radtune_policy_in_force", "1 if the server judges by the policy in the file", same)
        if (sessions := parts.get("sessions")) is not None:
            yield _gauge("radtune_sessions", "Live sessions", sessions)
        if (quarantined := parts.get("quarantined")) is not None:
            yield _gauge("radtune_quarantined", "Devices that are quarantined by hand", quarantined)
        if (moves := parts.get("moves")) is not None:
            yield from _moves(moves)
        if (run := parts.get("last_run")) is not None:
            yield _gauge(
                "radtune_refusals", "Limits and other obstacles that blocked the last apply", len(run["blocked_by"])
            )
            yield _gauge("radtune_held_moves", "Moves that the last apply held back", run["held"])
            yield _gauge("radtune_apply_seconds", "Time of the last apply", _seconds(run["at"]))
        if (tenants := parts.get("devices")) is not None:
            yield from _tenants(tenants)


def text(found: Health) -> str:
    """Return the metrics in Prometheus's text format."""
    return generate_latest(_registry(found)).decode()


def write(found: Health, file: Path) -> None:
    """Write them into a file in one step, for node_exporter's textfile collector; raises OSError."""
    write_to_textfile(str(file), _registry(found))


def _registry(found: Health) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Metrics(found))
    return registry


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=float(value))


def _gauges(name: str, said: str, labels: list[str], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=labels)
    for key, value in values.items():
        family.add_metric([key] if isinstance(key, str) else key, float(value))
    return family


def _servers(rows: Rows) -> Iterator[Metric]:
    """Yield what the servers say that run; without a request there is no time of the last one."""
    yield _gauge("radtune_up", "Servers that run with radtune", len(rows))
    heard = [_seconds(row["last_request"]) for row in rows if row["last_request"]]
    if heard:
        yield _gauge("radtune_last_request_seconds", "Time of the last request to a server", max(heard))
    logins = CounterMetricFamily("radtune_logins", "Logins since the start of the servers", labels=["result"])
    for result in ("allowed", "refused"):
        logins.add_metric([result], float(sum(row[result] for row in rows)))
    yield logins
    refused = min((row["refused_in_a_row"] for row in rows), default=0)
    yield _gauge("radtune_refused_in_a_row", "Refused logins since the last one that was let in", refused)
    faults = [fault for row in rows for fault in row["faults"]]
    met = {what: sum(fault["requests"] for fault in faults if fault["what"] == what) for what in FAULTS}
    yield _gauges("radtune_fault_requests", "Requests that met a fault that isn't over", ["what"], met)


def _moves(rows: Rows) -> Iterator[Metric]:
    states = {state: sum(row["state"] == state for row in rows) for state in get_args(MoveState)}
    yield _gauges("radtune_moves", "Moves under way, by state", ["state"], states)
    said = "Sessions that are out of policy: given up, not to be sent, or still out after 15 minutes"
    yield _gauge("radtune_not_enforced", said, sum(row["out_of_policy"] for row in rows))


def _tenants(rows: Rows) -> Iterator[Metric]:
    devices = {(row["tenant"], state): count for row in rows for state, count in row["devices"].items()}
    yield _gauges("radtune_devices", "Devices in the store", ["tenant", "compliance"], devices)
    failures = {row["tenant"]: row["failures"] for row in rows}
    yield _gauges("radtune_sync_failures", "Syncs that failed since the last good one", ["tenant"], failures)
    yield _gauges("radtune_synced_seconds", "When the last whole sync began", ["tenant"], _times(rows, "synced"))
    expires = _times(rows, "credential_expires")
    yield _gauges("radtune_credential_expires_seconds", "Time when the credential expires", ["tenant"], expires)


def _times(rows: Iterable[dict[str, Any]], name: str) -> dict[str, float]:
    return {row["tenant"]: _seconds(row[name]) for row in rows if row[name]}


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
