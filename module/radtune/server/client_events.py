"""The log of client events: one line of JSON each."""

import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radtune.errors import FULL, StoreAccessError
from radtune.policy.decide import Decision
from radtune.records.device_and_client import Facts

_BLOCK = 65536
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
"""O_NONBLOCK: a pipe in the place of the file must not hold the server up until somebody reads it."""


def check_writable(file: Path) -> None:
    """Make the file if it is missing; raises StoreAccessError if this process can't append to it."""
    try:
        os.close(_open(file))
    except OSError as error:
        why = why_not_written(file, error).removeprefix(f"{file}: ")
        raise StoreAccessError(f"{file}: the event log can't be written: {why}") from error


def why_not_written(file: Path, error: OSError) -> str:
    """Return why an event could not be written, and what to do."""
    if error.errno in FULL:
        return f"{file}: the disk is full; make room"
    return f"{file}: {error.strerror}; it has to be a file that the server's user may read and write"


def append_event(file: Path, now: float, kind: str, **fields: object) -> None:
    """Append an event; `now` is in seconds since the epoch. Raises OSError.

    The file is opened for each event, so that it can be rotated at any time; one write in append mode keeps the lines
    of several processes apart. A torn last line is ended first. An event that can't be written whole is taken back.
    """
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": at, "event": kind, **fields}, separators=(",", ":")).encode() + b"\n"
    descriptor = _open(file)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        _write_whole(descriptor, line)
    finally:
        os.close(descriptor)


def _open(file: Path) -> int:
    descriptor = os.open(file, _APPEND, 0o640)
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ENXIO, "it is a pipe", str(file))
    return descriptor


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


def event_fields(facts: Facts, decision: Decision) -> dict[str, Any]:
    """Return what a client event says of a decision."""
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
        "nas_address": facts.nas_address,
        "nas_claimed": facts.nas_claimed,
        "nas_port": facts.nas_port_id or facts.nas_port,
        "ssid": facts.ssid,
        "reason": decision.reason,
    }


def newest_events(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the events, newest first; a line that isn't JSON is passed over. Reads no more of the file than is taken.

    Raises OSError; a missing file holds no events, nor does a pipe.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return
    try:
        for line in _lines_backwards(descriptor):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event
    except IsADirectoryError as error:
        raise IsADirectoryError(error.errno, error.strerror, str(file)) from error
    finally:
        os.close(descriptor)


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
