"""The section `moves` of settings: the times to wait for a NAS and a device, and when no session is moved."""

from collections.abc import Mapping
from typing import Any

from radtune.dataclass import dataclass
from radtune.policy.hours import Hours, read_hours
from radtune.policy.labels import alternatives
from radtune.policy.nas_directory import NasIndex, NasList
from radtune.policy.patterns import duration
from radtune.records.device_and_client import Facts


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which no session is moved; with `quarantine`, none back to health. `at` None is everywhere."""

    name: str
    hours: tuple[Hours, ...]
    at: NasIndex | None
    quarantine: bool

    def holds(self, facts: Facts, now: float) -> bool:
        """Tell whether it is that time (seconds since the epoch), and the session with these facts is there."""
        if not any(hours.hold(now) for hours in self.hours):
            return False
        return self.at is None or bool(self.at.lists_of(facts.nas_address, facts.nas_identifier))


@dataclass(frozen=True, slots=True)
class MoveSettings:
    """The rules for moving a session. Times are in seconds.

    relogin: how long after its CoA a device may take to log in again
    attempts: how often each method is tried
    retry: the wait after a failure; twice as long after each further one
    again: the wait before a NAS that obeyed no method is tried anew
    hold_down: how long a device that was moved isn't moved back to health
    """

    relogin: int
    attempts: int
    retry: int
    again: int
    hold_down: int
    windows: tuple[Window, ...] = ()


def build_moves(data: Mapping[str, Any]) -> MoveSettings:
    """Build what settings without faults say under `moves`, defaults included."""
    windows = tuple(
        Window(
            window["name"],
            tuple(read_hours(each) for each in alternatives(window["time"])),
            NasIndex([NasList(window["name"], tuple(window["nas"]))]) if "nas" in window else None,
            quarantine=window["moves"] == "quarantine",
        )
        for window in data.get("windows", ())
    )
    return MoveSettings(**{**with_seconds(data, "relogin", "retry", "again", "hold_down"), "windows": windows})


def with_seconds(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the data with the times under these keys in seconds."""
    return {**data, **{key: duration(data[key]) for key in keys}}
