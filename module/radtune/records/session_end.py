"""The end of a session that no Stop has ended: by a restart of its NAS, its own Session-Timeout, or silence."""

from collections.abc import Iterable
from typing import Self

from radtune.dataclass import dataclass
from radtune.records.device_and_client import Facts, Session
from radtune.records.json_record import Record, encode
from radtune.records.session_key import nas_key

GRACE_SECONDS = 300.0
"""A session still counts for so long after its Session-Timeout: NAS and server have clocks of their own."""


@dataclass(frozen=True, slots=True)
class Restart(Record):
    """A NAS, or one BSS of it, that has lost all its earlier sessions (RFC 2866 5.1: Accounting-On, -Off).

    nas: its `nas_key`
    identifier: its NAS-Identifier, or ''; behind NAT or a proxy several NASes can have one address
    bss: the Called-Station-Id, which hostapd sends for each BSS, or ''
    """

    nas: str
    identifier: str
    bss: str

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """Return the restart in these facts of an accounting packet."""
        return cls(nas_key(facts), facts.nas_identifier, facts.called_station_id)

    def concerns(self, session: Session) -> bool:
        """Tell whether the session was on this NAS, and on this BSS if it is one BSS alone."""
        facts = session.facts
        on_bss = self.bss in ("", facts.called_station_id, facts.called_station_id.removesuffix(f":{facts.ssid}"))
        other_nas = self.identifier and facts.nas_identifier and self.identifier != facts.nas_identifier
        return self.nas == nas_key(facts) and on_bss and not other_nas


def nas_prefix(nas: str) -> str:
    """Return the first characters of the text of each restart of this NAS, and of no other."""
    return encode({"nas": nas})[:-1] + ","


def is_over(session: Session, restarts: Iterable[tuple[Restart, float]], now: float, silence: float) -> bool:
    """Tell whether the session is over at `now`, in seconds since the epoch. A session that is heard of again lives on.

    A session that is heard of after its Session-Timeout is on a NAS that doesn't keep to that: it lasts until it is
    silent. `restarts` have the time of each; those dated in the future are ignored. `silence` is how many seconds a
    session may go unheard of.
    """
    heard_at, ends_at = session.heard_at, session.granted_at + session.timeout
    late = session.timeout > 0 and heard_at <= ends_at and now - ends_at > GRACE_SECONDS
    restarted = any(heard_at < at <= now and restart.concerns(session) for restart, at in restarts)
    return session.over_at >= heard_at or late or restarted or now - heard_at > silence
