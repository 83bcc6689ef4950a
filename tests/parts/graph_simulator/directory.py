"""The device objects that Entra keeps of the managed devices, and the log of their changes."""

import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

from parts.graph_simulator.devices import Devices
from parts.graph_simulator.managed_device import NO_ENTRA_DEVICE
from parts.graph_simulator.messages import JsonObject

Reason = Literal["changed", "deleted"]
Voided = Literal["gone", "expired"]

INTUNE_APP: Final = "0000000a-0000-0000-c000-000000000000"
# Property and its type; any may be null.
PROPERTIES: Final[Mapping[str, type]] = {
    "id": str,
    "accountEnabled": bool,
    "approximateLastSignInDateTime": str,
    "complianceExpirationDateTime": str,
    "deviceId": str,
    "displayName": str,
    "enrollmentType": str,
    "isCompliant": bool,
    "isManaged": bool,
    "managementType": str,
    "manufacturer": str,
    "mdmAppId": str,
    "model": str,
    "operatingSystem": str,
    "operatingSystemVersion": str,
    "physicalIds": list,
    "registrationDateTime": str,
    "trustType": str,
}
_NAMESPACE: Final = uuid.UUID("6b0f4c0e-35c3-49a4-8f0e-1d2c9b7a5e11")
# What Intune tells Entra; Entra knows a verdict or none.
_VERDICTS: Final = {"compliant": True, "inGracePeriod": True, "unknown": None, "configManager": None}


class UnknownEntraDeviceError(KeyError):
    """Entra has no device object with this deviceId; for one that it had, `object_id` and why it was removed."""

    def __init__(self, device_id: str, reason: Reason | None = None) -> None:
        super().__init__(device_id)
        self.object_id, self.reason = _object_id(device_id), reason


class InvalidEntraDeviceError(ValueError):
    """A property that a device object does not have, or a value of the wrong type."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log: which properties changed, or why the object was removed."""

    device_id: str
    names: frozenset[str]
    removed: Reason | None = None


