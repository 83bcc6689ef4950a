"""What a running server writes down: sessions, what was last known of clients, and client events.

Whatever fails here is logged and never changes an answer.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from radtune.errors import StoreError
from radtune.identity.matching import Match, still_shows
from radtune.policy.decide import Decision
from radtune.policy.quarantines import Quarantines
from radtune.records.device_and_client import Facts, Session
from radtune.records.lifetime import Restart
from radtune.records.session_key import nas_key, port_of, session_key
from radtune.request.accounting import Accounting
from radtune.request.attributes import Attributes
from radtune.server.events import append_event, why_not_written
from radtune.server.faults import EVENTS, QUARANTINES, SESSIONS, Faults
from radtune.server.odd_nas import OddNases
from radtune.server.session_finder import find_on_nas, find_session
from radtune.stores.quarantines import QuarantineReader
from radtune.stores.sessions import SessionStore
from radtune.stores.write_retry_queue import WriteRetryQueue

_RESTARTS = ("Accounting-On", "Accounting-Off")
"""What a NAS says when it has begun, and before it ends (RFC 2866 5.1)."""
CLOSE_SECONDS = 5.0
"""How long a server that ends waits for the lock of the session store."""
LOST_NAMED = 10
"""Sessions that the log names of those that are lost."""


class SessionRecorder:
    """The sessions and events of one server process."""

    def __init__(self, sessions: SessionStore, events: Path, faults: Faults, log: Callable[[str], None]) -> None:
        """Take session store and file of events; `faults` takes what fails, `log` what is odd. Raises StoreError."""
        self._sessions = sessions
        self._retry_queue = WriteRetryQueue(sessions)
        self._events = events
        self._faults = faults
        self._log = log
        self._odd = OddNases(log)
        self._quarantines = QuarantineReader(sessions)
        self._quarantines.read()

    def begin(self, now: float) -> None:
        """Begin a request: take up the session store as it is now, and write the sessions that wait."""
        try:
            self._retry_queue.take_up()
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)
        else:
            self._works(now)

    def _works(self, now: float) -> None:
        """Note that the session store works, if nothing is left to be written or mended."""
        if not len(self._retry_queue) and not self._sessions.damaged:
            self._faults.end(SESSIONS, now)

    def close(self) -> None:
        """Write the sessions that wait, and the quarantines into a store that has none of them; wait for the lock."""
        self._sessions.wait_longer(CLOSE_SECONDS)
        try:
            self._retry_queue.take_up()
            self._quarantines.read()
        except StoreError as error:
            if known := ", ".join(quarantine.device.name for quarantine in self._quarantines.last):
                self._log(f"quarantined, and perhaps no longer when the server starts again: {known}: {error}")
        if lost := self._retry_queue.flush():
            named = ", ".join(session.key for session in lost[:LOST_NAMED])
            self._log(f"{len(lost)} sessions could not be written and are lost: {named}: {self._retry_queue.failure}")

    def login(self, facts: Facts, decision: Decision, now: float, *, remember: bool) -> None:
        """Write down a login that was let in; with `remember`, what is known of its client, for a failure to come."""
        device = decision.match.device
        session = Session(
            facts=facts,
            granted=decision.outcome,
            granted_at=now,
            rule=decision.rule,
            compliance=decision.compliance,
            device_id=device.id if device else "",
            device_name=device.name if device else "",
            seen_at=now,
            timeout=decision.grant.session_timeout,
            port=port_of(facts),
        )
        self._odd.claim(facts)
        try:
            if session.key:
                self._odd.forgotten(self._retry_queue.begin(session))
                self._works(now)
            else:
                self._log("a login names no NAS or no client: its session can't be kept and will not be moved")
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)
        if remember:
            self._remember(facts, decision.match, now)
        self.event("accept", facts, decision, now)

    def refusal(self, facts: Facts, decision: Decision, now: float, *, remember: bool) -> bool:
        """Note the refusal at the session that may still be there; tell whether there is one.

        It isn't ended: anybody can send a MAC.
        """
        key, session = session_key(facts, port_of(facts)), None
        try:
            with self._retry_queue.lock:
                session = find_on_nas(facts, self._retry_queue) if key else None
                if session is not None:
                    self._retry_queue.put(replace(session, refused_at=now))
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)
        if remember:
            self._remember(facts, decision.match, now)
        self.event("reject", facts, decision, now)
        return session is not None

    def event(self, kind: str, facts: Facts, decision: Decision, now: float) -> None:
        """Append a client event."""
        try:
            append_event(self._events, now, kind, **event_fields(facts, decision))
            self._faults.end(EVENTS, now)
        except OSError as error:
            self._faults.begin(EVENTS, why_not_written(self._events, error), now)

    def quarantines(self, now: float) -> Quarantines:
        """Return what people have said of devices; where that can't be read, what could be read last."""
        try:
            self._quarantines.read()
            self._faults.end(QUARANTINES, now)
        except StoreError as error:
            self._faults.begin(QUARANTINES, str(error), now)
        return self._quarantines.last

    def known(self, facts: Facts, means: frozenset[str], now: float) -> Match | None:
        """Return what was last known of the client by these means, if that was written down."""
        try:
            return recall(self._sessions, facts, means)
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)
            return None

    def _remember(self, facts: Facts, match: Match, now: float) -> None:
        """Write down which device the client is; nothing of one that the store could not be asked for."""
        try:
            if match.state != "unavailable" and self._retry_queue.failure is None:
                self._sessions.put_known(client_key(facts), match)
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)

    def account(self, request: Attributes, facts: Facts, now: float) -> bool:
        """Keep the session of an accounting packet alive or end it, or all of its NAS; tell whether it is known."""
        packet = Accounting.read(request, facts, now)
        if packet.status in _RESTARTS:
            return self._restarted(Restart.of(facts), packet.at, now)
        try:
            with self._retry_queue.lock:
                session = find_session(facts, self._retry_queue, alive=packet.alive)
                if session is not None and packet.alive:
                    self._retry_queue.put(packet.seen(session))
                    return True
                if session is not None and packet.status == "Stop" and not packet.is_late_stop(session):
                    self._stopped(session, facts, now)
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)
            return False
        return session is not None

    def _stopped(self, session: Session, facts: Facts, now: float) -> None:
        """Forget the session; where another NAS may be meant, it comes back if its own accounts for it."""
        if nas_key(facts) == nas_key(session.facts):
            self._retry_queue.end(session.key)
        else:
            self._retry_queue.put(replace(session, over_at=max(now, session.heard_at)))

    def _restarted(self, restart: Restart, at: float, now: float) -> bool:
        """Note that a NAS has none of its earlier sessions any more; tell whether it says which NAS it is."""
        if not restart.nas:
            return False
        try:
            self._retry_queue.check()
            self._sessions.restarted(restart, at)
        except StoreError as error:
            self._faults.begin(SESSIONS, str(error), now)
            return False
        return True


