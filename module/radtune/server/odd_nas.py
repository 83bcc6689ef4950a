"""What the log is told of NASes that send what can't be, or what can't all be kept; once of each."""

from collections.abc import Callable, Iterable

from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import client_of, nas_key

MOST_TOLD = 1000
"""Warnings that one server process gives."""


class OddNases:
    """The warnings of one server process."""

    def __init__(self, log: Callable[[str], None]) -> None:
        """Take the log."""
        self._log = log
        self._told: set[tuple[str, str]] = set()

    def claim(self, facts: Facts) -> None:
        """Warn of a NAS that says what can't be its address."""
        if facts.nas_claimed:
            self._once(
                "claim",
                nas_key(facts),
                f"says that its address is {facts.nas_claimed}, which can't be: sessions and CoA go by "
                f"{facts.nas_address}, where its packets come from; set its NAS-IP-Address right",
            )

    def forgotten(self, sessions: Iterable[Session]) -> None:
        """Warn of a NAS that has these sessions of a client, and too many others, to keep them."""
        for session in sessions:
            self._once(
                "forgotten",
                nas_key(session.facts),
                f"has logged {client_of(session.facts)} in on too many ports: the session {session.key} is forgotten "
                f"and will not be moved, and so are others; switch accounting on there, so that those are kept that "
                f"it has",
            )

    def _once(self, kind: str, nas: str, said: str) -> None:
        if (kind, nas) not in self._told and len(self._told) < MOST_TOLD:
            self._told.add((kind, nas))
            self._log(f"the NAS {nas} {said}")
