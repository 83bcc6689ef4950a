"""Accounting packets, and what each changes in the session of its client."""

from typing import Self

from radtune.dataclass import dataclass, replace
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import port_of
from radtune.request.attributes import Attributes

LATE_STOP_SECONDS = 10.0
"""For so long after a new login a Stop may still be about the session before it: NASes repeat it for seconds."""
MAX_DELAY = 86_400
"""The most seconds for which a NAS can have tried to send a packet; a longer delay is ignored."""
_ALIVE = ("Start", "Interim-Update", "Alive")
"""The packets about a client that is there."""
_UPDATED = (
    *("acct_session_id", "acct_multi_session_id", "nas_port", "nas_port_id", "audit_session_id", "framed_ip"),
    "nas_user_name",
)
"""The facts that a packet of the session brings anew."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """One packet.

    at, received_at: when the NAS first sent it (RFC 2866 5.2), and when it came, in seconds since the epoch
    lasted: the seconds that the session has gone on (RFC 2866 5.7), -1 if it doesn't say
    """

    status: str
    facts: Facts
    at: float
    received_at: float
    lasted: int = -1

    @classmethod
    def read(cls, request: Attributes, facts: Facts, now: float) -> Self:
        """Read a request that is received now."""
        delay = _whole(request.first("Acct-Delay-Time"))
        at = now - delay if 0 < delay <= MAX_DELAY else now
        return cls(request.first("Acct-Status-Type"), facts, at, now, _whole(request.first("Acct-Session-Time")))

    @property
    def alive(self) -> bool:
        """Tell whether the client is there."""
        return self.status in _ALIVE

    def is_late_stop(self, session: Session) -> bool:
        """Tell whether a Stop is about an earlier session of this client on this NAS, overtaken by a new login.

        It was first sent before the login, or it names another Acct-Session-Id. If the NAS uses an id again, it comes
        right after the login and tells of more time than has passed since.
        """
        known, stopped = session.facts.acct_session_id, self.facts.acct_session_id
        if (known and stopped and known != stopped) or self._precedes(session):
            return True
        since = self.at - session.granted_at
        return 0 <= since < LATE_STOP_SECONDS and self.lasted > since + 1

    def seen(self, session: Session) -> Session:
        """Return the session with what a packet about a client that is there adds to it.

        Any accounting proves that the client is there; only packets of this session update its ids.
        """
        # Never move `seen_at` back, unless it is in the future, from before the clock was set back.
        seen_at = max(self.at, min(session.seen_at, self.received_at))
        if not self._is_of(session):
            return replace(session, seen_at=seen_at)
        since = seen_at - session.accounted_at if session.accounted_at else 0.0
        facts, sent = session.facts, ((name, getattr(self.facts, name)) for name in _UPDATED)
        if changed := {name: new for name, new in sent if new and new != getattr(facts, name)}:
            facts = replace(facts, **changed)
        return replace(
            session, facts=facts, seen_at=seen_at, accounted_at=seen_at, interval=max(session.interval, since)
        )

    def _is_of(self, session: Session) -> bool:
        """Tell whether it has the session's id, or is a Start on its port or the first one since its login.

        A later Start under another id that names no port may be about another session of the client.
        """
        known, named = session.facts.acct_session_id, self.facts.acct_session_id
        # The delay counts in whole seconds: a Start right behind the login must not seem to precede it.
        if self._precedes(session, by=1.0):
            return False
        same_port = session.port != "" and port_of(self.facts) == session.port
        begins = self.status == "Start" and (same_port or not session.accounted_at)
        return begins or not known or named in ("", known)

    def _precedes(self, session: Session, by: float = 0.0) -> bool:
        """Tell whether it was first sent before the session's login, if that isn't in the future."""
        return self.at + by < session.granted_at <= self.received_at


def _whole(text: str) -> int:
    """Return the whole number of an attribute of 32 bits, or -1."""
    return int(text) if text.isdecimal() and len(text) <= 10 else -1
