"""The device store: Intune's devices, which sync alone writes, and the record of each tenant's syncs."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from radtune.records.moves_and_states import SyncState
from radtune.stores.database import checksum
from radtune.stores.device_index import RecordRow
from radtune.stores.device_records import DeviceRecords
from radtune.stores.device_rows import BUCKETS, MODULUS, RECORDS, SOURCE, SUM, weight
from radtune.stores.publication import Publication, Staging

Sources = dict[str, None]
"""The sources of devices (`Device.source`); blanks stand for all devices whose source is unknown."""


class DeviceStore(DeviceRecords):
    """The devices that Intune manages, by id, with an index of everything that names a device."""

    _sources: Sources | None = None

    def sync_state(self, tenant: str) -> SyncState:
        """Return the record of this tenant's syncs; an empty one if it was never synced."""
        return self.parsed(f"sync/{tenant}", SyncState.from_json) or SyncState(tenant)

    def put_sync_state(self, state: SyncState) -> None:
        """Write the record of a tenant's syncs."""
        self.write(f"sync/{state.tenant}", state.to_json())

    def note(self, tenant: str, key: str) -> Any:
        """Return what sync has noted about a tenant under this key, or None."""
        return self.parsed(f"note/{tenant}/{key}", json.loads)

    def put_note(self, tenant: str, key: str, value: object) -> None:
        """Note a value that JSON can hold; None forgets what was noted."""
        if value is None:
            self.delete(f"note/{tenant}/{key}")
        else:
            self.write(f"note/{tenant}/{key}", json.dumps(value, separators=(",", ":")))

    def notes(self, tenant: str, prefix: str) -> Iterator[str]:
        """Yield the keys under which something is noted about a tenant, and which start so."""
        start = f"note/{tenant}/"
        return (key.removeprefix(start) for key in self.keys(start + prefix))

    @contextmanager
    def publishing(self, staging: Staging | None = None) -> Iterator[Publication]:
        """Give a Publication of what was set aside, in one transaction: without its end, the store stays as it was."""
        with self.transaction(), ExitStack() as stack:
            self._sources = None
            self.check_in_place()
            publication = Publication(self, staging or stack.enter_context(Staging(self)))
            yield publication
            publication.write_index()
        self.check_in_place()
        # Nothing stays in the log of writes: a copy of the database that is put in its place stays as it is.
        self.query("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> bool:
        """Look at every row; tell whether the index fits the devices.

        Raises StoreDamagedError for damage to the file, or to a row that can't be made anew from others.
        """
        total = self._check_records()
        self.times()
        for key in self.keys("sync/"):
            self.sync_state(key.removeprefix("sync/"))
        for key in self.keys("note/"):
            self.note(*key.removeprefix("note/").split("/", 1))
        return self.index.fits(total)

    def _check_records(self) -> int:
        """Look at every record, keep the sources, and return the sum of the hashes of all keys."""
        there, total, sources = 0, 0, Sources()
        records = "SELECT rowid, key, value FROM Cache WHERE rowid >= ? AND rowid < ? AND key GLOB 'device/*'"
        for row, key, value in self.each(records, (RECORDS, BUCKETS)):
            if checksum(key, value[8:]) != value[:8]:
                raise self.damage(key, "its checksum is wrong")
            there, total = there + 1, total + int(value[SUM], 16) * weight(row)
            sources[value[SOURCE]] = None
        _, wanted = self.index.size()
        ((by_key,),) = self.query("SELECT count(*) FROM Cache WHERE key >= 'device/' AND key < 'device0'")
        if not there == by_key == wanted:
            raise self.damage("devices", f"{min(there, by_key)} of {wanted} are there")
        self._sources = sources
        return total % MODULUS

    def sources(self) -> Sources:
        """Return the sources of all devices; raises StoreDamagedError for a damaged record."""
        if self._sources is None:
            self._check_records()
        found, self._sources = self._sources or Sources(), None
        return found

    def with_sources(self, sources: Sources) -> Iterator[RecordRow]:
        """Yield the records that have one of these sources."""
        select = "SELECT rowid, key, value FROM Cache WHERE key >= 'device/' AND key < 'device0'"
        for row, key, value in self.each(select) if sources else ():
            if value[SOURCE] in sources:
                yield row, key, value

    def mend_index(self) -> None:
        """Make the index anew from the devices."""
        with self.publishing() as publication:
            publication.make_index_anew()
