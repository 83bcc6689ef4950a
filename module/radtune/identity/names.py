"""What a client says it is: the ids, names, serial numbers and users in its certificate, and its host name."""

import re
from dataclasses import replace

from radtune.identity.serials import real_serial
from radtune.records.addresses import NO_MACS, is_random_mac, parse_mac
from radtune.records.device_and_client import Certificate, Facts

_GUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
)
NO_GUID = "00000000-0000-0000-0000-000000000000"
"""What Intune and Entra put where there is no id; it names no device."""
_NULL_BYTE = r"\x00"
"""As OpenSSL prints it; every second byte of a BMPString in plain letters is one."""
_HOST = "host/"
# With an @ or a backslash in it, a name may be proved without its realm, and be another one then.
_HOST_NAME = re.compile(r"host/[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[a-z0-9_-]+\$", re.IGNORECASE | re.ASCII)


def certificate_ids(certificate: Certificate) -> list[str]:
    """Return the device ids (lower-case GUIDs) that the certificate names, without repeats.

    In SAN URI, SAN DNS and CN a GUID counts wherever it stands: what looks like an id binds. In SAN UPN and SAN e-mail,
    which name users, it has to be all that stands before the @. Microsoft's `tag:microsoft.com,2022-09-14:sid:` names
    an account by its SID, and is passed over. If the subject may have several CNs, a GUID counts anywhere in it.
    """
    subject = certificate.subject.replace(_NULL_BYTE, "") if has_several_names(certificate) else ""
    names = (*certificate.uris, *certificate.dns, certificate.common_name, subject)
    ids = [match[0] for name in names if not name.lower().startswith("tag:") for match in _GUID.finditer(name)]
    heads = (address.partition("@")[0] for address in (*certificate.upns, *certificate.emails))
    ids += [head for head in heads if _GUID.fullmatch(head)]
    lower = dict.fromkeys(device_id.lower() for device_id in ids)
    return [device_id for device_id in lower if device_id != NO_GUID]


def has_several_names(certificate: Certificate) -> bool:
    """Tell whether the subject may have another CN than `common_name`."""
    return "common_name" in certificate.unread


def alternative_ids(certificate: Certificate) -> list[str]:
    """Return the device ids in the certificate's alternative names, as `certificate_ids` does."""
    return certificate_ids(replace(certificate, common_name="", subject=""))


def certificate_names(certificate: Certificate) -> list[str]:
    """Return what may be a device's serial or name, in lower case: CN and SAN DNS, whole and up to the first dot.

    `host/` before a name, as Windows writes it, isn't part of it.
    """
    names: dict[str, None] = {}
    for text in (certificate.common_name, *certificate.dns):
        for name in _forms(text):
            names[name] = None
    return list(names)


def certificate_serials(certificate: Certificate) -> list[str]:
    """Return what may be a device's serial number, in lower case: the subject's serialNumber, then the names."""
    serials = map(real_serial, (certificate.subject_serial, *certificate_names(certificate)))
    return [serial for serial in dict.fromkeys(serials) if serial]


def certificate_users(certificate: Certificate) -> list[str]:
    """Return the users that a user's certificate names, in lower case: SAN UPN, SAN e-mail, and a CN with an @."""
    texts = (*certificate.upns, *certificate.emails, certificate.common_name)
    users = (text.lower() for text in texts if "@" in text)
    return [user for user in dict.fromkeys(users) if not _GUID.fullmatch(user.partition("@")[0])]


def certificate_macs(certificate: Certificate) -> list[str]:
    """Return the MACs that CN and SAN DNS are, in any notation, as 12 lower-case hex digits; no randomised one."""
    macs = map(parse_mac, (certificate.common_name, *certificate.dns))
    return [mac for mac in dict.fromkeys(macs) if is_hardware(mac)]


def is_hardware(mac: str) -> bool:
    """Tell whether the MAC can be that of a device's hardware, as Intune has it."""
    return mac not in NO_MACS and not is_random_mac(mac)


def host_names(facts: Facts) -> list[str]:
    """Return the names, in lower case, of a computer that logged in as `host/NAME` or `NAME$`.

    The server has to have verified that name.
    """
    is_computer = facts.user_verified and _HOST_NAME.fullmatch(facts.user_name)
    return _forms(facts.user_name.removesuffix("$")) if is_computer else []


def _forms(text: str) -> list[str]:
    name = text.lower().removeprefix(_HOST)
    return [form for form in dict.fromkeys((name, name.partition(".")[0])) if form]
