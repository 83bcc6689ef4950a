"""A made-up fleet of managed devices: any number of them without keeping one, each computed from its index."""

import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from parts.graph_simulator.managed_device import DEFAULTS, in_list
from parts.graph_simulator.messages import JsonObject, encoded
from parts.graph_simulator.order import Key, Order
from parts.graph_simulator.platforms import KINDS, draw_kinds

# All timestamps lie before this moment, so that a seed gives the same fleet on any day.
LATEST: Final = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
LARGEST: Final = 1 << 20

_DAYS: Final = 900
_DAY_SECONDS: Final = 86400
_DATES: Final = tuple(LATEST - datetime.timedelta(days=_DAYS - day) for day in range(_DAYS + 10_000))
_ISO_DATES: Final = tuple(f"{date:%Y-%m-%d}T" for date in _DATES)
_US_DATES: Final = tuple(f"{date:%m/%d/%Y}" for date in _DATES)
_CLOCK: Final = tuple(f"{minute // 60:02}:{minute % 60:02}:" for minute in range(1440))
_US_CLOCK: Final = tuple(f"{datetime.time(minute // 60, minute % 60):%I:%M %p}" for minute in range(1440))
# Odd factors map 32 and 20 bits onto themselves one to one, so what looks random is still unique.
_FACTOR_32: Final = 0x9E3779B1
_FACTOR_20: Final = 0x9E377
_INVERSE_20: Final = pow(_FACTOR_20, -1, LARGEST)
# Properties of which each device has a value of its own.
_OWN: Final = (
    *("id", "azureADDeviceId", "deviceName", "managedDeviceName", "serialNumber", "wiFiMacAddress"),
    *("ethernetMacAddress", "userId", "userPrincipalName", "emailAddress", "enrolledDateTime", "lastSyncDateTime"),
)


def fleet(count: int, seed: int = 0) -> "Fleet":
    """Give `count` devices to iterate over; the same seed gives the same, and a longer fleet begins like a shorter.

    Ids, serial numbers and MACs are unique, but for Android's empty and placeholder MACs, and fleets of other seeds
    (modulo 4096) have others. Device names are not, and about one device in thirty has no usable azureADDeviceId.
    """
    return Fleet(count, seed)


