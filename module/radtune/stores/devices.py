"""The devices that Intune manages, written by sync alone."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from radtune.errors import StoreDamagedError
from radtune.records.device_and_client import Device, IndexKind
from radtune.records.states import SyncState
from radtune.stores.disk import Store
from radtune.stores.publication import Publication, index_keys
from radtune.stores.register import FIRST_ROWS, REGISTERED, count_devices, is_registered, register_sums


class DeviceStore(Store):
    """The devices that Intune manages, by id, with an index of each other thing that names a device."""

    remedy = "the next `radtune sync` makes it anew, and the server takes that up by itself"
    first_rows: Mapping[str, str] = {"synced_at": "{}", **FIRST_ROWS}

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id (lower-case GUID); one that was lost raises StoreDamagedError."""
        key = f"device/{device_id}"
        return self._device(key, self._known(key))

    def stored(self, device_id: str) -> Device | None:
        """Return what is stored under this id, without a look at what may have been lost."""
        key = f"device/{device_id}"
        return self._device(key, self.read(key))

    def _device(self, key: str, text: str | None) -> Device | None:
        try:
            return Device.from_json(text) if text is not None else None
        except ValueError as error:
            raise self.damage(key, error) from error

    def _known(self, key: str) -> str | None:
        """Return the row of a key; None only if there never was one."""
        text = self.read(key)
        if text is None and is_registered(self, key):
            # A sync may have come in between.
            text = self.read(key)
            if text is None and is_registered(self, key):
                raise self.damage(key, "missing")
        return text

    def find(self, kind: IndexKind, value: str, most: int = 16) -> tuple[Device, ...]:
        """Return the devices of this Entra id, serial, name, user (all in lower case) or MAC; `most` of them."""
        devices: tuple[Device | None, ...] = ()
        # The index and the records are read one after the other: where a sync came in between, read both again.
        for _ in range(2):
            ids = self._known(f"{kind}/{value}")
            devices = tuple(self.stored(device_id) for device_id in ids.split(" ", most)[:most]) if ids else ()
            if None not in devices:
                break
        else:
            # What the index names and nobody has could be a second device of that name.
            raise self.damage(f"{kind}/{value}", "it names a device without a record")
        return tuple(device for device in devices if device is not None)

    def synced_at(self) -> dict[str, float]:
        """Return, for each tenant, when its last complete sync was published (seconds since the epoch).

        Every judgement begins here, and here a store that was replaced is noticed.
        """
        self.look()
        try:
            return {str(tenant): float(at) for tenant, at in json.loads(self.first_row("synced_at")).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise self.damage("synced_at", error) from error

    def ids(self, after: str = "") -> Iterator[str]:
        """Yield the id of every device behind `after`, in order."""
        for key in self.keys("device/", after):
            yield key.removeprefix("device/")

    def devices(self) -> Iterator[Device]:
        """Yield every device, in the order of their ids."""
        for device_id in self.ids():
            device = self.stored(device_id)
            if device is not None:
                yield device

    def sync_state(self, tenant: str) -> SyncState:
        """Return how this tenant's syncs went; an empty record for one that was never synced."""
        text = self.read(f"sync/{tenant}")
        try:
            return SyncState.from_json(text) if text is not None else SyncState(tenant)
        except ValueError as error:
            raise self.damage(f"sync/{tenant}", error) from error

    def put_sync_state(self, state: SyncState) -> None:
        """Write how this tenant's syncs went."""
        self.write(f"sync/{state.tenant}", state.to_json())

    def note(self, tenant: str, key: str) -> Any:
        """Return what sync has noted about a tenant under this key, or None."""
        text = self.read(f"note/{tenant}/{key}")
        try:
            return None if text is None else json.loads(text)
        except ValueError as error:
            raise self.damage(f"note/{tenant}/{key}", error) from error

    def put_note(self, tenant: str, key: str, value: object) -> None:
        """Note a value that JSON can hold; None forgets what was noted."""
        if value is None:
            self.delete(f"note/{tenant}/{key}")
        else:
            self.write(f"note/{tenant}/{key}", json.dumps(value, separators=(",", ":")))

    def notes(self, tenant: str, prefix: str) -> Iterator[str]:
        """Yield the keys under which something is noted about a tenant, and which start so."""
        start = f"note/{tenant}/"
        for key in self.keys(start + prefix):
            yield key.removeprefix(start)

    @contextmanager
    def publishing(self) -> Iterator["Publication"]:
        """Give what writes devices, all or nothing: whatever ends it before its own end leaves the store as it was."""
        with self.transaction():
            self.check_in_place()
            publication = Publication(self, self)
            yield publication
            publication.finish()
        self.check_in_place()
        with self.errors():
            # Nothing in the log of writes: a copy of the database that is put in its place stays as it is.
            self.query("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> None:
        """Raise StoreDamagedError for damage to the file, or to a row that can't be made anew from others."""
        with self.errors():
            found = self.query("PRAGMA integrity_check(1)")
        if found != [("ok",)]:
            raise self.damage("integrity_check", found[0][0])
        self.synced_at()
        there, wanted = sum(1 for _ in self.devices()), count_devices(self)
        if there != wanted:
            raise self.damage("devices", f"{there} of {wanted} are there")
        for key in self.keys("sync/"):
            self.sync_state(key.removeprefix("sync/"))
        for key in self.keys("note/"):
            self.note(*key.removeprefix("note/").split("/", 1))

    def mend_index(self, *, write: bool = True) -> bool:
        """Make index and register anew if they don't fit the devices; tell whether they didn't."""
        if self._index_fits():
            return False
        if write:
            with self.publishing() as publication:
                publication.index_anew(self.devices())
        return True

    def _index_fits(self) -> bool:
        """Compare sums of hashes: of what the devices want in the index, and of what is there."""
        wanted = there = 0
        try:
            for device in self.devices():
                wanted += sum(hash((key, device.id)) for key in index_keys(device))
            for prefix in REGISTERED[1:]:
                for key in self.keys(prefix):
                    there += sum(hash((key, device_id)) for device_id in (self.read(key) or "").split())
            registered, present = register_sums(self)
        except StoreDamagedError:
            return False
        return (wanted, registered) == (there, present)
