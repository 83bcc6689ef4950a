"""MAC addresses in every notation that NASes, Intune and certificates use."""

import re

MAC_PATTERN = r"[0-9a-f]{2}(?:[-:._ ]?[0-9a-f]{2}){5}"
"""Of a MAC in any notation, in either case of letters."""
_MAC = re.compile(MAC_PATTERN, re.IGNORECASE)
NO_MACS = frozenset(("", "000000000000", "ffffffffffff", "020000000000"))
"""MACs that name no device; the last is what Android gives to applications in place of the MAC."""


def parse_mac(text: str) -> str:
    """Return the MAC as 12 lower-case hex digits, or '' where `text` is none.

    Takes every notation of IEEE 802 addresses that NASes send (RFC 3580 3.21 wants 00-10-A4-23-19-C0): pairs of digits
    with one of - : . _ or a space between any two or nothing, as in Cisco's 0010.a423.19c0, Huawei's 0010-a423-19c0,
    ProCurve's 0010a4-2319c0 or D-Link's 0010A4.2319C0. An SSID or anything else behind it makes it no MAC.
    """
    return re.sub(r"[^0-9a-f]", "", text.lower()) if _MAC.fullmatch(text) else ""


def is_random_mac(mac: str) -> bool:
    """Tell whether the MAC (12 hex digits) is locally administered (IEEE 802: second bit of the first octet)."""
    return bool(int(mac[:2], 16) & 2)