class Fleet:
    """The devices of `fleet`: by index as they are counted up, and by place as they are listed."""

    def __init__(self, count: int, seed: int = 0, check_in_lag: int = 0) -> None:
        """Take any seed and a count up to LARGEST; ValueError above.

        All check-ins are so many seconds earlier than in the fleet without that lag, which is otherwise the same;
        later, if it is negative.
        """
        if not 0 <= count <= LARGEST:
            raise ValueError(f"a fleet has 0 to {LARGEST} devices, not {count}")
        self._count, self._series, self._lag = count, seed % 4096 << 20, check_in_lag
        self._hash_key = f"fleet {seed}".encode()[:64]
        self._kinds = draw_kinds(seed)
        self._templates: dict[tuple[str, ...], list[str | None]] = {}
        self.order = Order(count, self._kinds, self.key)

    def __len__(self) -> int:
        """Count the devices."""
        return self._count

    def __iter__(self) -> Iterator[JsonObject]:
        """Yield the devices by index, each as a managedDevice with all its timestamps' digits."""
        return map(self.device, range(self._count))

    def device(self, index: int) -> JsonObject:
        """Give one device as a managedDevice."""
        moments = {name: self.value(index, name) for name in _MOMENTS}
        return {**self._own(index), **moments, **self._kinds[index % KINDS].fixed}

    def key(self, index: int) -> Key:
        """Give a device's place in a listing as a key."""
        return self._name(index), self._id(index, self._digits(index))

    def value(self, index: int, name: str) -> Any:
        """Give one property of one device, for less than the whole would cost."""
        fixed = self._kinds[index % KINDS].fixed
        if name in fixed:
            return fixed[name]
        if moment := _MOMENTS.get(name):
            digits = self._digits(index)
            lag = self._lag if name == "lastSyncDateTime" else 0
            return f"{_timestamp(moment(digits) - lag)[:-1]}.{int(digits[80:86], 16) % 10**7:07}Z"
        return self._own(index)[name] if name in _OWN else DEFAULTS[name]

    def encode(self, index: int, names: tuple[str, ...]) -> str:
        """Give the JSON of one device as a list shows these properties."""
        templates = self._templates.setdefault(names, [None] * KINDS)
        template = templates[index % KINDS]
        if template is None:
            shown = in_list(self._kinds[index % KINDS].fixed, names)
            own = {name for name in names if name in _OWN and name != "ethernetMacAddress"}
            parts = (
                f'"{name}":"%({name})s"' if name in own else f'"{name}":{encoded(value)}'.replace("%", "%%")
                for name, value in shown.items()
            )
            template = templates[index % KINDS] = f"{{{','.join(parts)}}}"
        return template % self._own(index)

    def find(self, device_id: str) -> int | None:
        """Give the index of the device with this id in lower case."""
        return self._same(_number(device_id), "id", device_id)

    def find_entra(self, entra_id: str) -> int | None:
        """Give the index of the device with this azureADDeviceId in lower case."""
        return self._same(_number(entra_id) * _INVERSE_20 % LARGEST, "azureADDeviceId", entra_id)

    def has_entra_device(self, index: int) -> bool:
        """Tell whether the device is registered in Entra, so that its azureADDeviceId is its own."""
        return self._kinds[index % KINDS].entra_id is None

    def operating_systems(self) -> Counter[str]:
        """Count the devices by operatingSystem."""
        rounds, rest = divmod(self._count, KINDS)
        counts: Counter[str] = Counter()
        for residue, kind in enumerate(self._kinds):
            counts[kind.platform.name] += rounds + (residue < rest)
        return +counts

    def _same(self, index: int, name: str, value: str) -> int | None:
        return index if index < self._count and self._own(index)[name] == value else None

    def _digits(self, index: int) -> str:
        """Give 128 hex digits that look random and are the device's own."""
        return hashlib.blake2b(index.to_bytes(4, "big"), key=self._hash_key).hexdigest()

    def _id(self, index: int, digits: str) -> str:
        return f"{index:05x}{digits[:3]}-{digits[3:7]}-4{digits[7:10]}-a{digits[10:13]}-{digits[13:25]}"

    def _name(self, index: int) -> str:
        kind = self._kinds[index % KINDS]
        return f"{kind.name}{self._series | index:08X}" if kind.numbered else kind.name

    def _own(self, index: int) -> dict[str, Any]:
        """Give what no other device of its kind has; timestamps in whole seconds, ready for JSON without escapes."""
        kind, digits = self._kinds[index % KINDS], self._digits(index)
        tail = f"{(self._series | index) * _FACTOR_32 % 2**32:08X}"
        enrolled = _enrolled(digits)
        day, minute = _US_DATES[enrolled // _DAY_SECONDS], _US_CLOCK[enrolled % _DAY_SECONDS // 60]
        user = f"{kind.user}{int(digits[76:80], 16) % 1000}"
        wifi, ethernet = self._macs(index, tail)
        scrambled = index * _FACTOR_20 % LARGEST
        entra_id = f"{scrambled:05x}{digits[25:28]}-{digits[28:32]}-4{digits[32:35]}-b{digits[35:38]}-{digits[38:50]}"
        return {
            "id": self._id(index, digits),
            "azureADDeviceId": entra_id if kind.entra_id is None else kind.entra_id,
            "deviceName": self._name(index),
            "managedDeviceName": f"{user}_{kind.platform.name}_{day}_{minute}",
            "serialNumber": kind.platform.manufacturer[0].upper() + tail,
            "wiFiMacAddress": wifi,
            "ethernetMacAddress": ethernet,
            "userId": f"{digits[86:94]}-{digits[94:98]}-4{digits[98:101]}-9{digits[101:104]}-{digits[104:116]}",
            "userPrincipalName": f"{user}@contoso.example",
            "emailAddress": f"{user}@contoso.example",
            "enrolledDateTime": _timestamp(enrolled),
            "lastSyncDateTime": _timestamp(_last_sync(digits) - self._lag),
        }

    def _macs(self, index: int, tail: str) -> tuple[str, str | None]:
        kind = self._kinds[index % KINDS]
        platform = kind.platform
        own = tail if platform.upper_case else tail.lower()
        wifi = platform.wifi + own if kind.wifi is None else kind.wifi
        if kind.wifi_again:
            return wifi, wifi
        return wifi, platform.ethernet + own if platform.ethernet else None


def _enrolled(digits: str) -> int:
    """Give a second of the fleet's days but for the last 31."""
    return int(digits[68:76], 16) % ((_DAYS - 31) * _DAY_SECONDS)


def _last_sync(digits: str) -> int:
    """Give a second of the fleet's last 30 days."""
    return _DAYS * _DAY_SECONDS - 1 - int(digits[60:68], 16) % (30 * _DAY_SECONDS)


_MOMENTS: Final[Mapping[str, Callable[[str], int]]] = {"enrolledDateTime": _enrolled, "lastSyncDateTime": _last_sync}


def _timestamp(second: int) -> str:
    day, rest = divmod(second, _DAY_SECONDS)
    return f"{_ISO_DATES[day]}{_CLOCK[rest // 60]}{rest % 60:02}Z"


def _number(guid: str) -> int:
    """Give the number that the first 20 bits of a GUID are, or that of a device that no fleet has."""
    return int(guid[:5], 16) if re.match("[0-9a-f]{5}", guid) else LARGEST
