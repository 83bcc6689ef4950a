"""The metrics by part: name, type, labels and meaning. docs/metrics.md is made of this, and so is each HELP line."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram"]


class Described(NamedTuple):
    """A metric: its type, its labels, its meaning in a sentence."""

    kind: Kind
    labels: tuple[str, ...]
    meaning: str


def _gauge(meaning: str, *labels: str) -> Described:
    return Described("gauge", labels, meaning)


def _counter(meaning: str, *labels: str) -> Described:
    return Described("counter", labels, meaning)


def _histogram(meaning: str, *labels: str) -> Described:
    return Described("histogram", labels, meaning)


PARTS: Mapping[str, Mapping[str, Described]] = {
    "whole": {
        "radtune_healthy": _gauge("1 if there is no reason to worry"),
        "radtune_unknown": _gauge("1 if no fault is known, but some parts can't be read"),
        "radtune_reasons": _gauge("number of reasons with this name; each name is there, also with 0", "name"),
        "radtune_policy_in_force": _gauge(
            "1 if the server judges by the policy in the file; missing without a server, or if the file can't be used"
        ),
        "radtune_metrics_timestamp_seconds": _gauge("when these metrics were made"),
        "radtune_counted_timestamp_seconds": _gauge("when events were counted last; missing before the first time"),
    },
    "servers": {
        "radtune_up": _gauge("servers that run with radtune; missing if that can't be known"),
        "radtune_last_request_timestamp_seconds": _gauge(
            "when a server had its last request; missing before the first"
        ),
        "radtune_denied_in_a_row": _gauge("denied logins since the last one that was let in"),
        "radtune_fault_requests": _gauge(
            "requests that met a fault that isn't over; for sessions and events: writes that failed", "what"
        ),
        "radtune_errors_total": _counter("requests that met a fault, whether it is over or not", "what"),
        "radtune_hook_seconds": _histogram(
            "time of a request in radtune, by its question: mab, certificate, inner, login; denied (by another "
            "module); accounting",
            "question",
        ),
    },
    "logins": {
        "radtune_logins_total": _counter(
            "logins, result allowed or denied, by the state that decided (reason), rule and site; the reason server is "
            "another module's denial",
            *("result", "reason", "rule", "site"),
        ),
        "radtune_rule_hits_total": _counter("logins that this rule has decided; 0 for a rule without hits", "rule"),
        "radtune_events_total": _counter("client events, by kind", "event"),
    },
    "moves": {
        "radtune_sessions": _gauge("live sessions, by granted outcome", "outcome"),
        "radtune_quarantined": _gauge("devices that are quarantined by hand"),
        "radtune_moves": _gauge("moves under way, by state", "state"),
        "radtune_not_enforced": _gauge(
            "sessions that are out of policy: given up, not to be sent, or still out after 15 minutes"
        ),
        "radtune_coa_total": _counter(
            "requests to a NAS to move a session, by result; pending: nothing could be sent",
            *("nas", "method", "result"),
        ),
        "radtune_enforcement_seconds": _histogram(
            "seconds from the sync that saw the change to the login that proved the move, if both are known"
        ),
        "radtune_apply_obstacles": _gauge("limits and other obstacles, such as no server, that blocked the last apply"),
        "radtune_held_moves": _gauge("moves that the last apply held back, for a window or the hold-down"),
        "radtune_apply_timestamp_seconds": _gauge("when apply ran last; missing before the first time"),
    },
    "tenants": {
        "radtune_devices": _gauge("devices in the store", "tenant", "compliance"),
        "radtune_sync_failures": _gauge("syncs that failed since the last good one", "tenant"),
        "radtune_sync_timestamp_seconds": _gauge(
            "when the last good sync began, of kind whole or changes; stale_after counts from the whole one",
            *("tenant", "kind"),
        ),
        "radtune_sync_duration_seconds": _gauge(
            "time of the last good sync until it wrote, of kind whole or changes", "tenant", "kind"
        ),
        "radtune_credential_expiry_timestamp_seconds": _gauge(
            "when the secret or the certificate expires; missing if unknown", "tenant"
        ),
    },
    "push": {
        "radtune_push_lag_seconds": _gauge("age of the oldest event that waits; 0 if none does", "destination"),
        "radtune_push_sent_total": _counter("events that the destination has taken", "destination"),
        "radtune_push_dropped_total": _counter(
            "events that were not delivered, by reason: refused by the destination, or given_up for their age",
            "destination",
            "reason",
        ),
        "radtune_push_losses_total": _counter("how often unsent events were gone from the log", "destination"),
    },
}
METRICS: Mapping[str, Described] = {name: each for part in PARTS.values() for name, each in part.items()}
