"""Updates the counters from the event log and the servers' files; each event is counted once."""

import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from radtune.config.settings import Settings
from radtune.errors import RadtuneError, TemporaryError
from radtune.server.state_file import read_states
from radtune_tools.events.event_reader import EventReader, Position
from radtune_tools.events.log_files import open_log
from radtune_tools.health.counters import Counters
from radtune_tools.user_and_lock import as_server, only_run

FILE = "metrics.json"
"""The file with counters and position, in the directory of the stores."""
MOST_EVENTS = 200_000
"""Events that one run counts at most; the next run counts the others."""
LOCK_SECONDS = 5.0
Report = Callable[[str], None]
"""Takes a sentence about what can't be counted."""


def counters(settings: Settings, now: float, report: Report) -> Counters:
    """Count new events, and return the counters; if that fails, those of the last run.

    Counters and position are in one file, which is written in one step: a killed run has counted nothing. The very
    first run begins with the newest file of the log.
    """
    file = settings.store / FILE
    try:
        with as_server(settings), only_run(settings.store, "metrics", LOCK_SECONDS):
            found = _read(file, report)
            _count(found, settings, now, report)
            _write(file, found)
    except TemporaryError:
        return _read(file, report)  # another run counts
    except RadtuneError as error:
        report(f"nothing new is counted: {error}")
    except ValueError as error:
        report(f"{file}: {error}; remove it, and counting begins anew")
    except OSError as error:
        report(f"nothing new is counted: {error.filename or file}: {error.strerror}")
    else:
        return found
    return _read(file, report)


def _count(found: Counters, settings: Settings, now: float, report: Report) -> None:
    if found.position is None:
        found.position = _begin_of_newest(settings.events)
    reader = EventReader(settings.events, found.position, report)
    for _, event in islice(reader.read(), MOST_EVENTS):
        found.add(event)
    found.position = reader.position
    found.take_servers({each.file.name: each.state for each in read_states(settings.store)})
    found.at = now


def _begin_of_newest(log: Path) -> Position | None:
    with open_log(log) as files:
        return Position(file=files[-1].identity, offset=0, time="", id="") if files else None


def _read(file: Path, report: Report) -> Counters:
    """Return the counters in the file; new ones if there is none, or if it can't be used."""
    try:
        return Counters.from_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except OSError as error:
        report(f"{file}: {error.strerror}; run as the server's user")
    except ValueError as error:
        report(f"{file}: {error}; counting begins anew")
    return Counters()


def _write(file: Path, found: Counters) -> None:
    """Write the file in one step; raises OSError."""
    aside = file.with_suffix(".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(found.to_json())
        aside.replace(file)
    except BaseException:  # raised again: nothing is left aside
        aside.unlink(missing_ok=True)
        raise
