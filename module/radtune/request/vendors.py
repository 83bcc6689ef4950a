"""Vendors of switches and access points: how each is given a role, and the attributes of a request that show it.

A role is the name of something that is configured on the NAS: a user role, a group policy, an ACL, a firewall filter.
Each line of the table says where the rule is from: "PF" is PacketFence 14's lib/pf/Switch, the others are the vendor's
guides. "Seen" is a published request. "Not verified" is RFC 2865 5.11's Filter-Id for want of better; the NAS may
ignore it.
"""

from collections.abc import Collection

from radtune.dataclass import dataclass

_FILTER_ID = (("Filter-Id", "{}"),)


@dataclass(frozen=True, slots=True)
class _Vendor:
    """`role` holds attributes with the form of their values, `{}` for the role; `shows` attributes of a request."""

    role: tuple[tuple[str, str], ...] = _FILTER_ID
    shows: tuple[str, ...] = ()


_TABLE = {
    # No vendor known. RFC 2865 5.11.
    "": _Vendor(),
    # AOS controllers and Instant (PF Aruba.pm; requests seen), CX (AOS-CX 10.04, session authorization: VSA 1, up to
    # 63 bytes; PF Aruba/ArubaOS_CX_10_x.pm). What a CX sends that would show it is not verified.
    "aruba": _Vendor((("Aruba-User-Role", "{}"),), ("Aruba-Essid-Name", "Aruba-Location-Id", "Aruba-AP-Group")),
    # AOS-S with `aaa authorization user-role enable` (AOS-S 16, local user roles; PF HP/AOS_Switch_v16_X.pm; request
    # seen).
    "hp": _Vendor((("HP-User-Role", "{}"),), ("HP-Capability-Advert",)),
    # IOS and IOS-XE: an ACL on the switch, inbound (PF Cisco/Cisco_IOS_15_0.pm). Most requests hold Cisco-AVPair alone,
    # and so do those of others; that Cisco-NAS-Port comes with 802.1X is not verified.
    "cisco": _Vendor((("Filter-Id", "{}.in"),), ("Cisco-NAS-Port",)),
    # The same switches, with a downloadable ACL by name: they come back to ask the server for its text, with that name
    # as User-Name, and the operator's own configuration has to answer (Cisco, ISE dACL; not verified).
    "cisco-dacl": _Vendor((("Cisco-AVPair", "ACS:CiscoSecure-Defined-ACL={}"),)),
    # AireOS and 9800: an ACL on the controller (Cisco, ISE and Catalyst 9800 Integration Guide; PF Cisco/WLC.pm;
    # requests of both seen).
    "cisco-wlc": _Vendor((("Airespace-ACL-Name", "{}"),), ("Airespace-Wlan-Id",)),
    # A group policy: MR if Filter-Id is the chosen attribute (Meraki, MR RADIUS 2.0), MS (PF Meraki/MS.pm); request
    # of MR seen, MS is shown by none of these.
    "meraki": _Vendor(shows=("Meraki-Device-Name", "Meraki-Network-Name", "Meraki-Ap-Name", "Meraki-Ap-Tags")),
    # EX: a firewall filter on the switch (PF Juniper/Junos.pm).
    "juniper": _Vendor(),
    # A WxLAN label of kind AAA attribute, by Filter-Id, Airespace-ACL-Name or Aruba-User-Role (Mist API, wxtags; PF
    # Juniper/Mist.def).
    "mist": _Vendor(),
    # SmartZone maps Filter-Id to a user role (Ruckus support, article 15415), ZoneDirector and Unleashed take the role
    # of Ruckus-User-Groups (PF Ruckus.pm). Requests of SmartZone seen.
    "ruckus": _Vendor(
        (("Filter-Id", "{}"), ("Ruckus-User-Groups", "{}")),
        ("Ruckus-SSID", "Ruckus-Wlan-Id", "Ruckus-Wlan-Name", "Ruckus-Zone-Name", "Ruckus-BSSID", "Ruckus-VLAN-ID"),
    ),
    # An IPv4 ACL on the switch, by name or number, inbound (Brocade, ICX 6650 Security Configuration Guide).
    "icx": _Vendor((("Filter-Id", "ip.{}.in"),)),
    # UniFi. Not verified.
    "ubiquiti": _Vendor(),
    # EXOS and EOS: a policy profile (Extreme, S- and K-Series Configuration Guide; PF Extreme.pm).
    "extreme": _Vendor((("Filter-Id", "Enterasys:version=1:policy={}"),)),
    # FortiSwitch: a dynamic ACL on the switch (FortiSwitchOS 7.0.2). FortiGate with FortiAP: a user group (PF
    # Fortinet/FortiGate.pm; request seen).
    "fortinet": _Vendor(
        (("Filter-Id", "{}"), ("Fortinet-Group-Name", "{}")),
        ("Fortinet-Vdom-Name", "Fortinet-SSID", "Fortinet-AP-Name"),
    ),
    # A UCL group, a user group or the number of an ACL (Huawei, S-Series User Access and Authentication; PF
    # Huawei/S5720.def; request seen).
    "huawei": _Vendor(
        shows=("Huawei-Startup-Stamp", "Huawei-IPHost-Addr", "Huawei-Connect-ID", "Huawei-Version", "Huawei-Product-ID")
    ),
    # RouterOS. Not verified for 802.1X. A request holds a realm that is set, and a HotSpot client's address (MikroTik,
    # RADIUS Client).
    "mikrotik": _Vendor(shows=("Mikrotik-Realm", "Mikrotik-Host-IP")),
    # cnPilot and XV. Not verified.
    "cambium": _Vendor(),
    # TP-Link. Not verified.
    "omada": _Vendor(),
    # hostapd itself knows no roles; what is built on it may.
    "hostapd": _Vendor(),
}

VENDORS = tuple(_TABLE)
"""Every vendor's name; '' if none is known."""

_SHOWN_BY = {name: vendor for vendor, row in _TABLE.items() for name in row.shows}


def vendor_of(names: Collection[str]) -> str:
    """Return the vendor whose attributes are among those of a request, or '' if it isn't exactly one.

    `names` are spelled as the server spells them. Juniper, Mist, ICX, UniFi, Extreme, Cambium, Omada and hostapd send
    nothing of their own; Cisco-AVPair doesn't count, for many send it.
    """
    if _SHOWN_BY.keys().isdisjoint(names):
        return ""
    found = {_SHOWN_BY[name] for name in names if name in _SHOWN_BY}
    return found.pop() if len(found) == 1 else ""


def role_pairs(vendor: str, role: str) -> tuple[tuple[str, str], ...]:
    """Return attributes and values of an Access-Accept that give the role on a NAS of this vendor of VENDORS."""
    return tuple((name, form.format(role)) for name, form in _TABLE[vendor].role)


def shown_by(vendor: str) -> tuple[str, ...]:
    """Return the attributes of a request that show this vendor of VENDORS."""
    return _TABLE[vendor].shows
