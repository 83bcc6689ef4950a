"""The file in which each server process says how it is, in the directory of the stores.

The process holds a lock on its file as long as it lives; the kernel takes it away however the process ends. So whether
a server still runs needs no look at its pid, which another process may have by now, in another container, too.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from radtune.dataclass import dataclass
from radtune.server.state import ServerState
from radtune.stores.database import checksum

_PREFIX, _SUFFIX = "server-", ".json"
_ROOM = 4096
"""Bytes that a file has at least: what is written next has room there, also on a full disk."""
_MOST = 1 << 20
"""Bytes that are read of a file at the most."""
_TRIES = 5
"""Reads of a file that is written in the meantime, at most."""


class StateFile:
    """The file of one process."""

    def __init__(self, directory: Path) -> None:
        """Make nothing yet. The name has no pid in it: two containers with one store may have the same."""
        self._directory = directory
        self._file = directory / f"{_PREFIX}{os.urandom(6).hex()}{_SUFFIX}"
        self._descriptor = -1
        self._size = 0

    def write(self, state: ServerState) -> None:
        """Write the file anew in its place, or make it, locked before anybody can see it; raises OSError."""
        plain = state.to_json()
        text = f"{plain}\n{checksum('', plain)}\n".encode()
        # After a rename, every request would wait until ext4 has flushed the file.
        if len(text) <= self._size and self._is_there():
            os.pwrite(self._descriptor, text.ljust(self._size), 0)
        else:
            self._make(text.ljust(_ROOM))

    def _is_there(self) -> bool:
        try:
            return self._descriptor >= 0 and os.path.samestat(self._file.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def _make(self, text: bytes) -> None:
        aside = self._file.with_suffix(".new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(descriptor, text)
            aside.rename(self._file)
        except BaseException:  # raised again: nothing is left open or aside
            os.close(descriptor)
            aside.unlink(missing_ok=True)
            raise
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._size = descriptor, len(text)

    def close(self, *, forget: bool) -> None:
        """Give up the lock; with `forget`, remove the file. Raises OSError."""
        if self._descriptor < 0:
            return
        try:
            if forget:
                self._file.unlink(missing_ok=True)
        finally:
            os.close(self._descriptor)
            self._descriptor = -1

    def tidy(self) -> None:
        """Remove the files of processes that have ended, except the last server's own word. Raises OSError."""
        said = read_states(self._directory)
        last = last_ended(said)
        for each in said:
            if each.alive is False and each is not last:
                each.file.unlink(missing_ok=True)


def _write_all(descriptor: int, text: bytes) -> None:
    if os.write(descriptor, text) != len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass(frozen=True, slots=True)
class ReadState:
    """A state file as it was read.

    alive: the process still runs; None if that can't be known
    state: None if the file can't be read, or is of another release
    problem: why it can't be known or read, or ''
    """

    file: Path
    modified: float = 0.0
    alive: bool | None = None
    state: ServerState | None = None
    problem: str = ""


def last_ended(files: Iterable[ReadState]) -> ReadState | None:
    """Return the file of the server that ended last, of those that had a request; `freeradius -C` has none."""
    ended = (each for each in files if each.alive is False and each.state and each.state.heard_at)
    return max(ended, key=lambda each: each.modified, default=None)


def read_states(directory: Path) -> list[ReadState]:
    """Read the state files in the directory of the stores; raises OSError if it can't be listed."""
    found: list[ReadState] = []
    for name in sorted(os.listdir(directory)):  # noqa: PTH208  # Path.glob is silent about what it may not read
        file = directory / name
        if not name.startswith(_PREFIX) or not name.endswith(_SUFFIX):
            continue
        try:
            found.append(_read(file))
        except FileNotFoundError:
            continue
        except OSError as error:
            found.append(ReadState(file, problem=error.strerror or str(error)))
    return found


def _read(file: Path) -> ReadState:
    """Read a file; raises OSError."""
    unread = ReadState(file, problem="it was written each time it was read")
    for _ in range(_TRIES):
        # O_NONBLOCK: a pipe of this name must not hold up who reads.
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return ReadState(file, problem="it is no file; remove it")
            alive, problem = _is_locked(descriptor)
            text = os.read(descriptor, min(status.st_size, _MOST)).decode(errors="replace")
            if not os.path.samestat(file.stat(), status):
                continue
        finally:
            os.close(descriptor)
        try:
            return ReadState(file, status.st_mtime, alive, _state(text), problem)
        except (ValueError, RecursionError) as error:
            # It may be half of what was there and half of what is.
            unread = ReadState(file, status.st_mtime, alive, None, problem or f"not as this release writes it: {error}")
    return unread


def _state(text: str) -> ServerState:
    """Read what a process has written; raises ValueError."""
    plain, found, *_ = [*text.split("\n", 2), ""]
    if found.rstrip() != checksum("", plain):
        raise ValueError("its checksum is wrong")
    return ServerState.from_json(plain)


def _is_locked(descriptor: int) -> tuple[bool | None, str]:
    """Tell whether the process that made the file still runs, and why that can't be known."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True, ""
    except OSError as error:
        return None, f"locks can't be seen there ({error.strerror})"
    return False, ""
