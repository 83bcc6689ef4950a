"""The application permissions of Graph that the simulator knows, and which of them a request needs."""

from typing import Final

from parts.graph_simulator.kinds import Kind

READ_DEVICES: Final = "DeviceManagementManagedDevices.Read.All"
READ_WRITE_DEVICES: Final = "DeviceManagementManagedDevices.ReadWrite.All"
READ_DIRECTORY: Final = "Device.Read.All"

_INTUNE: Final = (READ_DEVICES, READ_WRITE_DEVICES)


def needed_roles(kind: Kind) -> tuple[str, ...]:
    """Give the roles of which one is needed; none for a batch, whose inner requests are asked one by one."""
    if kind is Kind.BATCH:
        return ()
    return (READ_DIRECTORY,) if kind in (Kind.DELTA, Kind.ENTRA) else _INTUNE