def recall(sessions: SessionStore, facts: Facts, means: frozenset[str]) -> Match | None:
    """Return which device a client was at its last login, if it shows now what that was found by; raises StoreError.

    `means` are those by which a device may be found now; the policy may have been another one then.
    """
    known = sessions.known(client_key(facts))
    return known if known is not None and known.by in means and still_shows(facts, known) else None


def client_key(facts: Facts) -> str:
    """Return a word that is the same for the logins of one client with one credential, and for no others.

    The credential is the certificate, or else the user name and the MAC; what one of them has earned, a login with
    less must not get.
    """
    certificate = facts.certificate
    by = [facts.auth_type, facts.inner_type, facts.user_verified]
    by += [certificate.issuer, certificate.serial] if certificate else [facts.user_name, facts.mac]
    return hashlib.sha256(json.dumps(by).encode()).hexdigest()[:32]


def event_fields(facts: Facts, decision: Decision) -> dict[str, Any]:
    """Return what a client event says of a decision."""
    device, certificate = decision.match.device, facts.certificate
    return {
        "mac": facts.mac or facts.calling_station_id,
        "user": facts.user_name,
        "auth_type": facts.auth_type,
        "inner_type": facts.inner_type,
        "resumed": facts.resumed,
        "cert_cn": certificate.common_name if certificate else "",
        "cert_san": [*certificate.dns, *certificate.uris, *certificate.upns, *certificate.emails]
        if certificate
        else [],
        "device": device.name if device else "",
        "device_id": device.id if device else "",
        "matched_by": decision.match.by,
        "identity_conflict": decision.match.conflict,
        "compliance": decision.compliance,
        "rule": decision.rule,
        "outcome": decision.outcome,
        "vlan": decision.grant.vlan,
        "role": decision.grant.role,
        "nas": facts.nas_identifier or facts.nas_address,
        "nas_address": facts.nas_address,
        "nas_claimed": facts.nas_claimed,
        "nas_port": facts.nas_port_id or facts.nas_port,
        "ssid": facts.ssid,
        "reason": decision.reason,
    }
