"""The index of a device store: the devices that a name, a MAC or another key stands for, and the proof of none.

Its rows are buckets: each has all keys whose hashes begin alike, with the rows of their devices. Every bucket is always
there, if only empty. So a key that its bucket lacks never was in the store, and a bucket that is missing is damage. One
statement reads the bucket, the record that it names, and the times of the syncs.

A bucket is the sum of its entries (16 digits), then `hash:row,row;` for each key. Of a key of more than MANY devices it
has the first ones and a `+`; a row `index/more/HASH` has the others.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from radtune.errors import StoreDamagedError
from radtune.identity.matching import MANY
from radtune.stores.database import sealed
from radtune.stores.device_rows import BUCKETS, MODULUS, key_hash, weight
from radtune.stores.store import Store

DEVICES_IN_BUCKET = 8
"""Devices that there may be for each bucket, about; for more, there come twice as many buckets."""
FIRST_ROW = "0 0"
"""The row of an empty index: binary digits of a bucket's number, and devices. Without devices there are no buckets."""
SIGN = MODULUS >> 1
TRIES = 5
"""The most times that a look-up begins anew because syncs come in between."""
SYNCED = "SELECT value FROM Cache WHERE key = 'synced_at' AND raw = 1"
_FIND = f"""
SELECT b.value, r.rowid, r.key, r.value, ({SYNCED}) FROM Cache b LEFT JOIN Cache r
ON r.rowid = CAST(substr(b.value, nullif(instr(b.value, ?2), 0) + 17, 19) AS INTEGER) WHERE b.rowid = ?1"""  # noqa: S608  # constants
WRITE = (
    "INSERT INTO Cache(rowid, key, raw, size, mode, value) VALUES (?, ?, 1, 0, 1, ?) "
    "ON CONFLICT(rowid) DO UPDATE SET key = excluded.key, value = excluded.value"
)
Bucket = dict[int, set[int]]
"""The rows of devices by the hash of a key."""
RecordRow = tuple[int, str, str]
"""Rowid, key and value of a record."""
Group = tuple[int, Iterable[tuple[int, int, int]]]
"""The number of a bucket, and its changes: a hash, a row, and whether the one stands for the other from now on."""


