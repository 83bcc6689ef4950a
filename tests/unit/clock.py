"""A clock that is moved by hand."""

import pytest

from unit.samples import NOW


class Clock:
    """Stands in for the module `time`; sleeping moves it, and is kept."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        """Return the seconds since the epoch."""
        return self.now

    def monotonic(self) -> float:
        """Return seconds that never go back, as long as nobody sets `now` back."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def stand_in(self, monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
        """Take the place of `time` in these modules of the tools."""
        for module in modules:
            monkeypatch.setattr(f"radtune_tools.{module}.time", self)
