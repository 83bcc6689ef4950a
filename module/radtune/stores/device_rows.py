"""Devices as rows of their store, and the keys that name them there."""

import json
from collections.abc import Iterable
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter

from radtune.records.device_and_client import Device
from radtune.records.json_record import Layout, encode

RECORDS, BUCKETS, OTHERS = 1 << 20, 1 << 40, 1 << 50
"""The first rowids of records, of buckets of the index, and of rows that got one by themselves."""
SOURCE, SUM, DEVICE = slice(8, 51), slice(51, 67), slice(67, None)
"""The parts of a record's row behind its checksum: `Device.source`, blanks if it has none; the sum of the hashes of its
keys; and JSON, the values of the device in the order of its fields, the last check-in behind all others."""
SAME = slice(8, 32)
"""The part of the source that stays as it is if nothing but the last check-in is another one."""
MODULUS = 1 << 64
_FIELDS = [field.name for field in fields(Device)]
_CHECK_IN = _FIELDS.index("last_check_in")
_LAYOUT = Layout(Device("", "", "", ""), [*_FIELDS[:_CHECK_IN], *_FIELDS[_CHECK_IN + 1 : -1], "last_check_in"])


def record_key(device_id: str) -> str:
    """Return the key of a device's record."""
    return f"device/{device_id}"


def record_text(device: Device, key_sum: str) -> str:
    """Return the text of a record's row, without its checksum."""
    return f"{device.source:43}{key_sum}{encode(_LAYOUT.values(device))}"


def read_record(row: str) -> Device:
    """Return the device of a row, the checksum included; raises ValueError for anything else."""
    try:
        values = _LAYOUT.checked(json.loads(row[DEVICE]))
    except (TypeError, LookupError) as error:
        raise ValueError(f"no device: {error}") from error
    values.insert(_CHECK_IN, values.pop())
    return Device(*(*values, row[SOURCE].strip()))


def checked_in(row: str, source: str, at: int) -> str:
    """Return the text of a record's row, without its checksum, for the same device with another last check-in."""
    return f"{source}{row[SUM]}{row[DEVICE].rpartition(',')[0]},{at}]"


def index_keys(device: Device) -> list[str]:
    """Return the keys that stand for this device, the key of its record among them."""
    keys = [record_key(device.id)]
    keys += [f"mac/{mac}" for mac in dict.fromkeys((*device.macs, device.ethernet_mac)) if mac]
    named = (
        ("entra_id", device.entra_id),
        ("serial", device.serial),
        ("name", device.name),
        ("user", device.user),
        ("netbios_name", device.netbios_name),
    )
    return keys + [f"{kind}/{value.lower()}" for kind, value in named if value]


def is_named(device: Device, key: str) -> bool:
    """Tell whether this key stands for the device."""
    kind, _, value = key.partition("/")
    if kind == "mac":
        return value in device.macs or value == device.ethernet_mac
    return value == (device.id if kind == "device" else str(getattr(device, kind)).lower())


def same_keys(one: Device, other: Device) -> bool:
    """Tell whether the same keys stand for both."""
    return _named(one) == _named(other)


_named = attrgetter("id", "name", "os", "serial", "entra_id", "user", "macs", "ethernet_mac")
"""All that `index_keys` looks at."""


def key_hash(key: str) -> int:
    """Return the hash of a key, a number below MODULUS."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def key_hashes(device: Device) -> list[int]:
    """Return the hashes of the keys that stand for this device."""
    return [key_hash(key) for key in index_keys(device)]


def sum_of(hashes: Iterable[int]) -> str:
    """Return the sum of hashes as a record has it."""
    return f"{sum(hashes) % MODULUS:016x}"


def weight(row: int) -> int:
    """Return the factor by which the hashes of a row's keys count in the sum of the whole store."""
    return 2 * row + 1
