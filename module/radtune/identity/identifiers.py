"""The identifiers that a client shows: ids, names, serial numbers, MACs, users; and why they name no device."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from radtune.records.addresses import NO_MACS, is_random_mac, parse_mac
from radtune.records.device_and_client import Certificate, Facts

_GUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
)
NO_GUID = "00000000-0000-0000-0000-000000000000"
"""In Intune and Entra the sign for no id; it names no device."""
_NULL_BYTE = r"\x00"
"""As OpenSSL prints it; every second byte of a BMPString in plain letters is one."""
# With an @ or a backslash in it, a name may be proved without its realm, and be another one then.
_HOST_NAME = re.compile(r"host/[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[a-z0-9_-]+\$", re.IGNORECASE | re.ASCII)

SHORTEST_SERIAL = 4
"""Letters and digits that a serial number has at least, leading zeros not counted."""
_DIGITS, _LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"
_ROWS = (_DIGITS, _LETTERS, f"{_DIGITS}abcdef", f"123456789{_LETTERS}", f"{_DIGITS}{_LETTERS}")
_FOLLOWERS = frozenset(f"{one}{other}" for row in _ROWS for one, other in zip(row, row[1:] + row[0], strict=True))
"""Each character with the one that follows it in a row; the first follows the last."""
_NO_SERIAL_WORDS = (
    "system chassis base board main mother product machine device hardware computer serial number[0-9]? numb num no nr "
    "sn mb id string[0-9]? asset tag default standard none not na nil null empty blank unknown undefined invalid "
    "unspecified unavailable applicable available specified defined provided supplied set present found known assigned "
    "installed programmed initialized to be is by the information info filled fill in enter here your please change me "
    "tbd tba oem odm manufacturer vendor customer reference test sample example demo dummy placeholder type[0-9]? name "
    "version family sku eval bios x{3,} 0{3,} 0?123456? 0?1234567(?:89?0?)?"
)
# The longest first and without a step back: a text of words that begin alike must not take for ever.
_NO_SERIAL = re.compile(f"(?:{'|'.join(sorted(_NO_SERIAL_WORDS.split(), key=len, reverse=True))})++")


def certificate_ids(certificate: Certificate) -> list[str]:
    """Return the device ids (lower-case GUIDs) that the certificate names, without repeats.

    In SAN URI, SAN DNS and CN a GUID counts wherever it stands: what looks like an id binds. In SAN UPN and SAN e-mail,
    which name users, it has to be all that stands before the @. Microsoft's `tag:microsoft.com,2022-09-14:sid:` names
    an account by its SID, and is passed over. If the subject may have several CNs, a GUID counts anywhere in it.
    """
    subject = certificate.subject.replace(_NULL_BYTE, "") if "common_name" in certificate.unread else ""
    names = (*certificate.uris, *certificate.dns, certificate.common_name, subject)
    ids = [match[0] for name in names if not name.lower().startswith("tag:") for match in _GUID.finditer(name)]
    heads = (address.partition("@")[0] for address in (*certificate.upns, *certificate.emails))
    ids += [head for head in heads if _GUID.fullmatch(head)]
    return _distinct(device_id for device_id in ids if device_id != NO_GUID)


def certificate_names(certificate: Certificate) -> list[str]:
    """Return CN and SAN DNS, which may be a device's serial or name, in lower case: whole and up to the first dot.

    `host/` before a name, as Windows writes it, isn't part of it.
    """
    return _distinct(form for text in (certificate.common_name, *certificate.dns) for form in _forms(text))


def certificate_serials(certificate: Certificate) -> list[str]:
    """Return what may be a device's serial number, in lower case: the subject's serialNumber, then the names."""
    return _distinct(map(real_serial, (certificate.subject_serial, *certificate_names(certificate))))


def certificate_users(certificate: Certificate) -> list[str]:
    """Return the users that a user's certificate names, in lower case: SAN UPN, SAN e-mail, and a CN with an @."""
    texts = (*certificate.upns, *certificate.emails, certificate.common_name)
    return _distinct(text for text in texts if "@" in text and not _GUID.fullmatch(text.partition("@")[0]))


def certificate_macs(certificate: Certificate) -> list[str]:
    """Return the MACs that CN and SAN DNS are, in any notation, as 12 lower-case hex digits; no randomised one."""
    return _distinct(filter(is_hardware, map(parse_mac, (certificate.common_name, *certificate.dns))))


def is_hardware(mac: str) -> bool:
    """Tell whether the MAC can be that of a device's hardware, as Intune has it."""
    return mac not in NO_MACS and not is_random_mac(mac)


