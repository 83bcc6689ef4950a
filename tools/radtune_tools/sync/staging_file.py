"""What is set aside while a list is walked, in a file without a name: memory doesn't grow, and nothing stays behind."""

import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import merge
from pathlib import Path

from radtune.errors import FULL, StoreError, StoreFullError
from radtune.records.device_and_client import Device

UNSORTED = 4096
"""Ids, at the least, that `Seen` takes in before it sorts them in among the others."""


class StagingFile:
    """Devices to write, and ids to forget, in the order in which they were added. Use it as a context manager."""

    def __init__(self, directory: Path) -> None:
        """Make the file in this directory; raises StoreError where that can't be, as all of this does."""
        self._directory = directory
        with self._errors():
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", dir=directory)  # noqa: SIM115  # closed by __exit__

    def __enter__(self) -> "StagingFile":
        return self

    def __exit__(self, *_: object) -> None:
        with self._errors():
            self._file.close()

    def put(self, device: Device) -> None:
        """Set a device aside."""
        with self._errors():
            self._file.write(f"{device.to_json()}\n")

    def forget(self, device_id: str) -> None:
        """Set aside that a device is to be forgotten."""
        with self._errors():
            self._file.write(f"-{device_id}\n")

    def read(self) -> Iterator[Device | str]:
        """Yield what was set aside: devices, and the ids of those to forget."""
        with self._errors():
            self._file.seek(0)
        for line in self._file:
            yield line[1:].rstrip("\n") if line.startswith("-") else Device.from_json(line)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in FULL:
                raise StoreFullError(f"{self._directory}: the disk is full; make room") from error
            said = f"{self._directory}: can't set aside there what is to be written: {error.strerror}"
            raise StoreError(f"{said}; run as the directory's owner") from error


class Seen:
    """The ids that a list held: 8 bytes each.

    What is kept of an id is Python's hash of it, which is another one in each process (PYTHONHASHSEED): should two of a
    million ids ever share one, they don't in the next run.
    """

    def __init__(self) -> None:
        self._sorted = array("q")
        self._new: set[int] = set()

    def add(self, device_id: str) -> bool:
        """Take in an id; tell whether it wasn't there yet."""
        if device_id in self:
            return False
        self._new.add(hash(device_id))
        if len(self._new) > max(UNSORTED, len(self._sorted) // 8):
            self._sorted = array("q", merge(self._sorted, sorted(self._new)))
            self._new.clear()
        return True

    def __len__(self) -> int:
        """Count the ids, each once."""
        return len(self._sorted) + len(self._new)

    def __contains__(self, device_id: str) -> bool:
        """Tell whether the id was there."""
        wanted = hash(device_id)
        at = bisect_left(self._sorted, wanted)
        return wanted in self._new or (at < len(self._sorted) and self._sorted[at] == wanted)
