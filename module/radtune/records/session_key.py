"""The key of a session: its NAS, its client, its port."""

import hashlib
import json
from typing import TYPE_CHECKING

from radtune.records.addresses import NO_MACS, can_be_nas

if TYPE_CHECKING:
    from radtune.records.device_and_client import Facts


def nas_key(facts: "Facts") -> str:
    """Return the address of the NAS, or its identifier if it sends no address, or ''.

    NASes may share an address that can't be their own: there the identifier tells them apart.
    """
    shared = facts.nas_claimed or not can_be_nas(facts.nas_address)
    if facts.nas_address and facts.nas_identifier and shared:
        return f"{facts.nas_address} {facts.nas_identifier}"
    return facts.nas_address or facts.nas_identifier


def session_key(facts: "Facts", port: str) -> str:
    """Return `NAS/client` or `NAS/client/port`, or '' if the request names no NAS or no client.

    A slash in NAS or client is written as %2F.
    """
    nas, client = nas_key(facts), client_of(facts)
    return "/".join([key_part(nas), key_part(client), *([port] if port else [])]) if nas and client else ""


def key_part(text: str) -> str:
    """Return the text without slashes; different texts stay different."""
    return text.replace("%", "%25").replace("/", "%2F") if "/" in text or "%" in text else text


def port_of(facts: "Facts") -> str:
    """Return the client's port, or '' if the NAS names none.

    The number of a wireless client changes at will, and NASes without ports send 0.
    """
    if is_wireless(facts):
        return ""
    return facts.nas_port_id or (facts.nas_port if facts.nas_port != "0" else "")


def is_wireless(facts: "Facts") -> bool:
    """Tell whether the NAS says that the client is on the air (NAS-Port-Type)."""
    return facts.nas_port_type.startswith("Wireless")


def client_of(facts: "Facts") -> str:
    """Return the client's MAC, or `user NAME`, so that no user name can be another client's MAC; '' for neither.

    A NAS may send one placeholder in place of the MAC of each of its clients.
    """
    return facts.mac if has_mac(facts) else facts.user_name and f"user {facts.user_name}"


def has_mac(facts: "Facts") -> bool:
    """Tell whether the client goes by a MAC, and not by the name of a user, who may have several devices."""
    return facts.mac not in NO_MACS


def client_key(facts: "Facts") -> str:
    """Return a word that is the same for the logins of one client with one credential, and for no others.

    The credential is the certificate, or else the user name and the MAC; what one of them has earned, a login with
    less must not get.
    """
    certificate = facts.certificate
    by = [facts.auth_type, facts.inner_type, facts.user_verified]
    by += [certificate.issuer, certificate.serial] if certificate else [facts.user_name, facts.mac]
    return hashlib.sha256(json.dumps(by).encode()).hexdigest()[:32]
