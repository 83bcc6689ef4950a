"""What a request says, read from the manual alone: no line of this is shared with the module."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Pairs = list[tuple[str, str]]
CERT = "TLS-Client-Cert-"
GUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])")
NO_MAC = ("000000000000", "ffffffffffff", "020000000000")


@dataclass
class Client:
    """What a request says."""

    auth_type: str
    inner_type: str
    mac: str
    user: str
    verified: bool
    nas: tuple[str, str]
    port_type: str
    ssid: str
    certificate: dict[str, list[str]] | None
    resumed: bool = False


def read(pairs: Pairs, question: str, auth_types: tuple[str, ...]) -> Client:
    """Return what a request says."""
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    mac = mac_of(first.get("Calling-Station-Id", ""))
    user = first.get("Radtune-Inner-User-Name", first.get("User-Name", ""))
    inner = first.get("Radtune-Inner-Type", "").lower().removesuffix(" with certificate")
    eap = first.get("EAP-Type", "").lower() if "EAP-Message" in first or "EAP-Type" in first else None
    is_mac = mac != "" and mac_of(first.get("User-Name", "")) == mac
    if eap is not None:
        auth = eap if eap in ("peap", "teap") else f"eap-{eap}" if eap else "eap"
    elif is_mac and (question == "mab" or "Accept" in auth_types):
        auth = "mab"
    else:
        auth = "mschap" if "MS-CHAP-Challenge" in first else "chap" if "CHAP-Password" in first else "pap"
    method = inner if auth in ("eap-ttls", "peap") else auth if auth != "pap" or "User-Password" in first else ""
    checked = method in ("pap", "chap", "mschap", "mschapv2", "eap-mschapv2", "eap-gtc", "eap-md5")
    return Client(
        auth_type=auth,
        inner_type=inner,
        mac=mac,
        user=user,
        verified=bool(auth_types) and "Accept" not in auth_types and checked and (not mac or mac_of(user) != mac),
        nas=(first.get("NAS-IP-Address", ""), first.get("NAS-Identifier", "")),
        port_type=first.get("NAS-Port-Type", ""),
        ssid=ssid_of(
            first.get("Called-Station-Id", ""),
            wireless=first.get("NAS-Port-Type", "Wireless").startswith("Wireless"),
        ),
        certificate=certificate_of(pairs),
    )


def ssid_of(called: str, *, wireless: bool) -> str:
    """Return the SSID behind the access point's MAC, or behind its name if the NAS doesn't say that it is wired."""
    if (ssid := behind_mac(called)) is not None:
        return ssid
    name, _, rest = called.partition(":")
    if not wireless or not name.strip() or rest.startswith("//") or mac_of(rest):
        return ""
    if re.fullmatch(r"[0-9a-f:.\-_ ]+", called.lower()):
        return ""
    ssid = behind_mac(rest)
    return rest if ssid is None else ssid


def behind_mac(text: str) -> str | None:
    """Return what follows a MAC and a colon, or None."""
    mac = re.match("[-:._ ]?".join(["[0-9A-Fa-f]{2}"] * 6) + ":", text)
    return text[mac.end() :] if mac else None


def printed(octets: str) -> str:
    """Return the print of an extension, or '' where it is none."""
    try:
        return bytes.fromhex(octets.removeprefix("0x")).decode()
    except ValueError:
        return ""


def certificate_of(pairs: Pairs) -> dict[str, list[str]] | None:
    """Return the names of a certificate, or None where the client has shown none."""
    kinds = {
        "Common-Name": "cn", "Subject-Alt-Name-Dns": "dns", "Subject-Alt-Name-Uri": "uri",
        "Subject-Alt-Name-Email": "email", "Subject-Alt-Name-Upn": "upn", "Issuer": "issuer",
    }  # fmt: skip
    names: dict[str, list[str]] = {kind: [] for kind in (*kinds.values(), "serial")}
    there = False
    for name, value in pairs:
        if name.startswith(CERT):
            there = True
            if (kind := kinds.get(name.removeprefix(CERT))) and value not in names[kind]:
                names[kind].append(value)
            elif name == f"{CERT}Subject":
                names["serial"] += re.findall(r"/serialNumber=([^/]*)", value)
            elif name == f"{CERT}X509v3-Subject-Alternative-Name":
                names["uri"] += [each[4:] for each in printed(value).split(", ") if each.startswith("URI:")]
    return names if there else None


def randomised(mac: str) -> bool:
    """Tell whether a MAC is locally administered."""
    return mac[1] in "2367abef"


def mac_of(text: str) -> str:
    """Return the 12 digits of a MAC, or ''."""
    pairs = re.fullmatch("[-:._ ]?".join(["([0-9a-f]{2})"] * 6), text.lower(), re.ASCII)
    return "".join(pairs.groups()) if pairs else ""


def forms(text: str) -> list[str]:
    """Return a name whole and up to its first dot, without host/ before it."""
    name = text.lower().removeprefix("host/")
    return [name, name.split(".")[0]]


def id_texts(certificate: dict[str, list[str]]) -> Iterable[list[str]]:
    """Yield the ids in each name of a certificate."""
    for text in (*certificate["uri"], *certificate["dns"], *certificate["cn"]):
        if not text.lower().startswith("tag:"):
            yield [each for each in GUID.findall(text.lower()) if set(each) - set("0-")]
    for text in (*certificate["upn"], *certificate["email"]):
        head = text.lower().split("@")[0]
        yield [head] if GUID.fullmatch(head) and set(head) - set("0-") else []


def users(certificate: dict[str, list[str]]) -> list[str]:
    """Return the users that a certificate names."""
    names = [*certificate["upn"], *certificate["email"], *certificate["cn"]]
    return [each.lower() for each in names if "@" in each and not GUID.fullmatch(each.lower().split("@")[0])]