def host_names(facts: Facts) -> list[str]:
    """Return the names, in lower case, of a computer that logged in as `host/NAME` or `NAME$`.

    The server has to have verified that name.
    """
    is_computer = facts.user_verified and _HOST_NAME.fullmatch(facts.user_name)
    return _distinct(_forms(facts.user_name.removesuffix("$"))) if is_computer else []


def shown_identifiers(facts: Facts) -> dict[str, list[str]]:
    """Return all that a client shows of each kind of identifier, in lower case, as the device store has it."""
    certificate = facts.certificate or Certificate()
    ids = certificate_ids(certificate)
    return {
        "device_id": ids,
        "entra_id": ids,
        "serial": certificate_serials(certificate),
        "name": [*certificate_names(certificate), *host_names(facts)],
        "mac": [*certificate_macs(certificate), *filter(is_hardware, [facts.mac])],
        "user": certificate_users(certificate),
    }


def real_serial(text: str) -> str:
    """Return the serial number in lower case, or '' if it names no device.

    No device is named by the words that makers leave in the firmware ("To be filled by O.E.M.", "Default string"), by
    one character repeated, by a row such as 123456789, by less than four letters and digits. Case, blanks and
    punctuation make no difference to that.
    """
    key = text.lower()
    if not key.isalnum():
        key = re.sub(r"[\W_]", "", key)
    return "" if _is_placeholder(key) else text.strip().lower()


def why_nothing(facts: Facts, identify_by: frozenset[str]) -> str:
    """Return the sentence for a client that is no device that Intune knows: why, and what to change."""
    certificate = facts.certificate or Certificate()
    users = certificate_users(certificate)
    said = [_why_not_by_mac(facts, identify_by)]
    if facts.certificate is not None:
        texts = (*certificate_serials(certificate), *certificate_names(certificate), *certificate_macs(certificate))
        named = " or ".join(dict.fromkeys(texts)) or "nothing"
        said.insert(0, f"the certificate names {named}, which is no device's name or serial")
    if users and "user" in identify_by:
        named = " or ".join(users)
        said.append(f"no device has the primary user {named}; a mail address or alias is no user principal name")
    elif users:
        said.append(f"the certificate is that of {' or '.join(users)}, and the policy's identify_by leaves out user")
    if "@" in certificate.common_name:
        said.append("a serial number behind a user's name can't be told apart; put it into the subject as serialNumber")
    if facts.user_verified and facts.user_name.endswith("$") and not host_names(facts):
        said.append(f"the computer's name is not taken from {facts.user_name}, but from host/NAME or NAME$")
    if facts.nas_port_type == "Virtual":
        said.append("what a VPN client says of itself, such as mdm-tlv=device-mac, proves no device")
    return "; ".join(said)


def _why_not_by_mac(facts: Facts, identify_by: frozenset[str]) -> str:
    said, mac = facts.calling_station_id, facts.mac
    if "mac" not in identify_by:
        return "the policy takes no MAC as identity"
    if not mac:
        return f"Calling-Station-Id {said!r} is no MAC" if said else "there is no MAC to go by"
    if is_random_mac(mac):
        return f"the MAC {mac} is randomised and names no device"
    if mac in NO_MACS:
        return f"the MAC {mac} is a placeholder and names no device"
    return f"Intune knows no device with the MAC {mac}"


def _distinct(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(text.lower() for text in texts) if text]


def _forms(text: str) -> tuple[str, str]:
    name = text.lower().removeprefix("host/")
    return name, name.partition(".")[0]


@lru_cache(maxsize=4096)
def _is_placeholder(key: str) -> bool:
    if len(key.lstrip("0")) < SHORTEST_SERIAL or _NO_SERIAL.fullmatch(key):
        return True
    # A row counts up or down: 123456789, fedcba, 112233, 0102030405; or does so again and again.
    unit = key[: (key + key).find(key, 1)]
    return len(unit) <= 2 or _counts(unit) or _counts(unit[::-1])


def _counts(text: str) -> bool:
    """Tell whether each character follows the one before it; each may be there twice or more, or with a 0 before it."""
    for one, other in pairwise(text[1:]):
        # In each of the rows below these two would stand beside each other.
        if one != other and "0" not in (one, other) and f"{one}{other}" not in _FOLLOWERS:
            return False
    rows = [text, text[1:] if text.startswith("0") else ""]
    rows.append("".join(char for at, char in enumerate(text) if at == 0 or text[at - 1] != char))
    if len(text) % 2 == 0 and set(text[::2]) <= {"0"}:
        rows.append(text[1::2])
    return any(len(row) > 2 and all(f"{one}{other}" in _FOLLOWERS for one, other in pairwise(row)) for row in rows)
