"""How radtune is doing, as Prometheus reads it: the only importer of prometheus_client."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest, write_to_textfile
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from radtune.server.faults import FAULTS
from radtune_tools.health.reasons import REASON_NAMES, Health, Reason


def registry(found: Health) -> CollectorRegistry:
    """Return the metrics of what `health` found. A part that can't be read has none, and radtune isn't healthy."""
    metrics = CollectorRegistry()
    _one(metrics, "radtune_healthy", "1 where status has no reason to worry", float(not found.reasons))
    _one(metrics, "radtune_unknown", "1 where status can't see whether all is well", float(found.state == "unknown"))
    _reasons(metrics, found.reasons)
    if (servers := found.parts.get("servers")) is not None:
        _servers(metrics, servers)
    policy = found.parts.get("policy")
    if policy is not None and policy["same_as_file"] is not None:
        said = "1 where the server judges by the policy that is in the file"
        _one(metrics, "radtune_policy_in_force", said, float(policy["same_as_file"]))
    if (sessions := found.parts.get("sessions")) is not None:
        _one(metrics, "radtune_sessions", "Live sessions", float(sessions))
    if (quarantined := found.parts.get("quarantined")) is not None:
        _one(metrics, "radtune_quarantined", "Devices that are quarantined by hand", float(quarantined))
    if (moves := found.parts.get("moves")) is not None:
        _moves(metrics, moves)
    if (run := found.parts.get("last_run")) is not None:
        _one(metrics, "radtune_refusals", "What the last apply was not let do", float(len(run["refusals"])))
        _one(metrics, "radtune_held_moves", "Moves that the last apply held back", float(run["held"]))
        ran = datetime.fromisoformat(run["at"]).timestamp()
        _one(metrics, "radtune_apply_seconds", "When apply ran last", ran)
    if (tenants := found.parts.get("devices")) is not None:
        _tenants(metrics, tenants)
    return metrics


def text(found: Health) -> str:
    """Return the metrics in Prometheus's text format."""
    return generate_latest(registry(found)).decode()


def write(found: Health, file: Path) -> None:
    """Write them into a file in one step, for node_exporter's textfile collector; raises OSError."""
    write_to_textfile(str(file), registry(found))


def _one(metrics: CollectorRegistry, name: str, said: str, value: float) -> None:
    Gauge(name, said, registry=metrics).set(value)


def _reasons(metrics: CollectorRegistry, reasons: list[Reason]) -> None:
    by_name = Gauge("radtune_reasons", "Reasons to worry, by name", ["name"], registry=metrics)
    for name in REASON_NAMES:
        by_name.labels(name).set(sum(reason.name == name for reason in reasons))


def _servers(metrics: CollectorRegistry, rows: list[dict[str, Any]]) -> None:
    """Add what the servers say that run; without a request there is no time of the last one."""
    _one(metrics, "radtune_up", "Servers that run with radtune", float(len(rows)))
    heard = [row["last_request"] for row in rows if row["last_request"]]
    if heard:
        last = max(datetime.fromisoformat(at).timestamp() for at in heard)
        _one(metrics, "radtune_last_request_seconds", "When a server had its last request", last)
    logins = CounterMetricFamily("radtune_logins", "Logins since the start of the servers", labels=["result"])
    for result in ("allowed", "refused"):
        logins.add_metric([result], float(sum(row[result] for row in rows)))
    metrics.register(_Counted(logins))
    refused = float(min((row["refused_in_a_row"] for row in rows), default=0))
    _one(metrics, "radtune_refused_in_a_row", "Refused logins since the last one that was let in", refused)
    faults = Gauge(
        "radtune_fault_requests", "Requests that have met a fault that isn't over", ["what"], registry=metrics
    )
    for what in FAULTS:
        met = (fault["requests"] for row in rows for fault in row["faults"] if fault["what"] == what)
        faults.labels(what).set(sum(met))


@dataclass(eq=False)
class _Counted(Collector):
    """A counter that another process has counted."""

    family: CounterMetricFamily

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield self.family


def _moves(metrics: CollectorRegistry, rows: list[dict[str, Any]]) -> None:
    by_state = Gauge("radtune_moves", "Moves under way, by state", ["state"], registry=metrics)
    for state in ("pending", "sent", "unanswered", "refused", "acknowledged", "not_enforced"):
        by_state.labels(state).set(sum(row["state"] == state for row in rows))
    said = "Sessions that are not where policy wants them, and that status worries about"
    _one(metrics, "radtune_not_enforced", said, float(sum(row["out_of_policy"] for row in rows)))


def _tenants(metrics: CollectorRegistry, rows: list[dict[str, Any]]) -> None:
    devices = Gauge("radtune_devices", "Devices in the store", ["tenant", "compliance"], registry=metrics)
    failures = Gauge("radtune_sync_failures", "Syncs that failed since the last good one", ["tenant"], registry=metrics)
    synced = Gauge("radtune_synced_seconds", "When the last whole sync was", ["tenant"], registry=metrics)
    expires = Gauge("radtune_credential_expires_seconds", "When the credential expires", ["tenant"], registry=metrics)
    for row in rows:
        tenant = row["tenant"]
        failures.labels(tenant).set(row["failures"])
        for compliance, count in row["devices"].items():
            devices.labels(tenant, compliance).set(count)
        for gauge, at in ((synced, row["synced"]), (expires, row["credential_expires"])):
            if at:
                gauge.labels(tenant).set(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
