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
)
"""In the order of the table."""
