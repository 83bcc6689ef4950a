"""MACs in every notation that NASes, Intune and certificates use, and IP addresses that a NAS can have."""

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_SEPARATORS = "-:._ "
MAC_PATTERN = rf"[0-9a-f]{{2}}(?:[{_SEPARATORS}]?[0-9a-f]{{2}}){{5}}"
"""Of a MAC in any notation, in either case of letters."""
_MAC = re.compile(MAC_PATTERN, re.IGNORECASE)
NO_MACS = frozenset(("", "000000000000", "ffffffffffff", "020000000000"))
"""MACs that name no device; Android gives the last to applications in place of the MAC."""

_NEVER = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"),
        *("::/96", "::ffff:0:0/96", "fe80::/10", "ff00::/8"),
    )
)
"""This host, loopback, link-local, multicast, reserved and broadcast (RFC 6890); IPv4 written as IPv6 is on no wire."""


@lru_cache(10_000)
def parse_mac(text: str) -> str:
    """Return the MAC as 12 lower-case hex digits, or '' if `text` is none.

    Takes every notation of IEEE 802 addresses that NASes send (RFC 3580 3.21 wants 00-10-A4-23-19-C0): pairs of digits
    with one of - : . _ or a space between any two or nothing, as in Cisco's 0010.a423.19c0, Huawei's 0010-a423-19c0,
    ProCurve's 0010a4-2319c0 or D-Link's 0010A4.2319C0. An SSID or anything else behind it makes it no MAC.
    """
    if not _MAC.fullmatch(text):
        return ""
    for separator in _SEPARATORS:
        text = text.replace(separator, "")
    return text.lower()


def is_random_mac(mac: str) -> bool:
    """Tell whether the MAC (12 hex digits) is locally administered (IEEE 802: second bit of the first octet)."""
    return bool(int(mac[:2], 16) & 2)


@lru_cache(10_000)
def can_be_nas(address: str) -> bool:
    """Tell whether a NAS elsewhere can have this address; a text that is no address claims nothing."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return not any(parsed in each for each in _NEVER)


def is_lab(claimed: str, source: str) -> bool:
    """Tell whether NASes are played on this machine: by loopback addresses, but not 127.0.0.1, which each host has."""
    return claimed.startswith("127.") and source.startswith("127.") and claimed != "127.0.0.1"


def holds_no_nas(network: IPv4Network | IPv6Network) -> bool:
    """Tell whether no NAS elsewhere can have any address of this network."""
    return any(network.version == each.version and network.subnet_of(each) for each in _NEVER)  # type: ignore[arg-type]  # of one version
