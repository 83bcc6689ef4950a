"""The records of a running server: sessions, and what was last known of clients.

A failure here is logged and never changes an answer.
"""

from collections.abc import Callable

from radtune.dataclass import replace
from radtune.errors import StoreError
from radtune.identity.matching import Match
from radtune.policy.decide import Decision
from radtune.policy.quarantines import Quarantines
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_end import Restart
from radtune.records.session_key import client_of, nas_key, port_of, session_key
from radtune.request.accounting import Accounting
from radtune.request.attributes import Attributes
from radtune.server.faults import Faults
from radtune.server.session_finder import find_on_nas, find_session
from radtune.stores.quarantines import QuarantineReader
from radtune.stores.sessions import SessionStore
from radtune.stores.write_retry_queue import WriteRetryQueue
from radtune.text import counted

_RESTARTS = ("Accounting-On", "Accounting-Off")
"""A NAS has begun, and will end (RFC 2866 5.1)."""
CLOSE_SECONDS = 5.0
"""Seconds that a server that ends waits for the lock of the session store."""
LOST_NAMED = 10
"""Sessions that the log names of those that are lost."""
MOST_WARNINGS = 1000
"""Warnings about NASes that one server process logs."""


class SessionRecorder:
    """The sessions of one server process."""

    def __init__(self, sessions: SessionStore, faults: Faults, log: Callable[[str], None]) -> None:
        """Take the session store; `faults` takes what fails, `log` what is odd. Raises StoreError."""
        self._sessions = sessions
        self._retry_queue = WriteRetryQueue(sessions)
        self._faults = faults
        self._log = log
        self._warned: set[tuple[str, str]] = set()
        self._quarantines = QuarantineReader(sessions)
        self._quarantines.read()

    def begin(self, now: float) -> None:
        """Begin a request: take up the session store as it is now, and write the sessions that wait."""
        try:
            self._retry_queue.take_up()
            self._works(now)
        except StoreError as error:
            self._faults.begin("sessions", str(error), now)

    def _works(self, now: float) -> None:
        """Note that the session store works, if nothing is left to be written or mended."""
        if not (self._retry_queue.waiting or self._sessions.damaged):
            self._faults.end("sessions", now)

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
            many = counted(len(lost), "session")
            self._log(f"lost, since it could not be written: {many}: {named}: {self._retry_queue.failure}")

    def login(self, facts: Facts, decision: Decision, now: float) -> None:
        """Write down the session of a login that was let in."""
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
        if facts.nas_claimed:
            self._warn(
                facts,
                f"says that its address is {facts.nas_claimed}, which can't be: sessions and CoA go by "
                f"{facts.nas_address}, where its packets come from; set its NAS-IP-Address right",
            )
        if not (nas_key(facts) and client_of(facts)):
            self._log("a login names no NAS or no client: its session can't be kept and will not be moved")
            return
        try:
            for each in self._retry_queue.begin(session):
                self._warn_of_forgotten(each)
            self._works(now)
        except StoreError as error:
            self._faults.begin("sessions", str(error), now)

    def _warn_of_forgotten(self, session: Session) -> None:
        self._warn(
            session.facts,
            f"has logged {client_of(session.facts)} in on too many ports: the session {session.key} is forgotten "
            "and will not be moved, others may be, too; switch accounting on there: what it accounts for is kept",
            "forgotten",
        )

    def _warn(self, facts: Facts, warning: str, kind: str = "") -> None:
        """Warn of an odd NAS, once for each kind of warning."""
        nas = nas_key(facts)
        if (kind, nas) not in self._warned and len(self._warned) < MOST_WARNINGS:
            self._warned.add((kind, nas))
            self._log(f"the NAS {nas} {warning}")

    def denied(self, facts: Facts, now: float) -> bool:
        """Note at the session that may still be there that a login was denied; tell whether there is such a session.

        It isn't ended: anybody can send a MAC.
        """
        session = None
        with self._faults.noting("sessions", now), self._retry_queue.lock:
            session = find_on_nas(facts, self._retry_queue) if session_key(facts, port_of(facts)) else None
            if session is not None:
                self._retry_queue.put(replace(session, denied_at=now))
        return session is not None

    def quarantines(self, now: float) -> Quarantines:
        """Return the quarantines; if they can't be read, those that were read last."""
        try:
            self._quarantines.read()
            self._faults.end("quarantines", now)
        except StoreError as error:
            self._faults.begin("quarantines", str(error), now)
        return self._quarantines.last

    def recall(self, facts: Facts, identifiers: frozenset[str], now: float) -> Match | None:
        """Return the device that the client was at its last login, if one of these identifier kinds finds it still."""
        with self._faults.noting("sessions", now):
            return self._sessions.recall(facts, identifiers)
        return None

    def remember(self, facts: Facts, match: Match, now: float) -> None:
        """Write down which device the client is, for a failure to come, if the device store could be asked now."""
        if match.state != "unavailable" and self._retry_queue.failure is None:
            with self._faults.noting("sessions", now):
                self._sessions.remember(facts, match)

    def account(self, request: Attributes, facts: Facts, now: float) -> bool:
        """Keep the session of an accounting packet alive or end it, or all of its NAS; tell whether it is known."""
        packet = Accounting.read(request, facts, now)
        with self._faults.noting("sessions", now), self._retry_queue.lock:
            if packet.status in _RESTARTS:
                return self._restarted(Restart.of(facts), packet.at)
            session = find_session(facts, self._retry_queue, alive=packet.alive)
            if session is not None and packet.alive:
                self._retry_queue.put(packet.seen(session))
            elif session is not None and packet.status == "Stop" and not packet.is_late_stop(session):
                self._stopped(session, facts, now)
            return session is not None
        return False

    def _stopped(self, session: Session, facts: Facts, now: float) -> None:
        """Forget the session; if another NAS may be meant, it comes back if its own accounts for it."""
        if nas_key(facts) == nas_key(session.facts):
            self._retry_queue.end(session.key)
        else:
            self._retry_queue.put(replace(session, over_at=max(now, session.heard_at)))

    def _restarted(self, restart: Restart, at: float) -> bool:
        """Note that a NAS has none of its earlier sessions any more; tell whether it says which NAS it is."""
        if restart.nas:
            self._retry_queue.check()
            self._sessions.restarted(restart, at)
        return restart.nas != ""
