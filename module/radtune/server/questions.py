"""The questions that the server asks in a login, and the answers to them."""

from typing import Literal

from radtune.dataclass import dataclass
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Facts
from radtune.request.attributes import PairList

Question = Literal["mab", "certificate", "inner", "login"]
"""The questions of policy.d/radtune."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question of the server.

    verdict: `allow`, `deny`, or `noop` if the server goes on as it would
    why: why a client is denied, in a sentence for the server's log
    """

    verdict: Literal["allow", "deny", "noop"]
    why: str = ""
    reply: tuple[tuple[str, str], ...] = ()
    config: tuple[tuple[str, str], ...] = ()


NOOP = Answer("noop")
ACCEPT = Answer("allow", config=(("Auth-Type", "Accept"),))
SAY_NO_FACT = frozenset(("Framed-MTU", "TLS-Session-Information", "TLS-Session-Cipher-Suite", "TLS-Session-Version"))
"""Attributes that the server adds to session-state in a TLS handshake. No fact is read from them."""


@dataclass(frozen=True, slots=True)
class FirstQuestion:
    """The first question of a login, and what was decided; `at` is in seconds since the epoch.

    packet: the request's attributes, or None if facts may come from elsewhere
    """

    question: Question
    packet: PairList
    facts: Facts
    decision: Decision
    at: float

    def is_asked_again(self, packet: PairList, auth_types: tuple[str, ...]) -> bool:
        """Tell whether the second question is about the same attributes, so that it would give the same facts."""
        by_mac = self.question == "mab" and auth_types == ("Accept",)
        by_certificate = self.question == "certificate" and self.facts.auth_type == "eap-tls"
        same_packet = packet is not None and self.packet == packet and not self.facts.extra_attributes
        return same_packet and (by_mac or by_certificate)
