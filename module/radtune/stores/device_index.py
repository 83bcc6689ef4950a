"""The index of a device store: the devices that a name, a MAC or another key stands for, and the proof that it is none.

Its rows are buckets: each has all keys whose hashes begin alike, with the ids of their devices. Every bucket is always
there, if only empty. So a key that its bucket lacks never was in the store, and a bucket that is missing is damage.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

from radtune.errors import StoreDamagedError
from radtune.records.device_and_client import Device
from radtune.stores.store import Store

FIRST_ROWS = {"index": "0 0", "index/": "{}"}
"""The rows of an empty index: digits in the name of a bucket, and number of devices; the one bucket."""
DEVICES_IN_BUCKET = 8
"""Devices that there may be for each bucket, about; for more, there come 16 times as many buckets."""


class DeviceIndex:
    """The index of one store."""

    def __init__(self, store: Store) -> None:
        """Take the store; nothing is read yet."""
        self._store = store
        self._digits = 0

    def ids(self, key: str) -> list[str]:
        """Return the ids of the devices that this key stands for; raises StoreDamagedError if they are unknown."""
        with self._store.errors():
            for _ in range(2):
                bucket = self._bucket(_hash(key)[: self._digits])
                if bucket is not None:
                    return bucket.get(key, "").split()
                # There may be more buckets now, or others in another store.
                self._digits, _ = self.size()
            raise self._store.damage(f"index/{_hash(key)[: self._digits]}", "missing")

    def _bucket(self, name: str) -> dict[str, str] | None:
        return self._store.parsed(f"index/{name}", _read_bucket)

    def size(self) -> tuple[int, int]:
        """Return how many digits the name of a bucket has, and how many devices there should be in the store."""
        try:
            digits, devices = map(int, self._store.first_row("index").split())
        except ValueError as error:
            raise self._store.damage("index", error) from error
        return digits, devices

    def change(self, changes: Mapping[str, Mapping[str, bool]], devices: int) -> bool:
        """Write what has changed, by key and id; `devices` come in addition. False if there are too few buckets."""
        self._digits, before = self.size()
        if before + devices > DEVICES_IN_BUCKET * 16**self._digits:
            return False
        buckets: dict[str, dict[str, str]] = {}
        for key, ids in changes.items():
            name = _hash(key)[: self._digits]
            if name not in buckets:
                found = self._bucket(name)
                if found is None:
                    raise self._store.damage(f"index/{name}", "missing")
                buckets[name] = found
            there = {*buckets[name].pop(key, "").split(), *ids} - {each for each in ids if not ids[each]}
            if there:
                buckets[name][key] = " ".join(sorted(there))
        for name, bucket in buckets.items():
            self._store.write(f"index/{name}", _bucket_text(bucket))
        self._store.write("index", f"{self._digits} {before + devices}")
        return True

    def make_anew(self, devices: Iterable[Device]) -> None:
        """Write the index of these devices, which are all that the store has."""
        count = self._collect(devices)
        self._digits = 0
        while count > DEVICES_IN_BUCKET * 16**self._digits:
            self._digits += 1
        self._store.query("DELETE FROM Cache WHERE key >= 'index/' AND key < 'index0'")
        for key, text in self._collected(self._digits):
            self._store.write(key, text)
        self._store.write("index", f"{self._digits} {count}")

    def fits(self, devices: Iterable[Device]) -> bool:
        """Tell whether this is the index of these devices."""
        try:
            digits, _ = self.size()
            self._collect(devices)
            fitting = sum(self._store.read(key) == text for key, text in self._collected(digits))
        except StoreDamagedError:
            return False
        ((rows,),) = self._store.query("SELECT count(*) FROM Cache WHERE key >= 'index/' AND key < 'index0'")
        return bool(fitting == rows == 16**digits)

    def _collect(self, devices: Iterable[Device]) -> int:
        """Put the entries of these devices into a temporary table, for they may be too many for memory; count them."""
        query, count = self._store.query, 0
        query("DROP TABLE IF EXISTS temp.entry")
        query("CREATE TEMPORARY TABLE entry(hash TEXT, key TEXT, id TEXT)")
        for device in devices:
            count += 1
            for key in index_keys(device):
                query("INSERT INTO temp.entry VALUES (?, ?, ?)", (_hash(key), key, device.id))
        query("CREATE INDEX temp.entry_by_hash ON entry(hash, key, id)")
        return count

    def _collected(self, digits: int) -> Iterator[tuple[str, str]]:
        """Yield the buckets with the entries that were collected, as rows."""
        select = "SELECT key, group_concat(id, ' ') FROM temp.entry WHERE hash >= ? AND hash < ? GROUP BY hash, key"
        for number in range(16**digits):
            name = f"{number:0{digits}x}"[:digits]
            found = self._store.query(select, (name, f"{name}g"))
            yield f"index/{name}", _bucket_text({key: " ".join(sorted(ids.split())) for key, ids in found})
        self._store.query("DROP TABLE temp.entry")


def _read_bucket(text: str) -> dict[str, str]:
    bucket = json.loads(text)
    if type(bucket) is not dict:
        raise ValueError("no bucket")
    return bucket


def _bucket_text(bucket: Mapping[str, str]) -> str:
    return json.dumps(bucket, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _hash(key: str) -> str:
    return blake2b(key.encode(), digest_size=8).hexdigest()


def index_keys(device: Device) -> list[str]:
    """Return the keys that stand for this device, the key of its record among them."""
    keys = [f"device/{device.id}"]
    keys += [f"mac/{mac}" for mac in dict.fromkeys((*device.macs, device.ethernet_mac)) if mac]
    named = {"entra_id": device.entra_id, "serial": device.serial, "name": device.name, "user": device.user}
    named["netbios_name"] = device.netbios_name
    return keys + [f"{kind}/{value.lower()}" for kind, value in named.items() if value]
