"""The client events of a running server. If one can't be written, that is logged and counted, and no answer changes."""

from collections.abc import Mapping
from pathlib import Path

from radtune.config.policy_watch import PolicyRead
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Facts
from radtune.server.client_events import DeniedBy, EventKind, EventLog, conflict_fields, login_fields, why_not_written
from radtune.server.faults import Faults


class EventRecorder:
    """Writes the events of one server process."""

    def __init__(self, log: EventLog, faults: Faults) -> None:
        """Take the log, and what takes its faults."""
        self._log = log
        self._faults = faults

    def login(self, facts: Facts, decision: Decision, denied_by: DeniedBy, site: str, now: float) -> None:
        """Write a login that has ended, and its identity conflict if there is one; `site` is that of its NAS."""
        kind: EventKind = "login_denied" if denied_by else "login_allowed"
        self._append(kind, login_fields(facts, decision, denied_by, site), now)
        if decision.match.conflict:
            self._append("identity_conflict", conflict_fields(facts, decision, site), now)

    def policy_read(self, read: PolicyRead, now: float) -> None:
        """Write that a changed policy was read, and is in force or was refused."""
        fields = {"file": str(read.file), "hash": read.hash, "rules": read.rules}
        if read.problem:
            self._append("policy_refused", {**fields, "reason": read.problem}, now)
        else:
            self._append("policy_loaded", fields, now)

    def store_replaced(self, store: str, directory: Path, reason: str, now: float) -> None:
        """Write that a store, `devices` or `sessions`, was replaced under the running server."""
        self._append("store_replaced", {"store": store, "file": str(directory), "reason": reason}, now)

    def _append(self, kind: EventKind, fields: Mapping[str, object], now: float) -> None:
        try:
            self._log.append(now, kind, fields)
            self._faults.end("events", now)
        except OSError as error:
            self._faults.begin("events", why_not_written(self._log.file, error), now)
