"""Whether a session is still there: what a restart of its NAS, its own Session-Timeout and silence say of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import nas_key

GRACE_SECONDS = 300.0
"""How long after its Session-Timeout a session is still taken for there: NAS and server count apart."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A NAS, or one BSS of it, that has none of its earlier sessions any more (RFC 2866 5.1: Accounting-On, -Off).

    `nas` is its `nas_key`, `identifier` its NAS-Identifier or '': behind NAT or a proxy several NASes can have one
    address. `bss` is the Called-Station-Id where the packet names one, as hostapd sends it for each BSS, or ''.
    """

    nas: str
    identifier: str
    bss: str

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """Return the restart that these facts of an accounting packet tell of."""
        return cls(nas_key(facts), facts.nas_identifier, facts.called_station_id)

    def to_json(self) -> str:
        """Return it as text that begins with `nas_prefix` of its NAS."""
        return json.dumps([self.nas, self.identifier, self.bss])

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain = json.loads(text)
        if type(plain) is not list or [*map(type, plain)] != [str, str, str]:
            raise ValueError(f"not a restart: {text}")
        return cls(*plain)

    def concerns(self, session: Session) -> bool:
        """Tell whether the session was on this NAS, and on this BSS if it is one BSS alone."""
        facts = session.facts
        named = (facts.called_station_id, facts.called_station_id.removesuffix(f":{facts.ssid}"))
        other = self.identifier and facts.nas_identifier and self.identifier != facts.nas_identifier
        return self.nas == nas_key(facts) and not other and (not self.bss or self.bss in named)


def nas_prefix(nas: str) -> str:
    """Return how the text of each restart of this NAS begins, and of no other NAS."""
    return json.dumps([nas])[:-1] + ","


def is_over(session: Session, restarts: Iterable[tuple[Restart, float]], now: float, silence: float) -> bool:
    """Tell whether the session is over at `now`, though no Stop has said so. Whoever is heard of again is there again.

    One that is heard of after its Session-Timeout is on a NAS that doesn't keep to that: it is there until it is
    silent. `restarts` have the time of each; of one in the future, since when the clock was set back, nobody can say
    what it ended. `silence` is how many seconds a session may go unheard of. Times are in seconds since the epoch.
    """
    heard_at, ends_at = session.heard_at, session.granted_at + session.timeout
    late = session.timeout > 0 and heard_at <= ends_at and now - ends_at > GRACE_SECONDS
    restarted = any(heard_at < at <= now and restart.concerns(session) for restart, at in restarts)
    return session.over_at >= heard_at or late or restarted or now - heard_at > silence
