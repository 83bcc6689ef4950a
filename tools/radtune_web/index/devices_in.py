"""The device store's names into the index, so that a search finds a device by any part of them."""

from radtune.records.device_and_client import Device
from radtune.stores.devices import DeviceStore
from radtune_web.index.database import Connection, transaction

SEAL = 8
"""Letters of a record that are its checksum: another record has others."""
_PUT = (
    "INSERT INTO device(row, id, seal, name, user, serial, compliance, os, tenant) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def take_devices(connection: Connection, store: DeviceStore) -> int:
    """Bring the index up to date with the store; return how many devices have changed. Reads each record once."""
    before = dict(connection.execute("SELECT id, seal FROM device"))
    changed, there = list[tuple[Device, str]](), set[str]()
    for record in store.records():
        _, key, value = record
        there.add(name := key.removeprefix("device/"))
        if before.get(name) != value[:SEAL]:
            changed.append((store.device(record), value[:SEAL]))
    gone = [name for name in before if name not in there]
    with transaction(connection):
        for name in (*gone, *(device.id for device, _ in changed if device.id in before)):
            connection.execute("DELETE FROM device_words WHERE rowid = (SELECT row FROM device WHERE id = ?)", (name,))
            connection.execute("DELETE FROM device WHERE id = ?", (name,))
        for device, seal in changed:
            row = (device.name, device.user, device.serial, device.compliance, device.os, device.tenant)
            place = connection.execute(_PUT, (None, device.id, seal, *row)).lastrowid
            connection.execute("INSERT INTO device_words(rowid, words) VALUES (?, ?)", (place, _words(device)))
    return len(changed) + len(gone)


def _words(device: Device) -> str:
    words = (device.name, device.user, device.serial, device.id, device.entra_id, *device.macs, device.ethernet_mac)
    return "\n".join(filter(None, words))
