"""Whether an address can be that of a NAS."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

REMEMBERED = 10_000
"""Addresses of which the answer is remembered."""
_NEVER = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"),
        *("::/96", "::ffff:0:0/96", "fe80::/10", "ff00::/8"),
    )
)
"""This host, loopback, link-local, multicast, reserved and broadcast (RFC 6890); IPv4 written as IPv6 is on no wire."""


@lru_cache(REMEMBERED)
def can_be_nas(address: str) -> bool:
    """Tell whether a NAS elsewhere can have this address; what is no address claims nothing."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return not any(parsed in each for each in _NEVER)


def is_lab(claimed: str, source: str) -> bool:
    """Tell whether NASes are played on this machine: they have addresses of loopback, but not the one of every host."""
    return claimed.startswith("127.") and source.startswith("127.") and claimed != "127.0.0.1"


def names_such(network: IPv4Network | IPv6Network) -> bool:
    """Tell whether the network holds nothing but addresses that no NAS elsewhere can have."""
    return any(network.version == each.version and network.subnet_of(each) for each in _NEVER)  # type: ignore[arg-type]  # of one version
