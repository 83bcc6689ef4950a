"""The log of client events: one line of JSON each."""

import errno
import json
import os
import stat
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from radtune.errors import FULL, StoreAccessError
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Facts

EventKind = Literal[
    "login_allowed",
    "login_denied",
    "move_requested",
    "moved",
    "move_ended",
    "not_enforced",
    "quarantined",
    "released",
    "identity_conflict",
    "policy_loaded",
    "policy_refused",
    "store_replaced",
]
DeniedBy = Literal["", "radtune", "server"]
"""The module that has denied a login: radtune, or another one of the server; '' if it was let in."""
_encode = json.JSONEncoder(separators=(",", ":")).encode
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
"""O_NONBLOCK: a pipe in the place of the file must not hold the server up until somebody reads it."""


class EventLog:
    """A log of client events. Any number of processes may append to it, and it may be rotated at any time.

    The file stays open between two events. Before each of them it is opened anew if another one is in its place.
    The ids of its events begin with random digits of its own, so that no event of any process or host has the same id.
    """

    def __init__(self, file: Path) -> None:
        """Take the file; it is made and opened for the first event."""
        self.file = file
        self._path = str(file)
        self._lock = Lock()
        self._descriptor = -1
        self._opened: tuple[int, int] = (0, 0)
        self._end = 0
        self._second = ("", 0)
        self._prefix = os.urandom(8).hex()
        self._count = count(1)

    def check_writable(self) -> None:
        """Make the file if it is missing; raises StoreAccessError if this process can't append to it."""
        try:
            self._open()
        except OSError as error:
            why = why_not_written(self.file, error).removeprefix(f"{self.file}: ")
            raise StoreAccessError(f"{self.file}: the event log can't be written: {why}") from error

    def append(self, now: float, kind: EventKind, fields: Mapping[str, object]) -> None:
        """Append an event; `now` is in seconds since the epoch. Raises OSError.

        One write in append mode keeps the lines of several processes apart. A torn last line is ended first. An event
        that can't be written whole is taken back.
        """
        with self._lock:
            named = {"time": self._time(now), "event": kind, "id": f"{self._prefix}-{next(self._count)}"}
            line = _encode({**named, **fields}).encode() + b"\n"
            try:
                size = self._size()
                if size not in (0, self._end) and os.pread(self._descriptor, 1, size - 1) != b"\n":
                    line = b"\n" + line
                _write_whole(self._descriptor, line)
                self._end = size + len(line)
            except OSError:
                self._close()
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _time(self, now: float) -> str:
        """Return the time as RFC 3339 has it, in UTC, with milliseconds."""
        milliseconds = int(now * 1000)
        second = milliseconds // 1000
        if self._second[1] != second or not self._second[0]:
            self._second = (datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00"), second)
        return f"{self._second[0]}.{milliseconds % 1000:03d}Z"

    def _size(self) -> int:
        """Return the size of the file in bytes, open for writing."""
        try:
            status = os.stat(self._path)  # noqa: PTH116  # pathlib costs more
        except FileNotFoundError:
            status = self._open()
        if (status.st_dev, status.st_ino) != self._opened:
            status = self._open()
        return status.st_size

    def _open(self) -> os.stat_result:
        self._close()
        descriptor = os.open(self._path, _APPEND, 0o640)
        status = os.fstat(descriptor)
        if stat.S_ISFIFO(status.st_mode):
            os.close(descriptor)
            raise OSError(errno.ENXIO, "it is a pipe", self._path)
        self._descriptor, self._opened = descriptor, (status.st_dev, status.st_ino)
        return status

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._opened, self._end = -1, (0, 0), 0


def why_not_written(file: Path, error: OSError) -> str:
    """Return why an event could not be written, and what to do."""
    if error.errno in FULL:
        return f"{file}: the disk is full; make room"
    return f"{file}: {error.strerror}; it has to be a file that the server's user may read and write"


def append_event(file: Path, now: float, kind: EventKind, **fields: object) -> None:
    """Append one event to a log as `EventLog.append` does."""
    with closing(EventLog(file)) as log:
        log.append(now, kind, fields)


def _write_whole(descriptor: int, line: bytes) -> None:
    """Append the line whole, or take it back if nobody has written behind it meanwhile."""
    written = os.write(descriptor, line)
    try:
        while written < len(line):
            written += os.write(descriptor, line[written:])
    except OSError:
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        if os.fstat(descriptor).st_size == end:
            os.ftruncate(descriptor, end - written)
        raise


def login_fields(facts: Facts, decision: Decision, denied_by: DeniedBy, site: str) -> dict[str, Any]:
    """Return what the client event of a login says; `site` is that of its NAS."""
    device, certificate = decision.match.device, facts.certificate
    return {
        "mac": facts.mac or facts.calling_station_id,
        "user": facts.user_name,
        "auth_type": facts.auth_type,
        "inner_type": facts.inner_type,
        "resumed": facts.resumed,
        "cert_cn": certificate.common_name if certificate else "",
        "cert_san": [*certificate.dns, *certificate.uris, *certificate.upns, *certificate.emails]
        if certificate
        else [],
        "device": device.name if device else "",
        "device_id": device.id if device else "",
        "matched_by": decision.match.by,
        "identity_conflict": decision.match.conflict,
        "compliance": decision.compliance,
        "rule": decision.rule,
        "outcome": decision.outcome,
        "vlan": decision.grant.vlan,
        "role": decision.grant.role,
        "nas": facts.nas_identifier or facts.nas_address,
        "site": site,
        "nas_address": facts.nas_address,
        "nas_claimed": facts.nas_claimed,
        "nas_port": facts.nas_port_id or facts.nas_port,
        "ssid": facts.ssid,
        "denied_by": denied_by,
        "reason": decision.reason,
    }


def conflict_fields(facts: Facts, decision: Decision, site: str) -> dict[str, Any]:
    """Return what the client event of a login's identity conflict says; `site` is that of its NAS."""
    login = login_fields(facts, decision, "", site)
    names = ("mac", "user", "auth_type", "cert_cn", "device", "device_id", "nas", "site", "outcome")
    return {**{name: login[name] for name in names}, "reason": decision.match.conflict}
