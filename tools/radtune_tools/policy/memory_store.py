"""A device store in memory."""

from collections.abc import Mapping, Sequence

from radtune.records.device_and_client import Device, IndexKind


class MemoryStore:
    """What matching asks of a device store, answered from a few devices at hand."""

    def __init__(self, devices: Sequence[Device], synced_at: Mapping[str, float]) -> None:
        """Take the devices, and when each tenant was last synced."""
        self._devices = devices
        self._synced_at = synced_at

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id."""
        return next((device for device in self._devices if device.id == device_id), None)

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this value names."""
        if kind == "mac":
            return tuple(device for device in self._devices if value in device.macs)
        return tuple(device for device in self._devices if value and getattr(device, kind).lower() == value)

    def synced_at(self) -> dict[str, float]:
        """Return when each tenant was last synced."""
        return dict(self._synced_at)
