"""The log of client events: one line of JSON each."""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radtune.errors import StoreAccessError

_BLOCK = 65536
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
"""O_NONBLOCK: a pipe in the place of the file must not hold the server up until somebody reads it."""


def check_writable(file: Path) -> None:
    """Make the file if it is missing; raises StoreAccessError where this process can't append to it."""
    try:
        os.close(os.open(file, _APPEND, 0o640))
    except OSError as error:
        advice = "it and its directory have to belong to the server's user"
        raise StoreAccessError(f"{file}: the event log can't be written ({error.strerror}); {advice}") from error


def append_event(file: Path, now: float, kind: str, **fields: object) -> None:
    """Append an event; `now` is in seconds since the epoch. Raises OSError.

    The file is opened for each event, so that it can be rotated at any time; one write in append mode keeps the lines
    of several processes apart.
    """
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": at, "event": kind, **fields}, separators=(",", ":"))
    descriptor = os.open(file, _APPEND, 0o640)
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)


def newest_events(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the events, newest first; a line that isn't JSON is passed over. Reads no more of the file than is taken.

    Raises OSError; a missing file holds no events.
    """
    try:
        with file.open("rb") as stream:
            for line in _lines_backwards(stream.fileno()):
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict):
                    yield event
    except FileNotFoundError:
        return


def _lines_backwards(descriptor: int) -> Iterator[bytes]:
    end = os.fstat(descriptor).st_size
    rest = b""
    while end > 0:
        start = max(0, end - _BLOCK)
        block = os.pread(descriptor, end - start, start) + rest
        end = start
        first, *lines = block.split(b"\n")
        rest = first
        yield from (line for line in reversed(lines) if line)
    if rest:
        yield rest
