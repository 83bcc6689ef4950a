"""The newest events that fit a filter, found without reading more of the log than is needed."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

from radtune_tools.events.event_filter import EventFilter, written
from radtune_tools.events.event_reader import Position
from radtune_tools.events.log_files import Event, LogFile, open_log, read_event, time_of

SLACK = timedelta(minutes=1)
"""By how much the times of the lines may be out of order: servers write at the same time, and clocks are set."""
CLOSE = 1 << 16
"""Bytes within which a time is looked up line by line."""
_LINES = 1000
"""Lines among which there has to be an event for a time to be looked up."""


def search(
    log: Path, wanted: EventFilter, limit: int, report: Callable[[str], None], end: Position | None = None
) -> list[Event]:
    """Return the newest events that fit, `limit` at most, oldest first.

    report: takes sentences about events that can't be read
    end: where the log ends, if not where it does now

    Raises NotPermittedError and OSError.
    """
    with open_log(log) as files:
        last = [number for number, file in enumerate(files) if end and file.identity == end["file"]]
        there = files[: last[0] + 1] if last else files
        found = list(islice(_newest(there, wanted, limit, report, end["offset"] if end and last else None), limit))
    found.reverse()
    return found


def _newest(
    files: Sequence[LogFile], wanted: EventFilter, limit: int, report: Callable[[str], None], end: int | None
) -> Iterator[Event]:
    """Yield the events of these files that fit, newest first; `end` is where the newest file ends."""
    since, until = _moved(wanted.since, -SLACK), _moved(wanted.until, SLACK)
    newer = ""
    for file in reversed(files):
        if not file.compressed:
            yield from _in_plain(file, wanted, since, until, end)
        elif not _is_outside(file, newer, since, until):
            yield from reversed(deque(_in_compressed(file, wanted, until), maxlen=limit))
        if file.damage:
            report(f"{file.path}: damaged: events may be lost: {file.damage}")
        newer, end = time_of(file.first), None


def _is_outside(file: LogFile, newer: str, since: str, until: str) -> bool:
    """Tell whether all events of a compressed file are too old or too new; `newer` is the first time in the next file.

    A computer that starts with a wrong clock writes one time that is too old. So the file's own time counts, too.
    """
    written_last = written(os.fstat(file.descriptor).st_mtime)
    return bool((newer and newer < since and written_last < since) or (until and time_of(file.first) > until))


def _in_plain(file: LogFile, wanted: EventFilter, since: str, until: str, end: int | None) -> Iterator[Event]:
    """Yield the events that fit, newest first."""
    size = os.fstat(file.descriptor).st_size if end is None else end
    start = _around(file, since, size)[0] if since else 0
    stop = _around(file, until, size)[1] if until else size
    for block, _ in file.blocks_backwards(start, stop):
        if wanted.may_be_in(block):
            yield from _fitting(reversed(block.split(b"\n")), wanted)


def _in_compressed(file: LogFile, wanted: EventFilter, until: str) -> Iterator[Event]:
    """Yield the events that fit, oldest first."""
    for block in file.blocks():
        if until and time_of(read_event(block.partition(b"\n")[0]) or {}) > until:
            return
        if wanted.may_be_in(block):
            yield from _fitting(block.split(b"\n"), wanted)


def _fitting(lines: Iterator[bytes] | Sequence[bytes], wanted: EventFilter) -> Iterator[Event]:
    for line in lines:
        if line and wanted.may_be_in(line) and (event := read_event(line)) is not None and wanted.fits(event):
            yield event


def _around(file: LogFile, moment: str, size: int) -> tuple[int, int]:
    """Return bytes of a plain file between which its events pass this time; both are ends of lines."""
    low, high = 0, size
    while high - low > CLOSE:
        middle = (low + high) // 2
        start, time = _event_after(file, middle)
        if time and time < moment and start < high:
            low = start
        else:
            high = middle
    return low, min(size, next((end for _, end in file.lines(high, growing=False)), high))


def _event_after(file: LogFile, offset: int) -> tuple[int, str]:
    """Return the first event that begins behind this byte: where, and its time, '' if there is none nearby."""
    for (_, start), (line, _) in pairwise(islice(file.lines(offset, growing=False), _LINES)):
        if (event := read_event(line)) is not None:
            return start, time_of(event)
    return offset, ""


def _moved(moment: str, by: timedelta) -> str:
    """Return a time of events so much later, '' for ''."""
    if not moment:
        return ""
    return (datetime.fromisoformat(moment) + by).isoformat(timespec="milliseconds").replace("+00:00", "Z")
