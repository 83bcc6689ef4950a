"""An event log that is written, rotated and compressed as logrotate does it, and what reads it."""

import gzip
import json
import os
import shutil
from itertools import count, islice
from pathlib import Path

from radtune.server.client_events import EventLog
from radtune_tools.events.event_reader import EventReader
from unit.samples import NOW


class RotatedLog:
    """A log in a directory; `written` are the numbers of its events, oldest first."""

    def __init__(self, directory: Path, keep: int = 1000) -> None:
        self.file = directory / "events.jsonl"
        self.written: list[int] = []
        self._log = EventLog(self.file)
        self._numbers = count()
        self._keep = keep

    def write(self, many: int = 1) -> None:
        for _ in range(many):
            number = next(self._numbers)
            self._log.append(NOW + number, "login_allowed", {"number": number, "user": "ü" * (number % 5)})
            self.written.append(number)

    def append(self, data: bytes) -> None:
        with self.file.open("ab") as stream:
            stream.write(data)

    def rotate(self, *, copytruncate: bool = False) -> None:
        """Rotate with delaycompress: `.1` stays plain, older ones are compressed."""
        if not self.file.exists():
            return
        self.compress()
        for number in range(self._keep, 1, -1):
            for ending in ("", ".gz"):
                older = self._rotated(number - 1, ending)
                if older.exists():
                    older.rename(self._rotated(number, ending))
        for ending in ("", ".gz"):
            self._rotated(self._keep, ending).unlink(missing_ok=True)
        if copytruncate:
            shutil.copy(self.file, self._rotated(1))
            os.truncate(self.file, 0)
        else:
            self.file.rename(self._rotated(1))

    def compress(self, *, keep: bool = False) -> None:
        """Compress `.1` where it is; with `keep` the plain file stays, as in the midst of it."""
        plain = self._rotated(1)
        if plain.exists():
            plain.with_name(f"{plain.name}.gz").write_bytes(gzip.compress(plain.read_bytes(), 1))
            if not keep:
                plain.unlink()

    def _rotated(self, number: int, ending: str = "") -> Path:
        return self.file.with_name(f"{self.file.name}.{number}{ending}")


class Reading:
    """What several processes read one after the other, each from the position that the one before has kept."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.position: object = None
        self.numbers: list[int] = []
        self.reported: list[str] = []
        self.skipped = 0

    def read(self, most: int | None = None) -> list[int]:
        """Read so many events, or all, and keep the position as JSON."""
        reader = EventReader(self.log, self.position, self.reported.append)
        found = []
        for position, event in islice(reader.read(), most):
            self.position = json.loads(json.dumps(position))
            found.append(event["number"])
        if most is None:
            self.position = json.loads(json.dumps(reader.position))
        self.skipped += reader.skipped
        self.numbers += found
        return found
