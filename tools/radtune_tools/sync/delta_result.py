"""What a look at changes has found so far."""

from dataclasses import dataclass, field
from typing import Any

from radtune.records.device_and_client import Device


@dataclass(slots=True)
class DeltaResult:
    """By the device's id: what Intune says, None where it has no such device, and whether Entra calls it enabled.

    `wanted` are the ids of those that are still to be asked for; `notes` are to be kept with the store, None forgotten.
    """

    devices: dict[str, Device | None] = field(default_factory=dict)
    enabled: dict[str, str] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    notes: dict[str, Any] = field(default_factory=dict)
