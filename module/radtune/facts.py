"""Attribute pairs of a request -> Facts."""

import re
from collections.abc import Iterable

from radtune.records import Certificate, Facts

Pairs = Iterable[tuple[str, str]] | None

_ADDRESS = re.compile(r"[0-9A-Fa-f.:]+")
CUT_AT = 1023
"""Bytes that rlm_python3 3.2.1 passes of a value at the most (mod_populate_vptuple)."""

_CERTIFICATE = "TLS-Client-Cert-"
_EAP_TYPES = {"TLS": "eap-tls", "TTLS": "eap-ttls", "PEAP": "peap", "TEAP": "teap", "MSCHAPv2": "eap-mschapv2"}
_MAC = re.compile(r"[0-9a-f]{2}(?:[-:.]?[0-9a-f]{2}){5}|[0-9a-f]{6}-[0-9a-f]{6}", re.IGNORECASE)


class Attributes:
    """A request's attributes, each with every value it came with, in order.

    Values come from several lists; the first list that has an attribute is the one that counts.
    """

    def __init__(self, *lists: Pairs) -> None:
        """Take lists of (name, value), the most trusted first."""
        self._values: dict[str, list[str]] = {}
        for pairs in lists:
            found: dict[str, list[str]] = {}
            for name, value in pairs or ():
                found.setdefault(name, []).append(value)
            for name, values in found.items():
                self._values.setdefault(name, values)

    def first(self, *names: str) -> str:
        """Return the first value of the first of these attributes that is there, or ''."""
        for name in names:
            if name in self._values:
                return self._values[name][0]
        return ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute."""
        return tuple(self._values.get(name, ()))

    def __contains__(self, name: str) -> bool:
        """Tell whether the attribute is there."""
        return name in self._values


def parse_mac(text: str) -> str:
    """Return the MAC as 12 lower-case hex digits, or '' where `text` is none.

    Takes every notation of IEEE 802 addresses that NASes send (RFC 3580 3.21 wants 00-10-A4-23-19-C0): pairs with
    hyphens, colons or dots, Cisco's 0010.a423.19c0, 0010a4-2319c0, bare digits; in either case. An SSID or anything
    else behind it makes it no MAC.
    """
    if not _MAC.fullmatch(text):
        return ""
    return re.sub(r"[^0-9a-f]", "", text.lower())


def is_random_mac(mac: str) -> bool:
    """Tell whether the MAC (12 hex digits) is locally administered (IEEE 802: second bit of the first octet)."""
    return bool(int(mac[:2], 16) & 2)


def parse_ssid(called_station_id: str) -> str:
    """Return the SSID of `AA-BB-CC-DD-EE-FF:SSID` (RFC 3580 3.20), or ''."""
    if called_station_id[17:18] == ":" and parse_mac(called_station_id[:17]):
        return called_station_id[18:]
    head, _, ssid = called_station_id.partition(":")
    return ssid if parse_mac(head) else ""


def read_facts(request: Attributes, *, mab: bool = False) -> Facts:
    """Return the facts of a request; with `mab` it is one that authenticates by its MAC alone."""
    calling = request.first("Calling-Station-Id")
    called = request.first("Called-Station-Id")
    return Facts(
        mac=parse_mac(calling),
        calling_station_id=calling,
        user_name=request.first("Radtune-Inner-User-Name", "User-Name"),
        auth_type="mab" if mab else _auth_type(request),
        inner_type=request.first("Radtune-Inner-Type").lower(),
        resumed=request.first("EAP-Session-Resumed").lower() in ("yes", "1"),
        certificate=_certificate(request),
        nas_address=request.first("NAS-IP-Address", "NAS-IPv6-Address"),
        nas_identifier=request.first("NAS-Identifier"),
        nas_port=request.first("NAS-Port"),
        nas_port_id=request.first("NAS-Port-Id"),
        nas_port_type=request.first("NAS-Port-Type"),
        called_station_id=called,
        ssid=request.first("Called-Station-SSID") or parse_ssid(called),
        acct_session_id=request.first("Acct-Session-Id"),
        acct_multi_session_id=request.first("Acct-Multi-Session-Id"),
    )


def _auth_type(request: Attributes) -> str:
    if "EAP-Type" in request or "EAP-Message" in request:
        eap_type = request.first("EAP-Type")
        return _EAP_TYPES.get(eap_type, f"eap-{eap_type.lower()}" if eap_type else "eap")
    if "MS-CHAP-Challenge" in request:
        return "mschap"
    return "chap" if "CHAP-Password" in request else "pap"


def _certificate(request: Attributes) -> Certificate | None:
    """Return the verified client certificate's names; the server makes these attributes, no packet can carry them."""
    if not any(f"{_CERTIFICATE}{name}" in request for name in ("Serial", "Subject", "Common-Name")):
        return None
    dns = request.all(f"{_CERTIFICATE}Subject-Alt-Name-Dns")
    emails = request.all(f"{_CERTIFICATE}Subject-Alt-Name-Email")
    upns = request.all(f"{_CERTIFICATE}Subject-Alt-Name-Upn")
    uris = request.all(f"{_CERTIFICATE}Subject-Alt-Name-Uri")
    unclear = False
    if not uris:
        printed = request.first(f"{_CERTIFICATE}X509v3-Subject-Alternative-Name")
        believed = printed_uris(printed, dns, emails, upns)
        uris, unclear = believed or (), believed is None
    return Certificate(
        common_name=request.first(f"{_CERTIFICATE}Common-Name"),
        dns=dns,
        uris=uris,
        emails=emails,
        upns=upns,
        issuer=request.first(f"{_CERTIFICATE}Issuer"),
        serial=request.first(f"{_CERTIFICATE}Serial"),
        unclear=unclear,
    )


def printed_uris(
    printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the URIs in OpenSSL's print of a subject alternative name, or None where they can't be told apart.

    FreeRADIUS before 3.2.7 gives URIs in no other form, and OpenSSL's print escapes nothing: the DNS name
    `a, URI:b` prints like a DNS name and a URI. So every entry has to be of a known kind, and those that the
    server also gives as attributes of their own must be exactly the printed ones, in order. rlm_python3 cuts a value
    at 1,023 bytes.
    """
    if len(printed.encode()) >= CUT_AT:
        return None
    if "URI:" not in printed:
        return ()
    kinds: dict[str, list[str]] = {"DNS": [], "email": [], "URI": [], "othername": [], "IP Address": []}
    for entry in printed.split(", "):
        kind, colon, value = entry.partition(":")
        if not colon or kind not in kinds:
            return None
        kinds[kind].append(value)
    # In a tunnel with a client certificate the server gives each of its names twice.
    same = _once(kinds["DNS"]) == _once(dns) and _once(kinds["email"]) == _once(emails)
    same = same and all(_ADDRESS.fullmatch(address) for address in kinds["IP Address"])
    othernames = [value.strip().removeprefix("UPN::").removeprefix("UPN:") for value in kinds["othername"]]
    hidden = all(value == "<unsupported>" for value in othernames) and not any(", " in upn for upn in upns)
    return tuple(kinds["URI"]) if same and (hidden or _once(othernames) == _once(upns)) else None


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