class DeviceIndex:
    """The index of one store."""

    def __init__(self, store: Store) -> None:
        """Take the store; nothing is read yet."""
        self._store = store
        self._bits = 0

    def rows(self, key: str) -> tuple[list[RecordRow], object]:
        """Return the records that this key stands for, MANY at most, and the row of the times of syncs.

        Raises StoreDamagedError if they are unknown. Times and first record are of one moment.
        """
        try:
            digest = key_hash(key)
        except UnicodeEncodeError as error:
            raise self._store.failure(error) from error
        needle, bits = f"{digest:016x}:", self._bits
        for _ in range(TRIES):
            place = digest >> (64 - bits)
            found = self._store.query_one(_FIND, (BUCKETS + place, needle))
            if found is None or not _is_sealed(_name(place, bits), found[0]):
                # There may be more buckets now, or others in another store.
                before, (bits, devices) = bits, self.size()
                if not devices:
                    return [], (self._store.query_one(SYNCED) or (None,))[0]
                if bits == before:
                    raise self._store.damage(_name(place, bits), "missing or damaged")
                self._bits = bits
                continue
            bucket, row, name, value, synced = found
            at = bucket.find(needle, 24)
            if at < 0:
                return [], synced
            wanted = bucket[at + 17 : bucket.index(";", at)].rstrip("+").split(",")
            if len(wanted) == 1:
                if row is not None:
                    return [(row, name, value)], synced
                continue
            records = self._records(wanted)
            # A sync may have come in between: then the bucket is another one, or they are others.
            again = self._store.query_one(_FIND, (BUCKETS + place, needle))
            if len(records) == len(wanted) and again is not None and again[0] == bucket:
                return records, synced
        # The lost record could be a second device of that name.
        raise self._store.damage(key, "missing" if key.startswith("device/") else "it names a device without a record")

    def _records(self, rows: list[str]) -> list[RecordRow]:
        select = f"SELECT rowid, key, value FROM Cache WHERE rowid IN ({','.join(rows)})"  # noqa: S608  # numbers alone
        return [(row, key, value) for row, key, value in self._store.query(select)]

    def size(self) -> tuple[int, int]:
        """Return how many binary digits the number of a bucket has, and how many devices should be in the store."""
        try:
            bits, devices = map(int, self._store.first_row("index").split())
        except ValueError as error:
            raise self._store.damage("index", error) from error
        return bits, devices

    def begin(self) -> None:
        """Begin to collect changes."""
        self._store.query("CREATE TEMPORARY TABLE IF NOT EXISTS entry(hash INTEGER, row INTEGER, there INTEGER)")

    def collect(self, changes: Iterable[tuple[int, int, bool]]) -> None:
        """Take in that a key of this hash stands for the device of this row from now on, or does so no more."""
        # SQLite's numbers have a sign.
        rows = ((digest - SIGN, row, there) for digest, row, there in changes)
        self._store.write_many("INSERT INTO temp.entry VALUES (?, ?, ?)", rows)

    def write(self, devices: int) -> None:
        """Write the changes that were collected; `devices` come in addition."""
        bits, before = self.size()
        count, wanted = before + devices, bits
        while count > DEVICES_IN_BUCKET << wanted:
            wanted += 1
        self._store.write_many(WRITE, self._changed(bits if before else wanted, wanted, empty=not before))
        self._store.query("DELETE FROM temp.entry")
        self._store.write("index", f"{wanted} {count}")

    def _changed(self, bits: int, wanted: int, *, empty: bool) -> Iterator[RecordRow]:
        """Yield the buckets that change as rows: the last one first, for each is written where others were before."""
        changes = self._store.each("SELECT hash, row, there FROM temp.entry ORDER BY hash DESC, rowid")
        shift = 64 - wanted
        groups: Iterable[Group] = groupby(changes, key=lambda change: (change[0] + SIGN) >> shift)
        if bits != wanted or empty:
            groups = _with_others(groups, 1 << wanted)
        parent, old = -1, Bucket()
        for place, group in groups:
            if parent != place >> (wanted - bits):
                parent = place >> (wanted - bits)
                old = {} if empty else self._bucket(parent, bits)
            bucket = {each: rows for each, rows in old.items() if each >> shift == place}
            huge = {each for each, rows in bucket.items() if len(rows) > MANY}
            for signed, row, there in group:
                digest = signed + SIGN
                if digest in bucket:
                    (bucket[digest].add if there else bucket[digest].discard)(row)
                elif there:
                    bucket[digest] = {row}
            for digest in huge | {each for each, rows in bucket.items() if len(rows) > MANY}:
                self._write_more(digest, bucket[digest])
            yield BUCKETS + place, (name := _name(place, wanted)), sealed(name, _bucket_text(bucket))

    def _bucket(self, place: int, bits: int) -> Bucket:
        name = _name(place, bits)
        found = self._store.query_one("SELECT value FROM Cache WHERE rowid = ?", (BUCKETS + place,))
        if found is None or not _is_sealed(name, found[0]):
            raise self._store.damage(name, "missing or damaged")
        bucket = {}
        for entry in found[0][24:].split(";")[:-1]:
            digest, rows = int(entry[:16], 16), entry[17:]
            if rows.endswith("+"):
                rows = f"{rows[:-1]},{self._store.first_row(_more(digest))}"
            bucket[digest] = {*map(int, rows.split(","))}
        return bucket

    def _write_more(self, digest: int, rows: set[int]) -> None:
        """Write the row of those devices of a key that its bucket has no room for."""
        if more := sorted(rows)[MANY:]:
            self._store.write(_more(digest), ",".join(map(str, more)))
        else:
            self._store.delete(_more(digest))

    def make_anew(self, entries: Iterable[tuple[int, int, bool]]) -> None:
        """Begin again, with these entries alone."""
        _, devices = self.size()
        self._store.query("DELETE FROM Cache WHERE key >= 'index/' AND key < 'index0'")
        self._store.write("index", FIRST_ROW)
        self.collect(entries)
        self.write(devices)

    def fits(self, total: int) -> bool:
        """Tell whether all of it is there, and its entries are those of records whose hashes have this sum."""
        buckets, more, found = 0, 0, 0
        try:
            bits, devices = self.size()
            for place, value in self._store.each("SELECT rowid, value FROM Cache WHERE key GLOB 'index/[0-9]*'"):
                if not _is_sealed(_name(place - BUCKETS, bits), value):
                    return False
                buckets, more, found = buckets + 1, more + value.count("+"), found + int(value[8:24], 16)
            rest = sum(self._store.read(key) is not None for key in self._store.keys("index/more/"))
        except (StoreDamagedError, ValueError):
            return False
        ((rows,),) = self._store.query("SELECT count(*) FROM Cache WHERE key >= 'index/' AND key < 'index0'")
        wanted = 1 << bits if devices or buckets else 0
        return (buckets, rest, rows, found % MODULUS) == (wanted, more, wanted + more, total)


def _name(place: int, bits: int) -> str:
    return f"index/{bits}/{place}"


def _more(digest: int) -> str:
    return f"index/more/{digest:016x}"


def _is_sealed(name: str, value: object) -> bool:
    return type(value) is str and sealed(name, value[8:]) == value


def _with_others(groups: Iterable[Group], number: int) -> Iterator[Group]:
    """Yield every bucket's changes, those of the last one first; groups are of the buckets that have some."""
    last = number
    for place, group in groups:
        yield from ((each, ()) for each in range(last - 1, place, -1))
        yield place, group
        last = place
    yield from ((each, ()) for each in range(last - 1, -1, -1))


def _bucket_text(bucket: Bucket) -> str:
    total, entries = 0, []
    for digest in sorted(bucket):
        rows = bucket[digest]
        if len(rows) == 1:
            (row,) = rows
            total += digest * weight(row)
            entries.append(f"{digest:016x}:{row};")
        elif rows:
            total += digest * sum(map(weight, rows))
            entries.append(f"{digest:016x}:{','.join(map(str, sorted(rows)[:MANY]))}{'+' * (len(rows) > MANY)};")
    return f"{total % MODULUS:016x}{''.join(entries)}"
