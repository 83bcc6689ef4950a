"""What is judged: one client at one moment, with everything that a label may ask."""

from functools import cached_property

from radtune.identity.matching import Match
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.templates import Pairs
from radtune.records.device_and_client import Device, Facts

UNTOLD = frozenset(("ambiguous", "stale", "unavailable"))
"""The states in which nobody can say which device the client is, or what is true of it now."""


class ClientContext:
    """A client as it is judged: what the request says, which device it is, its compliance state and the time.

    `compliance` is one of `ALL_STATES`; `now` is in seconds since the epoch. `quarantined`: that
    state is a person's word.
    """

    def __init__(
        self,
        facts: Facts,
        match: Match,
        compliance: str,
        now: float,
        places: NasDirectory,
        *,
        quarantined: bool = False,
    ) -> None:
        self.facts = facts
        self.match = match
        self.compliance = compliance
        self.now = now
        self.quarantined = quarantined
        self._places = places

    @property
    def told(self) -> bool:
        """Whether it can be told what device the client is, or that it is none that Intune knows."""
        return self.compliance not in UNTOLD

    @property
    def device(self) -> Device | None:
        """The device, where there is exactly one."""
        return self.match.device if self.match.state == "found" else None

    @cached_property
    def site(self) -> str:
        """The site of the NAS, or ''."""
        return self._places.site(self.facts)

    @cached_property
    def groups(self) -> list[str]:
        """The groups of the NAS."""
        return self._places.groups_of(self.facts)

    @cached_property
    def vendor(self) -> str:
        """The vendor of the NAS, or ''."""
        return self._places.vendor(self.facts)

    def accept(self, vlan: str) -> Pairs:
        """Return what the NAS wants beside this VLAN; raises ValueError where that can't be sent as it is meant."""
        accept = self._places.accept(self.facts)
        return accept.at(vlan, self.facts) if accept is not None else ()
