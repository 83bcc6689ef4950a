"""The clients that log in: MACs of the generated fleet, and the VLAN that each must get."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from parts.graph_simulator.fleet import fleet

# By the policy that raddb/ ships, spelled as Graph spells the state; devices in other states are refused.
VLANS = {"compliant": "750", "noncompliant": "1"}
CLIENTS_OF_A_NAS = 250


@dataclass(frozen=True, slots=True)
class Client:
    """One MAC of one device: 12 lower-case hex digits, Graph's complianceState, and the address of its NAS."""

    mac: str
    compliance: str
    nas: str

    @property
    def vlan(self) -> str:
        """The VLAN that a login of this client must get; KeyError where policy refuses it."""
        return VLANS[self.compliance]


def clients(devices: int, seed: int) -> list[Client]:
    """Give a client for every Wi-Fi MAC of the fleet that belongs to one device alone.

    Graph's list of managed devices leaves the Ethernet MAC out, so no store has it.
    """
    states = [(device["wiFiMacAddress"].lower(), device["complianceState"]) for device in fleet(devices, seed)]
    owners = Counter(mac for mac, _ in states)
    unique = [(mac, state) for mac, state in states if mac and owners[mac] == 1]
    return [Client(mac, state, _nas(number // CLIENTS_OF_A_NAS)) for number, (mac, state) in enumerate(unique)]


def admitted(known: Sequence[Client]) -> list[Client]:
    """Give those that policy lets in."""
    return [client for client in known if client.compliance in VLANS]


def draw(known: Sequence[Client], count: int, seed: str) -> list[Client]:
    """Draw the clients of one round; the same client may come up again."""
    return random.Random(seed).choices(known, k=count)  # noqa: S311  # repeatable, not secret


def _nas(number: int) -> str:
    return f"10.64.{number // 250}.{number % 250 + 1}"
