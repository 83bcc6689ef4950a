"""Attributes of a request -> Facts."""

import re

from radtune.records.addresses import MAC_PATTERN, can_be_nas, is_lab, parse_mac
from radtune.records.device_and_client import Facts
from radtune.request.attributes import Attributes
from radtune.request.certificates import SUBJECT, read_certificate, read_subject
from radtune.request.vendors import vendor_of

_MAC_AND_SSID = re.compile(rf"{MAC_PATTERN}:(.*)", re.IGNORECASE | re.DOTALL)
_NAME_AND_SSID = re.compile(r"(?!\s*:)[^:]+:(?!//)(.+)", re.DOTALL)
_ADDRESS = re.compile(r"[0-9a-f:.\-_ ]+", re.IGNORECASE)
_SSID_ATTRIBUTES = (
    "Aruba-Essid-Name",  # Aruba and HPE
    "Ruckus-SSID",
    "Fortinet-SSID",
    "Siemens-SSID",  # Siemens and Enterasys HiPath, ExtremeWireless
    "Symbol-Current-ESSID",  # Symbol, Motorola, Zebra, Extreme WiNG
    "Trapeze-SSID",  # Trapeze, Juniper WLC
    "3Com-SSID",
    "Adtran-SSID",
    "TP-CAPWAP-SSID",  # Travelping
)
# Of Aironet access points and of Catalyst 9800.
_CISCO_SSID = re.compile(r"(?:cisco-wlan-)?ssid=(.*)", re.IGNORECASE | re.DOTALL)
_AUDIT_SESSION_ID = re.compile(r"audit-session-id=(.*)", re.IGNORECASE | re.DOTALL)

_TUNNELS = frozenset({"eap-ttls", "peap", "teap", "eap-fast"})
_PROVES_PASSWORD = frozenset(
    {"pap", "chap", "mschap", "mschapv2", "eap-md5", "eap-gtc", "eap-leap", "eap-mschapv2", "eap-pwd"}
)
_SECRET = re.compile(r".*password|(?:ms-)?chap|eap-message", re.IGNORECASE)
"""Attributes that are never kept, whatever a policy asks for."""
_WITH_CERTIFICATE = " with certificate"
"""Added by policy.d/radtune to the inner type if the client has shown a certificate outside of the tunnel."""
WITH_MAC = " with MAC"
"""Added by policy.d/radtune to it if the password was the MAC, which everybody knows."""


def parse_ssid(called_station_id: str) -> str:
    """Return the SSID in a Called-Station-Id, or ''.

    It follows a MAC in any notation (RFC 3580 3.20), or the name, group or place of an access point, and a colon. The
    SSID may have colons, what is before it has none. An address alone holds no SSID.
    """
    behind_mac = _MAC_AND_SSID.fullmatch(called_station_id)
    if behind_mac:
        return behind_mac[1]
    found = _NAME_AND_SSID.fullmatch(called_station_id)
    if found is None or _ADDRESS.fullmatch(called_station_id) or parse_mac(found[1]):
        return ""
    behind_mac = _MAC_AND_SSID.fullmatch(found[1])
    return behind_mac[1] if behind_mac else found[1]


