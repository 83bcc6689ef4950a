"""One managedDevice of Graph -> a Device record."""

import marshal
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from radtune.config.tenants import Tenant
from radtune.identity.identifiers import NO_GUID, real_serial
from radtune.records.addresses import NO_MACS, parse_mac
from radtune.records.device_and_client import Device

PROPERTIES = (
    "id",
    "azureADDeviceId",
    "deviceName",
    "serialNumber",
    "wiFiMacAddress",
    "ethernetMacAddress",
    "complianceState",
    "managementState",
    "managedDeviceOwnerType",
    "deviceCategoryDisplayName",
    "isEncrypted",
    "jailBroken",
    "partnerReportedThreatState",
    "operatingSystem",
    "osVersion",
    "userPrincipalName",
    "lastSyncDateTime",
    "enrolledDateTime",
)
"""The properties for $select: those that a Device is made of."""

PARSER = 1
"""The version of `to_device`. With another one, the next whole sync reads every device anew; a test holds it."""
_said = itemgetter(*PROPERTIES)
_but_check_in = itemgetter(*(name for name in PROPERTIES if name != "lastSyncDateTime"))

_NOTHING = dict.fromkeys(PROPERTIES)

_COMPLIANCE = {
    "compliant": "compliant",
    "noncompliant": "noncompliant",
    "conflict": "conflict",
    "error": "error",
    "inGracePeriod": "in_grace_period",
    "configManager": "config_manager",
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def salt_of(tenant: Tenant) -> bytes:
    """Return what makes the sources of a tenant's devices others than those of other tenants, settings and parsers."""
    return f"{PARSER} {tenant.name} {tenant.ethernet_macs} {tenant.entra_changes} ".encode()


def sources_of(page: Iterable[dict[str, Any]], salt: bytes) -> Iterator[str]:
    """Yield what stands for all that each record is made of: a hash (24 characters), and the last check-in (19)."""
    for managed in page:
        try:
            rest, at = _but_check_in(managed), managed["lastSyncDateTime"]
        except KeyError:
            whole = {**_NOTHING, **managed}
            rest, at = _but_check_in(whole), whole["lastSyncDateTime"]
        if type(at) is not str or at[19:20] not in (".", "Z") or at[-1] != "Z":
            at = f"{check_in_of(managed):<19}"
        # marshal tells values of different types apart; its version 2 writes equal ones alike.
        yield blake2b(salt + marshal.dumps(rest, 2), digest_size=12).hexdigest() + at[:19]


def check_in_of(managed: Mapping[str, Any]) -> int:
    """Return when the device checked in last, in seconds since the epoch, 0 for never."""
    return _seconds(_text(managed.get("lastSyncDateTime")))


def compliance_of(word: str) -> str:
    """Return Graph's complianceState in radtune's spelling."""
    return _COMPLIANCE.get(word, "unknown")


def to_device(managed: Mapping[str, Any], tenant: str, source: str = "") -> Device:
    """Return the record of a managedDevice; every enum is open, placeholders become ''.

    Raises ValueError if it has no usable id: such a record can't be kept apart from others.
    """
    try:
        said = _said(managed)
    except KeyError:
        said = _said({**_NOTHING, **managed})
    texts = [each.strip() if type(each) is str and each.isprintable() else _text(each) for each in said]
    named, entra_id, name, serial, wifi, ethernet, compliance, management, owner, category, *_ = texts
    threat, os, os_version, user, checked_in, enrolled = texts[12:]
    encrypted, jail_broken = said[10:12]
    device_id = guid(named)
    if not device_id:
        raise ValueError(f"a managedDevice without a usable id: {said[0]!r}")
    return Device(
        device_id,
        tenant,
        name,
        compliance_of(compliance),
        guid(entra_id),
        serial if real_serial(serial) else "",
        tuple(dict.fromkeys(mac for mac in (parse_mac(wifi), parse_mac(ethernet)) if mac not in NO_MACS)),
        user,
        os,
        os_version,
        _word(owner),
        "" if category.lower() == "unknown" else category,  # Intune's word if a device has none
        yes_or_no(encrypted),
        yes_or_no(jail_broken),
        _word(threat),
        _word(management),
        _seconds(checked_in),
        _seconds(enrolled),
        source=source,
    )


def _text(value: object) -> str:
    """Return the text without control characters, and without surrogates, which JSON lets through."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value.encode("utf-8", "replace").decode() if c.isprintable()).strip()


@lru_cache(1000)
def _word(text: str) -> str:
    """Return Graph's word for a state in radtune's spelling: high_severity for highSeverity."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()


def yes_or_no(value: object) -> str:
    """Return yes or no, '' if Intune can't tell; jailBroken is text, in upper or lower case."""
    return {"true": "yes", "false": "no"}.get(str(value).lower(), "")


def guid(value: object) -> str:
    """Return a GUID in lower case, '' for anything else and for the placeholder."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if _GUID.fullmatch(text) and text != NO_GUID else ""


def _seconds(text: str) -> int:
    """Return Graph's date and time in seconds since the epoch; the years 1 and 9999 stand for none."""
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0, int(at.timestamp())) if 1970 <= at.year < 9999 else 0
    except (ValueError, OverflowError):
        return 0
