"""How moves go: how long a NAS and a device are waited for, and when nobody is moved."""

from dataclasses import dataclass
from typing import Any

from radtune.config.yaml_file import Document
from radtune.policy.hours import Hours, read_hours
from radtune.policy.nas_directory import NasIndex, NasList
from radtune.policy.patterns import duration
from radtune.records.device_and_client import Facts


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which nobody is moved, or with `quarantine` nobody back to health.

    `at` is where: None is everywhere.
    """

    name: str
    hours: tuple[Hours, ...]
    at: NasIndex | None = None
    quarantine: bool = False

    def holds(self, facts: Facts, now: float) -> bool:
        """Tell whether it is that time (seconds since the epoch), and the session with these facts is there."""
        if not any(hours.hold(now) for hours in self.hours):
            return False
        return self.at is None or bool(self.at.lists_of(facts.nas_address, facts.nas_identifier))


@dataclass(frozen=True, slots=True)
class MoveSettings:
    """Times in seconds.

    `relogin`: how long after its CoA a device may take to log in again. `attempts`: how often each method is tried.
    `retry`: how long after a failure it is tried again, twice as long after each further one. `again`: how long after
    the last method has failed a NAS that didn't obey is asked anew. `hold_down`: how long a device that was moved isn't
    moved back to health.
    """

    relogin: int = 60
    attempts: int = 2
    retry: int = 10
    again: int = 3600
    hold_down: int = 600
    windows: tuple[Window, ...] = ()


def check_windows(document: Document) -> None:
    """Note in a settings document what is wrong with the windows beyond what its schema tells."""
    for path, entry in document.items("moves", "windows"):
        time = entry.get("time")
        for index, each in enumerate(time if isinstance(time, list) else [time]):
            where = (*path, "time", index) if isinstance(time, list) else (*path, "time")
            if isinstance(each, dict) and not document.faulty(where):
                try:
                    read_hours(each)
                except ValueError as error:
                    document.problem(where, str(error))


def build_moves(data: dict[str, Any]) -> MoveSettings:
    """Build what a faultless document says under `moves`."""
    times = {key: duration(data[key]) for key in ("relogin", "retry", "again", "hold_down") if key in data}
    windows = tuple(_window(each) for each in data.get("windows", ()))
    return MoveSettings(**times, attempts=data.get("attempts", MoveSettings().attempts), windows=windows)


def _window(data: dict[str, Any]) -> Window:
    time, nas = data["time"], data.get("nas")
    return Window(
        name=data["name"],
        hours=tuple(read_hours(each) for each in (time if isinstance(time, list) else [time])),
        at=NasIndex([NasList(data["name"], tuple(nas))]) if nas else None,
        quarantine=data.get("moves") == "quarantine",
    )
