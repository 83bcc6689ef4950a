"""The event log and its rotated files, opened so that rotating and compressing takes none of them away."""

import errno
import gzip
import hashlib
import json
import os
import re
import stat
import time
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from radtune.errors import NotPermittedError
from radtune.file_access import unreadable

Event = Mapping[str, Any]
MOST_BYTES = 1 << 20
"""The longest line, in bytes; no event is longer, so a longer line is skipped."""
_HEAD_LINES = 100
"""Lines among which a file has to have its first event; and at its end, a compressed one its last."""
_FIRST_BLOCK, _LARGEST_BLOCK = 1 << 16, 1 << 22
"""Bytes that are read at once from the end of a file, first and at most; each block is twice the one before."""
_TRIES = 10
"""The most times that the files are opened anew because they are rotated meanwhile."""
_BAD_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)


class LogFile:
    """One file of the log. Once open, it can be read to its end, even if it is renamed or deleted.

    identity: the same wherever the file is moved, copied or compressed, as it comes from its first event; '' if it has
        none yet
    first: the first event
    damage: why it ended too early, '' if it didn't
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take the file, open for reading."""
        self.path = path
        self.descriptor = descriptor
        self.compressed = path.suffix == ".gz"
        self.damage = ""
        raw = os.fdopen(descriptor, "rb")
        self._raw = raw
        self._stream: BinaryIO = gzip.GzipFile(fileobj=raw) if self.compressed else raw  # type: ignore[assignment]
        self.first: Event = {}
        self.identity = ""
        for line, _ in islice(self.lines(0, growing=True), _HEAD_LINES):
            if (event := read_event(line)) is not None:
                self.first, self.identity = event, hashlib.sha256(line).hexdigest()[:32]
                break

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def lines(self, start: int, *, growing: bool) -> Iterator[tuple[bytes, int]]:
        """Yield each line from this byte on, without its end, and the byte after it; both count as uncompressed.

        growing: a last line without an end is still being written, and is left out
        """
        try:
            self._stream.seek(start)
            while line := self._stream.readline(MOST_BYTES):
                length, whole = len(line), line.endswith(b"\n")
                while not whole and (more := self._stream.readline(MOST_BYTES)):
                    length, whole = length + len(more), more.endswith(b"\n")
                if growing and not whole:
                    return
                start += length
                yield line.rstrip(b"\n"), start
        except _BAD_GZIP as error:
            self.damage = str(error) or "no whole gzip file"

    def blocks(self) -> Iterator[bytes]:
        """Yield whole lines, many at a time, oldest first."""
        rest = b""
        try:
            self._stream.seek(0)
            while data := self._stream.read(MOST_BYTES):
                data = rest + data
                cut = data.rfind(b"\n") + 1
                yield data[:cut]
                rest = data[cut:] if len(data) - cut <= MOST_BYTES else b""
            yield rest
        except _BAD_GZIP as error:
            self.damage = str(error) or "no whole gzip file"

    def blocks_backwards(self, start: int, end: int) -> Iterator[tuple[bytes, int]]:
        """Yield whole lines between these bytes of a plain file, many at a time, and the byte after them; newest first.

        The first blocks are small, since often only the newest events are wanted.
        """
        size, rest = _FIRST_BLOCK, b""
        while end > start:
            begin = max(start, end - size)
            data = os.pread(self.descriptor, end - begin, begin) + rest
            after = end + len(rest)
            cut = data.find(b"\n") + 1 if begin > start else 0
            rest = data[:cut] if cut else data if begin > start else b""
            rest = rest if len(rest) <= MOST_BYTES else b""
            if cut or begin == start:
                yield data[cut:], after
            end, size = begin, min(2 * size, _LARGEST_BLOCK)

    def lines_backwards(self) -> Iterator[tuple[bytes, int]]:
        """Yield lines as `lines` does, the newest first; of a compressed file, only some. Each has an end."""
        if self.compressed:
            yield from reversed(deque(self.lines(0, growing=True), maxlen=_HEAD_LINES))
            return
        for data, after in self.blocks_backwards(0, os.fstat(self.descriptor).st_size):
            *lines, torn = data.split(b"\n")
            end = after - len(torn)
            for line in reversed(lines):
                yield line, end
                end -= len(line) + 1

    def is_complete(self, seconds: float) -> bool:
        """Tell whether the file was renamed `seconds` ago or more, so that no server writes into it any more."""
        return self.compressed or abs(time.time() - os.fstat(self.descriptor).st_ctime) >= seconds


def time_of(event: Event) -> str:
    """Return when the event was written, '' if it doesn't say."""
    return str(event.get("time", ""))


def read_event(line: bytes) -> Event | None:
    """Return the event in a line, None if it holds none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


@contextmanager
def open_log(log: Path, until: str = "") -> Iterator[list[LogFile]]:
    """Open the files of the log for a block of `with`, oldest to newest; those that are empty are left out.

    until: no file is opened that is older than the one with this identity

    A missing log has no files, nor has a pipe. Raises NotPermittedError, and OSError for a directory.
    """
    for attempt in range(1, _TRIES + 1):
        with ExitStack() as stack:
            listed = _listed(log)
            files: dict[str, LogFile] = {}
            for path in listed:
                if (file := _opened(path, stack)) is not None:
                    _add(files, file)
                if until and until in files:
                    break
            if attempt == _TRIES or listed == _listed(log):
                yield [*reversed(files.values())]
                return


def _listed(log: Path) -> dict[Path, int]:
    """Return the files of the log with their inodes, newest first, as logrotate names them.

    `.1` is newer than `.2`, and `-20260131`, as `dateext` has it, newer than `-20260130`.
    """
    pattern = re.compile(re.escape(log.name) + r"(?:(?:\.(\d{1,9})|-(\d{8}(?:-\d{1,12})?))(?:\.gz)?)?")
    found = []
    try:
        with os.scandir(log.parent) as entries:
            for entry in entries:
                if (match := pattern.fullmatch(entry.name)) is not None:
                    rank = (2, "") if match[0] == log.name else (1, "") if match[1] else (0, match[2])
                    plain = not entry.name.endswith(".gz")
                    found.append((rank, -int(match[1] or 0), plain, entry.name, entry.inode()))
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise NotPermittedError(unreadable(log)) from error
    return {log.with_name(name): inode for *_, name, inode in sorted(found, reverse=True)}


def _opened(path: Path, stack: ExitStack) -> LogFile | None:
    """Return the file, None for one that is gone, has no line yet or isn't regular; raises NotPermittedError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise NotPermittedError(unreadable(path)) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        return None
    file = LogFile(path, descriptor)
    stack.callback(file.close)
    return file


def _add(files: dict[str, LogFile], file: LogFile) -> None:
    """Add the file, unless it is a copy: of a file that is being copied or compressed, the original comes first.

    A compressed file that can't be read is added, so that its damage is reported, unless it is still being written.
    """
    if file.identity and file.identity not in files:
        files[file.identity] = file
    elif file.damage and not any(each.path == file.path.with_suffix("") for each in files.values()):
        files[file.path.name] = file