class Directory:
    """Entra's side of a tenant: follows Intune at once, and can be changed apart from it.

    A device that Intune forgets stays here, unmanaged. Every method is safe to call from any thread. `epoch` counts how
    often all delta tokens were made void, `voided` says how the void ones are answered.
    """

    def __init__(self, devices: Devices) -> None:
        self._lock = threading.RLock()
        self._fleet = devices.fleet
        self._changed: dict[str, JsonObject] = {}
        self._numbers: dict[str, int] = {}
        self._removed: dict[str, Reason] = {}
        self._log: list[Change] = []
        self.epoch = 0
        self.voided: Voided = "gone"
        for device in devices.not_of_the_fleet():
            self._follow(None, device)
        self._log.clear()
        devices.follow = self._follow

    def now(self) -> int:
        """Give the number of changes so far, a moment in the log."""
        with self._lock:
            return len(self._log)

    def changes(self, since: int, until: int) -> list[Change]:
        """Give the changes between two moments."""
        with self._lock:
            return self._log[since:until]

    def page(self, cursor: int, size: int) -> tuple[list[JsonObject], int | None]:
        """Give up to `size` device objects from a cursor on (0 is the first), and the cursor behind them if any follow.

        An object that changes between two pages may be given again, but none is left out.
        """
        with self._lock:
            found = list(islice(self._from(cursor), size + 1))
        return [shown for _, shown in found[:size]], found[size][0] if len(found) > size else None

    def get(self, device_id: str) -> JsonObject:
        """Give the object with this deviceId; UnknownEntraDeviceError."""
        with self._lock:
            shown = self._seek(device_id.lower())
            if shown is None:
                raise UnknownEntraDeviceError(device_id, self._removed.get(device_id.lower()))
        return shown

    def patch(self, device_id: str, changes: Mapping[str, Any]) -> JsonObject:
        """Set properties of one object, apart from Intune; UnknownEntraDeviceError, InvalidEntraDeviceError."""
        for name, value in changes.items():
            if name not in PROPERTIES or name in ("id", "deviceId"):
                raise InvalidEntraDeviceError(f"{name}: a device object has no such property that can be set")
            if value is not None and type(value) is not PROPERTIES[name]:
                raise InvalidEntraDeviceError(f"{name}: expected {PROPERTIES[name].__name__} or null")
        with self._lock:
            old = self.get(device_id)
            self._store({**old, **changes}, old)
            return self.get(device_id)

    def delete(self, device_id: str, reason: Reason = "changed") -> None:
        """Take an object out: `changed` is a deletion that can be undone; UnknownEntraDeviceError."""
        with self._lock:
            device_id = self.get(device_id)["deviceId"]
            self._changed.pop(device_id, None)
            self._removed[device_id] = reason
            self._log.append(Change(device_id, frozenset(), reason))

    def void_tokens(self, how: Voided) -> None:
        """Make all delta tokens void: `gone` is answered with 410, `expired` with 400 and syncStateNotFound."""
        with self._lock:
            self.epoch, self.voided = self.epoch + 1, how

    def _follow(self, old: JsonObject | None, new: JsonObject | None) -> None:
        before, after = _entra_id(old), _entra_id(new)
        with self._lock:
            if before is not None and before != after and (known := self._seek(before)) is not None:
                self._store({**known, "isManaged": False, "isCompliant": None, "mdmAppId": None}, known)
            if after is not None and new is not None and after not in self._removed:
                known = self._seek(after)
                enabled = True if known is None else known["accountEnabled"]
                self._store({**_object(new), "accountEnabled": enabled}, known)

    def _store(self, new: JsonObject, old: JsonObject | None) -> None:
        names = frozenset(name for name in PROPERTIES if old is None or old[name] != new[name])
        if names:
            self._changed[new["deviceId"]] = new
            self._numbers.setdefault(new["deviceId"], len(self._fleet) + len(self._numbers))
            self._log.append(Change(new["deviceId"], names))

    def _seek(self, device_id: str) -> JsonObject | None:
        if device_id in self._removed:
            return None
        if device_id in self._changed:
            return self._changed[device_id]
        index = self._fleet.find_entra(device_id)
        return None if index is None else _object(self._fleet.device(index))

    def _from(self, cursor: int) -> Iterator[tuple[int, JsonObject]]:
        fleet = self._fleet
        for index in range(cursor, len(fleet)):
            if fleet.has_entra_device(index):
                device = fleet.device(index)
                if device["azureADDeviceId"] not in self._changed and device["azureADDeviceId"] not in self._removed:
                    yield index, _object(device)
        for device_id, shown in self._changed.items():
            if self._numbers[device_id] >= cursor:
                yield self._numbers[device_id], shown


def _entra_id(device: JsonObject | None) -> str | None:
    entra_id = device.get("azureADDeviceId") if device is not None else None
    return None if entra_id in (None, "", NO_ENTRA_DEVICE) else str(entra_id).lower()


def _object(device: JsonObject) -> JsonObject:
    joined = device.get("deviceEnrollmentType") == "windowsAzureADJoin"
    return {
        "id": _object_id(device["azureADDeviceId"]),
        "accountEnabled": True,
        "approximateLastSignInDateTime": device.get("lastSyncDateTime"),
        "complianceExpirationDateTime": None,
        "deviceId": device["azureADDeviceId"].lower(),
        "displayName": device["deviceName"],
        "enrollmentType": device.get("deviceEnrollmentType"),
        "isCompliant": _VERDICTS.get(device.get("complianceState") or "unknown", False),
        "isManaged": True,
        "managementType": "MDM",
        "manufacturer": device.get("manufacturer"),
        "mdmAppId": INTUNE_APP,
        "model": device.get("model"),
        "operatingSystem": device.get("operatingSystem"),
        "operatingSystemVersion": device.get("osVersion"),
        "physicalIds": [],
        "registrationDateTime": device.get("enrolledDateTime"),
        "trustType": "AzureAd" if joined else "Workplace",
    }


def _object_id(device_id: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, device_id.lower()))
