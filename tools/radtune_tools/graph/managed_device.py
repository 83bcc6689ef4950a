"""One managedDevice of Graph -> a Device record."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

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

_COMPLIANCE = {
    "compliant": "compliant",
    "noncompliant": "noncompliant",
    "conflict": "conflict",
    "error": "error",
    "inGracePeriod": "in_grace_period",
    "configManager": "config_manager",
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def to_device(managed: Mapping[str, Any], tenant: str) -> Device:
    """Return the record of a managedDevice; every enum is open, placeholders become ''.

    Raises ValueError if it has no usable id: such a record can't be kept apart from others.
    """
    device_id = guid(managed.get("id"))
    if not device_id:
        raise ValueError(f"a managedDevice without a usable id: {managed.get('id')!r}")
    serial = _text(managed.get("serialNumber"))
    macs = (_mac(managed.get("wiFiMacAddress")), _mac(managed.get("ethernetMacAddress")))
    return Device(
        id=device_id,
        tenant=tenant,
        name=_text(managed.get("deviceName")),
        compliance=_COMPLIANCE.get(_text(managed.get("complianceState")), "unknown"),
        entra_id=guid(managed.get("azureADDeviceId")),
        serial=serial if real_serial(serial) else "",
        macs=tuple(dict.fromkeys(mac for mac in macs if mac)),
        user=_text(managed.get("userPrincipalName")),
        os=_text(managed.get("operatingSystem")),
        os_version=_text(managed.get("osVersion")),
        ownership=_word(managed.get("managedDeviceOwnerType")),
        category=_category(managed.get("deviceCategoryDisplayName")),
        encrypted=yes_or_no(managed.get("isEncrypted")),
        jail_broken=yes_or_no(managed.get("jailBroken")),
        threat_state=_word(managed.get("partnerReportedThreatState")),
        management_state=_word(managed.get("managementState")),
        last_check_in=_seconds(managed.get("lastSyncDateTime")),
        enrolled_at=_seconds(managed.get("enrolledDateTime")),
    )


def _text(value: object) -> str:
    """Return the text without control characters, and without surrogates, which JSON lets through."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        return value.strip()
    return "".join(c for c in value.encode("utf-8", "replace").decode() if c.isprintable()).strip()


def _word(value: object) -> str:
    """Return Graph's word for a state in radtune's spelling: high_severity for highSeverity."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", _text(value)).lower()


def _category(value: object) -> str:
    """Return the category's name; Intune says "Unknown" if a device has none."""
    text = _text(value)
    return "" if text.lower() == "unknown" else text


def yes_or_no(value: object) -> str:
    """Return yes or no, '' if Intune can't tell; jailBroken is text, in upper or lower case."""
    return {"true": "yes", "false": "no"}.get(str(value).lower(), "")


def guid(value: object) -> str:
    """Return a GUID in lower case, '' for anything else and for the placeholder."""
    text = _text(value).lower()
    return text if _GUID.fullmatch(text) and text != NO_GUID else ""


def _mac(value: object) -> str:
    mac = parse_mac(_text(value))
    return "" if mac in NO_MACS else mac


def _seconds(value: object) -> int:
    """Return Graph's date and time in seconds since the epoch; the years 1 and 9999 stand for none."""
    try:
        at = datetime.fromisoformat(_text(value))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0, int(at.timestamp())) if 1970 <= at.year < 9999 else 0
    except (ValueError, OverflowError):
        return 0
