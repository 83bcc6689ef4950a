"""Keeps the index up to date, in a process of its own, so that no page waits for it."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from radtune.config.settings import Settings, read_settings
from radtune.dataclass import dataclass
from radtune.errors import RadtuneError
from radtune.text import printable
from radtune_tools.events.event_reader import EventReader
from radtune_tools.health.health import health
from radtune_tools.health.metrics import text
from radtune_tools.stores import open_devices
from radtune_tools.user_and_lock import only_run
from radtune_web.index.database import (
    DatabaseError,
    IndexDamagedError,
    delete,
    is_damage,
    open_database,
    transaction,
)
from radtune_web.index.devices_in import take_devices
from radtune_web.index.events_in import EventIntake
from radtune_web.index.schema import FILE, SCHEMA, VERSION
from radtune_web.index.sessions_in import take_sessions

PAUSE = 1.0
"""Seconds between two looks at what is due."""
SHARE = 10.0
"""A part rests for this multiple of the time that it took."""
EVENT_SECONDS = 10.0
"""Time after which other parts have their turn, though there are more events."""
SAMPLE_SECONDS = 300
"""Seconds between two samples of the fleet."""
DAY = 86_400
EVENTS_AT_ONCE = 5000
LOCK_WAIT = 600.0
"""Seconds to wait for another process that feeds the same index."""


@dataclass(slots=True)
class Part:
    """Something that is brought up to date at most every `every` seconds; it rests for `share` of what it took."""

    name: str
    every: float
    run: Callable[[], object]
    share: float = SHARE
    due: float = 0.0


class Feeder:
    """Reads stores and events, and writes the index."""

    def __init__(self, settings: Settings) -> None:
        """Open the index of these settings; raises RadtuneError, OSError."""
        self._settings = settings
        self._file = settings.web.state / FILE
        self._index = open_database(self._file, SCHEMA, VERSION)
        self._opened = self._file.stat()
        self._unwritable = ""
        self._intake = EventIntake(self._index)
        self._devices_seen: object = None
        self._parts = (
            Part("events", 1.0, self.events, share=0.0),
            Part("health", 15.0, self.health),
            Part("devices", 10.0, self.devices),
            Part("sessions", 10.0, self.sessions),
            Part("fleet", SAMPLE_SECONDS, self.fleet),
            Part("metrics", 15.0, self.metrics),
            Part("old", DAY / 24, self.forget_old),
        )

    def round(self, now: float) -> None:
        """Do what is due at `now`, in seconds of a clock that is never set back."""
        for part in self._parts:
            if now < part.due:
                continue
            started = time.monotonic()
            try:
                part.run()
                problem = ""
            except (RadtuneError, OSError, DatabaseError) as error:
                if is_damage(error):
                    raise IndexDamagedError(str(error)) from error
                self._intake.rolled_back()
                problem = str(error)
            self._note_problem(part.name, problem)
            part.due = now + max(part.every, part.share * (time.monotonic() - started))

    def events(self) -> None:
        """Take in the client events that have come, some at a time."""
        lost, deadline = list[str](), time.monotonic() + EVENT_SECONDS
        reader = EventReader(self._settings.events, self._read("position"), lost.append)
        unread = reader.read()
        while time.monotonic() < deadline and (found := [*islice(unread, EVENTS_AT_ONCE)]):
            with transaction(self._index):
                self._intake.take((event for _, event in found), time.time() - self._settings.web.days * DAY)
                self._write("position", found[-1][0])
        if lost:
            self._write("lost_events", lost[-1])

    def devices(self) -> None:
        """Take in the devices, if a sync has written any since."""
        with open_devices(self._settings) as store:
            tenants = sorted(store.keys("sync/"))
            seen = (store.file_id, store.synced_at(), [store.read(key) for key in tenants])
            if seen != self._devices_seen:
                take_devices(self._index, store)
                self._devices_seen = seen

    def sessions(self) -> None:
        """Take in the live sessions and the plan of moves."""
        self._write("sessions", take_sessions(self._index, self._settings))

    def health(self) -> None:
        """Take in what `radtune status` says."""
        found = health(self._settings, time.time())
        self._write("health", {"state": found.state, "reasons": [*map(asdict, found.reasons)], "parts": found.parts})

    def metrics(self) -> None:
        """Take in what `radtune metrics` prints."""
        reported = list[str]()
        self._write("metrics", text(self._settings, time.time(), reported.append))
        if reported:
            self._write("lost_events", reported[-1])

    def fleet(self) -> None:
        """Sample how many devices are in which compliance state."""
        at = int(time.time()) // SAMPLE_SECONDS * SAMPLE_SECONDS
        with open_devices(self._settings) as store:
            states = [store.sync_state(key.removeprefix("sync/")) for key in store.keys("sync/")]
        rows = [(at, state.tenant, name, count) for state in states for name, count in state.counts.items()]
        with transaction(self._index):
            self._index.executemany("INSERT OR REPLACE INTO fleet VALUES (?, ?, ?, ?)", rows)

    def forget_old(self) -> None:
        """Forget what is older than the days of settings, and words that no event has any more."""
        with transaction(self._index):
            self._intake.forget(time.time() - self._settings.web.days * DAY)

    @property
    def is_current(self) -> bool:
        """The index that is written is the one that pages read: it wasn't deleted."""
        try:
            return os.path.samestat(self._file.stat(), self._opened)
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def _read(self, name: str) -> Any:
        row = self._index.execute("SELECT value FROM snapshot WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def _write(self, name: str, value: object) -> None:
        text = json.dumps(value)
        self._index.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", (name, time.time(), text))

    def _note_problem(self, part: str, problem: str) -> None:
        known: Mapping[str, str] = self._read("problems") or {}
        if known.get(part, "") == problem:
            return
        rest = {name: said for name, said in known.items() if name != part}
        try:
            self._write("problems", {**rest, part: problem} if problem else rest)
            self._unwritable = ""
        except DatabaseError as error:  # a full disk takes no note of itself; the next round tries again
            if str(error) != self._unwritable:
                self._unwritable = str(error)
                _say(f"{self._file}: {error}; make room, or look at the directory's owner")


def feed(settings_file: str, parent: int) -> None:
    """Keep the index of these settings up to date until it is deleted, or the process `parent` has ended.

    A damaged index is deleted: it is made anew by the next process that feeds it.
    """
    try:
        settings = read_settings(Path(settings_file))
        # Two of them would take each event twice. The one of a page that was killed ends within a round.
        with only_run(settings.web.state, "index", LOCK_WAIT):
            _feed(settings, parent)
    except (RadtuneError, OSError, DatabaseError) as error:
        _say(str(error))


def _feed(settings: Settings, parent: int) -> None:
    try:
        with closing(Feeder(settings)) as feeder:
            while os.getppid() == parent and feeder.is_current:
                feeder.round(time.monotonic())
                time.sleep(PAUSE)
    except IndexDamagedError as error:
        file = settings.web.state / FILE
        _say(f"{file}: damaged, so it is made anew: {error}")
        delete(file)


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"radtune-web: {printable(line)}", file=sys.stderr, flush=True)  # noqa: T201
