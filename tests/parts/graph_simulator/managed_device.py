"""The managedDevice resource of Graph v1.0: its properties, and how a list and a single GET each show them.

Properties and enum defaults: Graph's reference page for managedDevice. What is null in a list, and the two forms of
timestamps, are what real bodies show.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from parts.graph_simulator.messages import JsonObject

NO_ENTRA_DEVICE: Final = "00000000-0000-0000-0000-000000000000"
NEVER: Final = "0001-01-01T00:00:00Z"
NO_END: Final = "9999-12-31T23:59:59Z"

# Property and the value Graph shows when Intune knows nothing. `id` and `deviceName` must be given.
DEFAULTS: Final[Mapping[str, Any]] = {
    "id": "",
    "userId": "",
    "deviceName": "",
    "managedDeviceOwnerType": "company",
    "managementState": "managed",
    "deviceActionResults": [],
    "enrolledDateTime": NEVER,
    "lastSyncDateTime": NEVER,
    "operatingSystem": "",
    "complianceState": "unknown",
    "jailBroken": "Unknown",
    "managementAgent": "mdm",
    "osVersion": "",
    "easActivated": False,
    "easDeviceId": "",
    "easActivationDateTime": NEVER,
    "azureADRegistered": None,
    "deviceEnrollmentType": "unknown",
    "activationLockBypassCode": None,
    "emailAddress": "",
    "azureADDeviceId": NO_ENTRA_DEVICE,
    "deviceRegistrationState": "notRegistered",
    "deviceCategoryDisplayName": "",
    "isSupervised": False,
    "exchangeLastSuccessfulSyncDateTime": NEVER,
    "exchangeAccessState": "none",
    "exchangeAccessStateReason": "none",
    "remoteAssistanceSessionUrl": None,
    "remoteAssistanceSessionErrorDetails": None,
    "isEncrypted": False,
    "userPrincipalName": "",
    "model": "",
    "manufacturer": "",
    "imei": "",
    "complianceGracePeriodExpirationDateTime": NO_END,
    "serialNumber": "",
    "phoneNumber": "",
    "androidSecurityPatchLevel": "",
    "userDisplayName": "",
    "configurationManagerClientEnabledFeatures": None,
    "wiFiMacAddress": "",
    "deviceHealthAttestationState": None,
    "subscriberCarrier": "",
    "meid": "",
    "totalStorageSpaceInBytes": 0,
    "freeStorageSpaceInBytes": 0,
    "managedDeviceName": "",
    "partnerReportedThreatState": "unknown",
    "requireUserEnrollmentApproval": None,
    "managementCertificateExpirationDate": NEVER,
    "iccid": None,
    "udid": None,
    "notes": None,
    "ethernetMacAddress": None,
    "physicalMemoryInBytes": 0,
    "enrollmentProfileName": "",
}

# Null or 0 everywhere but in a GET by id that names them in $select.
ONLY_BY_ID_AND_SELECT: Final = frozenset(
    {
        "activationLockBypassCode",
        "ethernetMacAddress",
        "iccid",
        "notes",
        "physicalMemoryInBytes",
        "remoteAssistanceSessionUrl",
        "udid",
    }
)
TIMESTAMPS: Final = frozenset(name for name, value in DEFAULTS.items() if value in (NEVER, NO_END))

_TYPES_OF_NULL_DEFAULTS: Final[Mapping[str, type]] = {
    "azureADRegistered": bool,
    "requireUserEnrollmentApproval": bool,
    "configurationManagerClientEnabledFeatures": dict,
    "deviceHealthAttestationState": dict,
}
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z")


class InvalidDeviceError(ValueError):
    """A device that Graph could not hold: a property it does not have, or a value of the wrong type."""


def checked(device: Mapping[str, Any]) -> JsonObject:
    """Copy the device with its id in lower case; InvalidDeviceError names the property that can't be."""
    for name in ("id", "deviceName"):
        if not isinstance(device.get(name), str) or not device[name]:
            raise InvalidDeviceError(f"{name}: expected a text that is not empty")
    for name, value in device.items():
        if name not in DEFAULTS:
            raise InvalidDeviceError(f"{name}: managedDevice has no such property")
        default = DEFAULTS[name]
        expected = _TYPES_OF_NULL_DEFAULTS.get(name, str) if default is None else type(default)
        if value is not None and type(value) is not expected:
            raise InvalidDeviceError(f"{name}: expected {expected.__name__} or null, got {type(value).__name__}")
        if name in TIMESTAMPS and value is not None and not _TIMESTAMP.fullmatch(str(value)):
            raise InvalidDeviceError(f"{name}: expected YYYY-MM-DDThh:mm:ss[.fffffff]Z, got {value}")
    return {**device, "id": device["id"].lower()}


def in_list(device: Mapping[str, Any], names: Iterable[str]) -> JsonObject:
    """Show the named properties as a list does: whole seconds, and no property that only a GET by id gives."""
    shown = {}
    for name in names:
        value = DEFAULTS[name] if name in ONLY_BY_ID_AND_SELECT else device.get(name, DEFAULTS[name])
        shown[name] = _whole_seconds(value) if name in TIMESTAMPS else value
    return shown


def by_id(device: Mapping[str, Any], selected: Iterable[str] | None) -> JsonObject:
    """Show a device as a GET by id does: seven fractional digits, null for an unknown Wi-Fi MAC.

    `selected` holds the names in $select; None shows every property that needs no $select.
    """
    shown = {}
    for name in DEFAULTS if selected is None else selected:
        hidden = selected is None and name in ONLY_BY_ID_AND_SELECT
        value = DEFAULTS[name] if hidden else device.get(name, DEFAULTS[name])
        shown[name] = seven_digits(value) if name in TIMESTAMPS and value is not None else value
    if shown.get("wiFiMacAddress") == "":
        shown["wiFiMacAddress"] = None
    return shown


def _whole_seconds(timestamp: str | None) -> str | None:
    return timestamp if timestamp is None or len(timestamp) == len(NEVER) else timestamp[: len(NEVER) - 1] + "Z"


def seven_digits(timestamp: str) -> str:
    """Give a timestamp with seven fractional digits, but for the one that says never; as texts they are in order."""
    if timestamp == NEVER:
        return timestamp
    if timestamp == NO_END:
        return "9999-12-31T23:59:59.9999999Z"
    seconds, _, fraction = timestamp.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<7}Z"