def read_facts(
    request: Attributes, *, mab: bool = False, auth_types: tuple[str, ...] = (), extra_attributes: tuple[str, ...] = ()
) -> Facts:
    """Return the facts of a request; with `mab` it authenticates by its MAC alone.

    auth_types: Auth-Type, how the server has checked the client; Accept is no check, none is not yet
    extra_attributes: names of attributes for `Facts.attributes`; those with a password are left out
    """
    get, nas_user, calling = request.get, request.get("User-Name", ""), request.get("Calling-Station-Id", "")
    mac, user = parse_mac(calling), get("Radtune-Inner-User-Name", nas_user)
    auth_type, inner_type = "mab" if mab else _auth_type(request), _inner_type(request)
    nas_address, nas_claimed = _nas(request)
    # A user name that is the client's MAC has a password that everybody knows.
    checked = auth_types and "Accept" not in auth_types and (not mac or parse_mac(user) != mac)
    return Facts(
        mac=mac,
        calling_station_id=calling,
        user_name=user,
        user_verified=bool(checked) and _proves_user(auth_type, inner_type, request),
        auth_type=auth_type,
        inner_type=inner_type,
        resumed=get("EAP-Session-Resumed", "").lower() in ("yes", "1"),
        certificate=read_certificate(request),
        nas_address=nas_address,
        nas_claimed=nas_claimed,
        nas_identifier=get("NAS-Identifier", ""),
        nas_port=get("NAS-Port", ""),
        nas_port_id=get("NAS-Port-Id", ""),
        nas_port_type=get("NAS-Port-Type", ""),
        called_station_id=get("Called-Station-Id", ""),
        ssid=_ssid(request),
        nas_vendor=vendor_of(request.keys()),
        acct_session_id=get("Acct-Session-Id", ""),
        acct_multi_session_id=get("Acct-Multi-Session-Id", ""),
        audit_session_id=_cisco(request, _AUDIT_SESSION_ID),
        framed_ip=request.first("Framed-IP-Address", "Framed-IPv6-Address"),
        nas_user_name=nas_user,
        extra_attributes=extra_attributes,
        attributes=_extra_attributes(request, extra_attributes),
    )


def _nas(request: Attributes) -> tuple[str, str]:
    """Return the NAS's address, and its own word if the packet's source has to take the place of that."""
    claimed, source = request.first("NAS-IP-Address", "NAS-IPv6-Address"), request.get("Radtune-Source", "")
    if not source or claimed == source or can_be_nas(claimed) or is_lab(claimed, source):
        return claimed, ""
    return source, claimed


def _extra_attributes(request: Attributes, names: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        values = request.named(name) if not _SECRET.match(name) else ()
        if values and name.lower() == SUBJECT.lower():
            values = (*values, read_subject(request))  # it comes as octets, and is asked for as text
        found += (f"{name}={value}" for value in values)
    return tuple(found)


def _auth_type(request: Attributes) -> str:
    if "EAP-Type" in request or "EAP-Message" in request:
        eap_type = request.first("EAP-Type").lower().removeprefix("eap-")
        return eap_type if eap_type in ("peap", "teap") else f"eap-{eap_type}".removesuffix("-")
    if "MS-CHAP-Challenge" in request:
        return "mschap"
    return "chap" if "CHAP-Password" in request else "pap"


def _inner_type(request: Attributes) -> str:
    return request.get("Radtune-Inner-Type", "").removesuffix(_WITH_CERTIFICATE).removesuffix(WITH_MAC).lower()


def _proves_user(auth_type: str, inner_type: str, request: Attributes) -> bool:
    """Tell whether the login proves that the client is the user it names: by the method in the tunnel, if there is one.

    EAP-TLS doesn't: nothing compares its identity with the certificate. What is called PAP outside of a tunnel may be
    a request without any password.
    """
    if request.first("Radtune-Inner-Type").endswith(WITH_MAC):
        return False
    if auth_type in _TUNNELS:
        return inner_type in _PROVES_PASSWORD
    return auth_type in _PROVES_PASSWORD and (auth_type != "pap" or "User-Password" in request)


def _ssid(request: Attributes) -> str:
    called = request.get("Called-Station-Id", "")
    behind_mac = _MAC_AND_SSID.fullmatch(called) if called else None
    # The stock policy rewrite_called_station_id makes the first of the second.
    ssid = request.get("Called-Station-SSID") or (behind_mac[1] if behind_mac else "")
    ssid = ssid or request.first(*_SSID_ATTRIBUTES) or _cisco(request, _CISCO_SSID)
    # A switch, or a VPN gateway, may have a colon in whatever it calls its port.
    is_wireless = request.get("NAS-Port-Type", "Wireless").startswith(("Wireless", "19"))
    return ssid or (parse_ssid(called) if is_wireless and called else "")


def _cisco(request: Attributes, pattern: re.Pattern[str]) -> str:
    """Return the value of the first Cisco-AVPair of this form, or ''."""
    if "Cisco-AVPair" not in request:
        return ""
    pairs = map(pattern.fullmatch, request.all("Cisco-AVPair"))
    return next((pair[1] for pair in pairs if pair), "")
