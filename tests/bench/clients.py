"""The clients that log in: MACs of the generated fleet, and the VLAN that each must get."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parts.graph_simulator.fleet import Fleet, fleet

# By policy.yaml, spelled as Graph spells the state; devices in other states are refused.
VLANS = {"compliant": "750", "noncompliant": "1"}
CLIENTS_OF_A_NAS = 250
SHARED = ("", "020000000000")
"""MACs that aren't one device's own: none, and what Android says instead. No other comes up twice in a fleet."""


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
    return list(_clients(fleet(devices, seed), range(devices)))


def some_clients(devices: int, seed: int, count: int) -> list[Client]:
    """Give clients that policy lets in, from all over a fleet, without making all of it; up to so many of them."""
    places = random.Random(seed).sample(range(devices), min(devices, 2 * count))  # noqa: S311  # repeatable, not secret
    return admitted(list(_clients(fleet(devices, seed), places)))[:count]


def _clients(known: Fleet, places: Sequence[int]) -> Iterator[Client]:
    for place in places:
        device = known.device(place)
        mac = device["wiFiMacAddress"].lower()
        if mac not in SHARED:
            yield Client(mac, device["complianceState"], _nas(place // CLIENTS_OF_A_NAS))


def admitted(known: Sequence[Client]) -> list[Client]:
    """Give those that policy lets in."""
    return [client for client in known if client.compliance in VLANS]


def draw(known: Sequence[Client], count: int, seed: str) -> list[Client]:
    """Draw the clients of one round; the same client may come up again."""
    return random.Random(seed).choices(known, k=count)  # noqa: S311  # repeatable, not secret


def _nas(number: int) -> str:
    return f"10.64.{number // 250}.{number % 250 + 1}"
