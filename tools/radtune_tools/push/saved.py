"""The file in which the forwarder keeps, for each destination, how far it has come and how it goes."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from radtune.dataclass import dataclass
from radtune.errors import FaultyFileError
from radtune.file_access import read_file

_MODE = 0o640


@dataclass(slots=True)
class Saved:
    """What is kept of one destination. Times are in seconds since the epoch, 0 for never; counts are since the start.

    position: after the last event that was sent or dropped, as the event reader has it; None before the first look
    looked_at: when the forwarder last looked for events
    sent, sent_at: events that the destination has taken, and when it took the last
    refused: events that were put aside: the destination refused them and took a later one
    given_up: events that were not sent, since they were too old
    losses, lost_at: how often events were gone from the log before they were sent, and when that was last noticed
    aside_at: when an event was last refused or given up
    oldest: the time of the oldest event that waits, as the event has it; '' if none does
    tries, failing_since, problem: tries that failed since the last good one, since when, and what is wrong
    """

    position: Any = None
    looked_at: float = 0.0
    sent: int = 0
    sent_at: float = 0.0
    refused: int = 0
    given_up: int = 0
    losses: int = 0
    lost_at: float = 0.0
    aside_at: float = 0.0
    oldest: str = ""
    tries: int = 0
    failing_since: float = 0.0
    problem: str = ""


def saved_file(store: Path, name: str) -> Path:
    """Return the file of the destination of this name, in the directory of the stores."""
    return store / "push" / f"{name}.json"


def read_saved(file: Path) -> Saved:
    """Return what is kept in a file, or the defaults without one; raises FaultyFileError, NotPermittedError."""
    try:
        content, _ = read_file(file)
    except FaultyFileError:
        if file.exists():
            raise
        return Saved()
    known = Saved()
    try:
        plain = json.loads(content)
        values = {name: plain[name] for name in asdict(known)}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise not_as_written(file, error) from error
    for name, value in values.items():
        usual = getattr(known, name)
        if name != "position" and not isinstance(value, float | int if isinstance(usual, float) else type(usual)):
            raise not_as_written(file, TypeError(name))
        setattr(known, name, value)
    return known


def not_as_written(file: Path, error: Exception) -> FaultyFileError:
    """Return the error for a file with something else in it."""
    said = f"isn't as radtune wrote it ({error}); delete it, and the destination gets the events from then on"
    return FaultyFileError(file, said)


def write_saved(file: Path, saved: Saved) -> None:
    """Write it in one step: after a kill or a power cut, the file is the old or the new one; raises OSError."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    aside = file.with_suffix(".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(asdict(saved), stream)
        stream.flush()
        os.fsync(descriptor)
    aside.replace(file)
