"""What the devices of a made-up fleet have in common with others: platforms, people, and the mixture of both."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from parts.graph_simulator.managed_device import NO_ENTRA_DEVICE

# Devices whose indexes are alike modulo this are of one kind.
KINDS: Final = 1000

_COMPLIANCE: Final = {
    "compliant": 78,
    "noncompliant": 11,
    "inGracePeriod": 4,
    "unknown": 3,
    "configManager": 2,
    "error": 1,
    "conflict": 1,
}
_GIVEN: Final = ("Ada", "Bo", "Chiara", "Dušan", "Emre", "Fatima", "Grace", "Hugo", "Ines", "Jörg", "Kaja", "Zoë")
_FAMILY: Final = ("Abel", "Brandt", "Costa", "Dahl", "Eriksen", "Fabre", "Greco", "Hansen", "Ito", "Jansen", "O'Neill")
# Android gives this instead of its hardware address; many devices share it.
_ANDROID_PLACEHOLDER_MAC: Final = "020000000000"


@dataclass(frozen=True, slots=True)
class Platform:
    """What devices with one operating system have in common; the MACs are the first 4 of 12 hex digits."""

    name: str
    weight: int
    versions: tuple[str, ...]
    manufacturer: str
    models: tuple[str, ...]
    wifi: str
    ethernet: str
    upper_case: bool
    enrollment: str


_PLATFORMS: Final = (
    Platform(
        name="Windows",
        weight=55,
        versions=("10.0.19045.5011", "10.0.22631.4317", "10.0.26100.2033"),
        manufacturer="LENOVO",
        models=("20XWS0AB00", "21HES1CD00"),
        wifi="D46E",
        ethernet="0045",
        upper_case=True,
        enrollment="windowsAzureADJoin",
    ),
    Platform(
        name="iOS",
        weight=20,
        versions=("17.7.1", "18.1", "18.2.1"),
        manufacturer="Apple",
        models=("iPhone 14", "iPhone 15 Pro", "iPad Air"),
        wifi="2069",
        ethernet="",
        upper_case=False,
        enrollment="appleBulkWithUser",
    ),
    Platform(
        name="macOS",
        weight=15,
        versions=("14.7.1 (23H222)", "15.1 (24B83)"),
        manufacturer="Apple",
        models=("MacBook Pro", "MacBook Air", "Mac mini"),
        wifi="a483",
        ethernet="3c22",
        upper_case=False,
        enrollment="appleBulkWithUser",
    ),
    Platform(
        name="Android",
        weight=10,
        versions=("13.0", "14.0", "15.0"),
        manufacturer="samsung",
        models=("SM-S911B", "SM-A546B"),
        wifi="F4F5",
        ethernet="",
        upper_case=True,
        enrollment="androidAOSPUserOwnedDeviceEnrollment",
    ),
)
_WEIGHTS: Final = tuple(platform.weight for platform in _PLATFORMS)


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """What all devices of one kind share; `fixed` are properties with one value, all others differ by device.

    A None in `entra_id`, `wifi` or `ethernet` says that each device has its own. `wifi_first` says that Ethernet shows
    the Wi-Fi address. `numbered` says that a number of the device's own follows the name.
    """

    platform: Platform
    name: str
    numbered: bool
    user: str
    entra_id: str | None
    wifi: str | None
    wifi_again: bool
    fixed: Mapping[str, Any]


def draw_kinds(seed: int) -> tuple[DeviceKind, ...]:
    """Draw the kinds of a fleet, as mixed and as untidy as a real tenant's; the same seed gives the same."""
    draw = random.Random(seed)  # noqa: S311  # repeatable, not secret
    return tuple(_kind(draw) for _ in range(KINDS))


def _kind(draw: random.Random) -> DeviceKind:
    [platform] = draw.choices(_PLATFORMS, _WEIGHTS)
    given, family = draw.choice(_GIVEN), draw.choice(_FAMILY)
    user, model = f"{given}.{family}".lower(), draw.choice(platform.models)
    [compliance] = draw.choices(tuple(_COMPLIANCE), tuple(_COMPLIANCE.values()))
    if compliance == "configManager" and platform.name != "Windows":
        compliance = "compliant"
    entra_id = draw.choices((None, NO_ENTRA_DEVICE, ""), (970, 25, 5))[0]
    wifi = draw.choices((None, "", _ANDROID_PLACEHOLDER_MAC), (30, 60, 10))[0] if platform.name == "Android" else None
    return DeviceKind(
        platform=platform,
        name=_name(draw, platform, given, user, model),
        numbered=platform.name == "Windows",
        user=user,
        entra_id=entra_id,
        wifi=wifi,
        # A Mac without an Ethernet port reports its Wi-Fi address twice.
        wifi_again=platform.name == "macOS" and draw.random() < 0.7,
        fixed={
            "azureADRegistered": True if entra_id is None else None,
            "operatingSystem": platform.name,
            "osVersion": draw.choice(platform.versions),
            "manufacturer": platform.manufacturer,
            "model": model,
            "complianceState": compliance,
            "deviceEnrollmentType": platform.enrollment,
            "deviceRegistrationState": "registered",
            "isEncrypted": draw.random() < 0.9,
            "userDisplayName": f"{given} {family}",
        },
    )


def _name(draw: random.Random, platform: Platform, given: str, user: str, model: str) -> str:
    if platform.name == "Windows":
        return draw.choice(("LAPTOP-", "PC-"))
    if platform.name == "Android":
        return f"{user}_AndroidAOSP_{draw.randint(1, 12)}/{draw.randint(1, 28)}/2025_{draw.randint(1, 12)}:56 PM"
    return draw.choice((model, f"{given}'s {model}", f"{given}’s {model}"))  # noqa: RUF001  # as iPhones write it
