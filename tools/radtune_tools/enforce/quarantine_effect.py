"""The effect of a quarantine on a device's live sessions, and on its next login."""

from collections.abc import Iterable, Iterator
from typing import Any

from radtune.dataclass import dataclass, replace
from radtune.identity.matching import DEFAULT_IDENTIFIERS, IDENTIFIERS
from radtune.policy.decide import Decision, Policy
from radtune.policy.quarantines import NO_QUARANTINES, Quarantine, Quarantines
from radtune.records.device_and_client import Facts, Session
from radtune_tools.policy.difference import imagined_device_login
from radtune_tools.policy.evaluation import evaluate, find
from radtune_tools.stores import Stores


@dataclass(frozen=True, slots=True)
class Effect:
    """A live session of the device, or, if `session` is None, a login that it may make.

    `before` and `after` are what policy gives it without and with the change, `compliant` what it would give it if the
    device were compliant.
    """

    place: str
    session: Session | None
    before: Decision
    after: Decision
    compliant: Decision

    @property
    def key(self) -> str:
        """The key of the session, or ''."""
        return self.session.key if self.session else ""

    @property
    def moves(self) -> bool:
        """It is a session, and policy wants another outcome for it now."""
        if self.session is None or self.after.missing_attribute_rule:
            return False
        return self.after.outcome != self.session.granted

    @property
    def as_if_compliant(self) -> bool:
        """Policy lets it in as if it were compliant."""
        return self.after.grant.allow and self.after.outcome == self.compliant.outcome

    def plain(self) -> dict[str, Any]:
        """Return what JSON shows."""
        return {
            "session": self.key,
            "login": "" if self.session else self.place,
            "before": self.before.outcome,
            "after": self.after.outcome,
            "rule": self.after.rule,
            "as_if_compliant": self.as_if_compliant,
        }


def sessions_concerned(found: Iterable[Effect], stores: Stores) -> list[str]:
    """Return the keys of the sessions that policy wants elsewhere now, or for which a move is under way."""
    keys = ((effect, effect.key) for effect in found if effect.key)
    return [key for effect, key in keys if effect.moves or stores.sessions.get_move(key) is not None]


def effects(
    stores: Stores, policy: Policy, quarantine: Quarantine, before: Quarantines, after: Quarantines, now: float
) -> list[Effect]:
    """Return what policy gives the device of this quarantine at each place, by the quarantines before and after."""
    found = []
    for place, session, facts in _places(stores, policy, quarantine):
        match = find(facts, stores.devices, policy)
        one, other = (
            evaluate(facts, match, policy, now, stores.sessions.recall, quarantines).decision
            for quarantines in (before, after)
        )
        if Quarantines((quarantine,)).of_client(facts, other.match, policy.identify_by, quarantine.at) is None:
            continue
        device = replace(other.match.device or quarantine.device, compliance="compliant")
        good = replace(other.match, state="found", device=device, candidates=(device,), synced_at=now)
        compliant = evaluate(facts, good, policy, now, quarantines=NO_QUARANTINES).decision
        found.append(Effect(place, session, one, other, compliant))
    return found


def _places(stores: Stores, policy: Policy, quarantine: Quarantine) -> Iterator[tuple[str, Session | None, Facts]]:
    """Yield every live session, and a login by the strongest identifier that the device has and the policy takes."""
    for session in sorted(stores.sessions.sessions(), key=lambda session: session.key):
        yield session.key, session, session.facts
    kinds = [kind for kind in IDENTIFIERS if kind in DEFAULT_IDENTIFIERS & policy.identify_by]
    kind, login = imagined_device_login(quarantine.device, kinds, policy.extra_attributes)
    if login is not None:
        yield f"a login by its {kind}", None, login
