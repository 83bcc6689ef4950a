"""A clock for tests of radclient's replacement."""

import pytest

from radtune_tools.radclient import batch, run
from unit.radclients import StoppedClock


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> StoppedClock:
    """Return a clock that stands still: no process takes too long, however slow the machine is."""
    clock = StoppedClock()
    for module in (batch, run):
        monkeypatch.setattr(module, "time", clock)
    return clock
