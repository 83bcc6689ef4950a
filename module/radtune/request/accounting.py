"""What an accounting packet says of the session of its client."""

from dataclasses import dataclass, replace
from typing import Self

from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import port_of
from radtune.request.attributes import Attributes

LATE_STOP_SECONDS = 10.0
"""How long after a new login a Stop may still be about the session before it; NASes repeat it for some seconds."""
MAX_DELAY = 86_400
"""Seconds for which a NAS may have tried to send a packet; what says more is no time."""
_ALIVE = ("Start", "Interim-Update", "Alive")
"""The packets about a client that is there."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """One packet. `at` is when the NAS first sent it (RFC 2866 5.2), `received_at` when it came, in seconds since the
    epoch; `lasted` is for how many seconds the session has gone on (RFC 2866 5.7), -1 where it doesn't say."""

    status: str
    facts: Facts
    at: float
    received_at: float
    lasted: int = -1

    @classmethod
    def read(cls, request: Attributes, facts: Facts, now: float) -> Self:
        """Return what the request says, which is received now."""
        delay = _whole(request.first("Acct-Delay-Time"))
        at = now - delay if 0 < delay <= MAX_DELAY else now
        return cls(request.first("Acct-Status-Type"), facts, at, now, _whole(request.first("Acct-Session-Time")))

    @property
    def alive(self) -> bool:
        """Whether it says that the client is there."""
        return self.status in _ALIVE

    def is_late_stop(self, session: Session) -> bool:
        """Tell whether a Stop is about an earlier session of this client on this NAS, overtaken by a new login.

        It was first sent before the login, or it names another Acct-Session-Id, or, where the NAS uses the id again, it
        comes right after the login and tells of more time than has passed since.
        """
        known, stopped = session.facts.acct_session_id, self.facts.acct_session_id
        if (known and stopped and known != stopped) or self._precedes(session):
            return True
        since = self.at - session.granted_at
        return since < LATE_STOP_SECONDS and 0 <= self.lasted > since + 1

    def seen(self, session: Session) -> Session:
        """Return the session with what a packet about a client that is there adds to it.

        Under whatever id the NAS goes on accounting for the client, it has it; but only a packet of this very session
        brings its ids.
        """
        # A packet of a moment ago is no news of what came since; one of the future, before the clock was set back, was.
        seen_at = max(self.at, min(session.seen_at, self.received_at))
        if not self._is_of(session):
            return replace(session, seen_at=seen_at)
        since = seen_at - session.accounted_at if session.accounted_at else 0.0
        facts = self._merged(session.facts)
        return replace(
            session, facts=facts, seen_at=seen_at, accounted_at=seen_at, interval=max(session.interval, since)
        )

    def _is_of(self, session: Session) -> bool:
        """Tell whether it is about this session: it has its id, or is a Start on its port or the first since its login.

        A later Start under another id that names no port may be about another session of the client.
        """
        known, named = session.facts.acct_session_id, self.facts.acct_session_id
        # The delay counts in whole seconds: a Start right behind the login must not seem to be of before.
        if self._precedes(session, by=1.0):
            return False
        same_port = session.port != "" and port_of(self.facts) == session.port
        begins = self.status == "Start" and (same_port or not session.accounted_at)
        return begins or not known or named in ("", known)

    def _precedes(self, session: Session, by: float = 0.0) -> bool:
        """Tell whether it was first sent before the session's login, which has been since (no clock was set back)."""
        return self.at + by < session.granted_at <= self.received_at

    def _merged(self, known: Facts) -> Facts:
        return replace(
            known,
            acct_session_id=self.facts.acct_session_id or known.acct_session_id,
            acct_multi_session_id=self.facts.acct_multi_session_id or known.acct_multi_session_id,
            nas_port=self.facts.nas_port or known.nas_port,
            nas_port_id=self.facts.nas_port_id or known.nas_port_id,
            audit_session_id=self.facts.audit_session_id or known.audit_session_id,
            framed_ip=self.facts.framed_ip or known.framed_ip,
            nas_user_name=self.facts.nas_user_name or known.nas_user_name,
        )


def _whole(text: str) -> int:
    """Return the whole number of an attribute of 32 bits, -1 where it is none."""
    return int(text) if text.isdecimal() and len(text) <= 10 else -1
