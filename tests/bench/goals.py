"""The rows of the table: the work, what it is compared with, and how far it is to come."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A row; `reach` is the ratio to reach, `aim` the one to aim at; if `more`, a larger one is better."""

    key: str
    work: str
    reach: float
    aim: float | None
    more: bool = False


GOALS = (
    Goal("mab", "MAB, complete: to rlm_sql doing the same work", 0.6, 0.45),
    Goal("mab-lookup", "MAB, complete: to rlm_sql's look-up alone", 3.5, 2.7),
    Goal("eap-tls", "EAP-TLS, full handshake, EC key: to a fixed VLAN", 1.15, 1.08),
    Goal("eap-ttls", "EAP-TTLS with PAP: to a fixed VLAN", 1.2, 1.1),
    Goal("peap", "PEAP with MSCHAPv2: to a fixed VLAN", 1.2, 1.1),
    Goal("eap-tls-resumed", "EAP-TLS, resumed: to a fixed VLAN", 1.2, 1.1),
    Goal("interim", "Interim-Update: to rlm_sql's UPDATE", 0.7, 0.5),
    Goal("fleet", "MAB, complete, a large company: to a small one", 1.2, 1.1),
    Goal("saturated", "MAB logins a second, all cores: to rlm_sql doing the same work", 1.0, 2, more=True),
    Goal("publishing", "p99.9 of a login while a sync is published: to without", 2, 1.5),
    Goal("memory", "memory of the server after ten times as many logins", 1.0, None),
    Goal("sync-unchanged", "whole sync, unchanged: to download and json.loads", 1.5, 1.2),
    Goal("sync-check-ins", "all devices with a new check-in only: to the same", 4, 2),
    Goal("sync-first", "first sync: to the same", 7, 4),
    Goal("coa", "CoA, all sessions to move: to bare radclient", 2, 1.3),
    Goal("help", "radtune --help, wall time: to importing click, yaml, sqlite3", 3, 2),
    Goal("status", "radtune status, wall time: to the same", 3, 2),
    Goal("events", "radtune events --limit 1, wall time: to the same", 3, 2),
)
"""In the order of the table."""
