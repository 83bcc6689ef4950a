"""A made-up fleet of managed devices, as mixed and as untidy as a real tenant's."""

import datetime
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parts.graph_simulator.managed_device import NO_ENTRA_DEVICE
from parts.graph_simulator.messages import JsonObject

# All timestamps lie before this moment, so that a seed gives the same fleet on any day.
LATEST: Final = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

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
class _Platform:
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
    _Platform(
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
    _Platform(
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
    _Platform(
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
    _Platform(
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


def fleet(count: int, seed: int = 0) -> Iterator[JsonObject]:
    """Yield `count` devices one by one; the same seed gives the same devices, and a longer fleet begins like a shorter.

    Ids, serial numbers and MACs are unique, but for Android's empty and placeholder MACs. Device names are not, and
    about one device in thirty has no usable azureADDeviceId.
    """
    draw = random.Random(seed)  # noqa: S311  # repeatable, not secret
    for index in range(count):
        [platform] = draw.choices(_PLATFORMS, _WEIGHTS)
        yield _device(draw, index, platform)


def _device(draw: random.Random, index: int, platform: _Platform) -> JsonObject:
    given, family = draw.choice(_GIVEN), draw.choice(_FAMILY)
    user = f"{given}.{family}{draw.randrange(1000)}".lower()
    enrolled = LATEST - datetime.timedelta(seconds=draw.randrange(86400 * 31, 86400 * 900))
    synced = LATEST - datetime.timedelta(seconds=draw.randrange(86400 * 30))
    [compliance] = draw.choices(tuple(_COMPLIANCE), tuple(_COMPLIANCE.values()))
    if compliance == "configManager" and platform.name != "Windows":
        compliance = "compliant"
    entra_id = draw.choices((_guid(draw), NO_ENTRA_DEVICE, ""), (970, 25, 5))[0]
    return {
        "id": _guid(draw),
        "azureADDeviceId": entra_id,
        "azureADRegistered": None if entra_id in (NO_ENTRA_DEVICE, "") else True,
        "deviceName": _device_name(draw, index, platform, given, user),
        "managedDeviceName": f"{user}_{platform.name}_{enrolled:%m/%d/%Y_%I:%M %p}",
        "operatingSystem": platform.name,
        "osVersion": draw.choice(platform.versions),
        "manufacturer": platform.manufacturer,
        "model": draw.choice(platform.models),
        "serialNumber": f"{platform.manufacturer[0].upper()}{_scramble(index):08X}",
        "complianceState": compliance,
        "deviceEnrollmentType": platform.enrollment,
        "deviceRegistrationState": "registered",
        "isEncrypted": draw.random() < 0.9,
        "userId": _guid(draw),
        "userPrincipalName": f"{user}@contoso.example",
        "emailAddress": f"{user}@contoso.example",
        "userDisplayName": f"{given} {family}",
        "enrolledDateTime": _timestamp(draw, enrolled),
        "lastSyncDateTime": _timestamp(draw, synced),
        **_macs(draw, index, platform),
    }


def _device_name(draw: random.Random, index: int, platform: _Platform, given: str, user: str) -> str:
    if platform.name == "Windows":
        return f"{draw.choice(('LAPTOP', 'DESKTOP'))}-{_scramble(index):08X}"
    if platform.name == "Android":
        return f"{user}_AndroidAOSP_{draw.randint(1, 12)}/{draw.randint(1, 28)}/2025_{draw.randint(1, 12)}:56 PM"
    product = draw.choice(platform.models)
    return draw.choice((product, f"{given}'s {product}", f"{given}’s {product}"))  # noqa: RUF001  # as iPhones write it


def _macs(draw: random.Random, index: int, platform: _Platform) -> JsonObject:
    tail = f"{_scramble(index):08x}"
    wifi: str = platform.wifi + tail
    ethernet: str | None = platform.ethernet + tail if platform.ethernet else None
    if platform.name == "Android":
        wifi = draw.choices((wifi, "", _ANDROID_PLACEHOLDER_MAC), (30, 60, 10))[0]
    elif platform.name == "macOS" and draw.random() < 0.7:
        # A Mac without an Ethernet port reports its Wi-Fi address twice.
        ethernet = wifi
    if platform.upper_case:
        wifi, ethernet = wifi.upper(), ethernet.upper() if ethernet else None
    return {"wiFiMacAddress": wifi, "ethernetMacAddress": ethernet}


def _scramble(index: int) -> int:
    # An odd factor maps 32 bits onto themselves one to one, so what looks random is still unique.
    return index * 0x9E3779B1 % 2**32


def _guid(draw: random.Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def _timestamp(draw: random.Random, moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{draw.randrange(10**7):07}Z"
