"""The client events from where a reader left off, each once and in order, over rotation and compression."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from radtune_tools.events.log_files import Event, LogFile, open_log, read_event, time_of

SETTLE_SECONDS = 5.0
"""Seconds after a rotation in which a server may still write its event into the renamed file."""


class Position(TypedDict):
    """A place in the log, as JSON.

    file: the identity of the file (`LogFile.identity`)
    offset: the byte after the last line that was read, counted as uncompressed
    time, id: those of the last event
    """

    file: str
    offset: int
    time: str
    id: str


class EventReader:
    """Reads the events after a position; keep `position` to resume in another process.

    skipped: lines without an event so far
    """

    def __init__(self, log: Path, position: object, report: Callable[[str], None]) -> None:
        """Take the log, an earlier `position`, and what takes sentences about events that may be lost.

        If the position is None, all events that are there are read. Raises ValueError if it isn't a position.
        """
        self.log = log
        self.position: Position | None = None if position is None else _checked(position)
        self.skipped = 0
        self._report = report

    def read(self) -> Iterator[tuple[Position, Event]]:
        """Yield the events that are there and not read yet, oldest first, each with the position after it.

        A line that is still being written is left for the next time. So is what follows a rotation, for a moment.
        Raises NotPermittedError and OSError.
        """
        with open_log(self.log, self.position["file"] if self.position else "") as files:
            for file, lines in self._unread(files):
                yield from lines
                if file.damage:
                    self._report(f"{file.path}: damaged: events may be lost: {file.damage}")
                if not file.is_complete(SETTLE_SECONDS):
                    return

    def _unread(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Iterator[tuple[Position, Event]]]]:
        """Yield each file from the position on, with what yields its events."""
        position = self.position
        known = [file.identity for file in files]
        if position is None or position["file"] in known:
            start, offset = (known.index(position["file"]), position["offset"]) if position else (0, 0)
            for file in files[start:]:
                yield file, self._events(file, offset, growing=file is files[-1])
                offset = 0
        else:
            earlier = [number for number, file in enumerate(files) if time_of(file.first) <= position["time"]]
            lost = self._after_loss(position)
            for file in files[earlier[-1] if earlier else 0 :]:
                yield file, lost(self._events(file, 0, growing=file is files[-1]))

    def _events(self, file: LogFile, offset: int, *, growing: bool) -> Iterator[tuple[Position, Event]]:
        at, event_id = (self.position["time"], self.position["id"]) if self.position else ("", "")
        for line, end in file.lines(offset, growing=growing):
            event = read_event(line)
            if event is not None:
                at, event_id = time_of(event), str(event.get("id", ""))
            self.position = Position(file=file.identity, offset=end, time=at, id=event_id)
            if event is not None:
                yield self.position, event
            elif line:
                self.skipped += 1

    def _after_loss(
        self, position: Position
    ) -> Callable[[Iterator[tuple[Position, Event]]], Iterator[tuple[Position, Event]]]:
        """Return a filter for when the file of this position is gone: it drops earlier events, and reports a loss."""
        is_behind = False

        def later(events: Iterator[tuple[Position, Event]]) -> Iterator[tuple[Position, Event]]:
            nonlocal is_behind
            for place, event in events:
                if is_behind:
                    yield place, event
                elif position["id"] and position["id"] == event.get("id"):
                    is_behind = True
                elif time_of(event) >= position["time"]:
                    is_behind = True
                    between = f"between {position['time']} and {time_of(event)}"
                    self._report(f"{self.log}: the file that was being read is gone: events {between} may be lost")
                    yield place, event

        return later


def end_of(log: Path) -> Position | None:
    """Return the position behind the last event that is there; None if there is no event."""
    with open_log(log) as files:
        for file in reversed(files):
            for line, end in file.lines_backwards():
                if (event := read_event(line)) is not None:
                    return Position(file=file.identity, offset=end, time=time_of(event), id=str(event.get("id", "")))
    return None


def _checked(position: object) -> Position:
    """Return the position; raises ValueError for anything else."""
    kinds = {"file": str, "offset": int, "time": str, "id": str}
    if not isinstance(position, dict) or {name: type(value) for name, value in position.items()} != kinds:
        raise ValueError(f"not a position in the event log: {position!r}")
    return Position(file=position["file"], offset=max(0, position["offset"]), time=position["time"], id=position["id"])
