"""A sync's memory doesn't grow with the fleet."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from unit.clock import Clock
from unit.syncing import Intune, Syncs, managed


class Fleet(Intune):
    """As many devices as wanted, each made when it is read."""

    def __init__(self, count: int, **more: Any) -> None:
        super().__init__()
        self._count, self._more = count, more

    def managed_devices(self, *_: object) -> Iterator[dict[str, Any]]:
        for number in range(self._count):
            yield managed(number, serialNumber=f"SER{number}", **self._more)


def peak(syncs: Syncs, fleet: Fleet) -> int:
    """Sync, and return how many bytes that took at the most."""
    tracemalloc.start()
    syncs.all(fleet)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Syncs]:
    """Return syncs that keep little in memory."""
    monkeypatch.setattr("radtune.publication.INDEX_ROWS_AT_ONCE", 100)
    monkeypatch.setattr("radtune.register.AT_ONCE", 100)
    monkeypatch.setattr("radtune_tools.spool.UNSORTED", 100)
    limits = "limits: {devices_turned_percent: 100}\n"
    with closing(Syncs(tmp_path, clock, more=limits)) as made:
        yield made


def test_whether_all_devices_are_new_or_all_have_changed_or_none(syncs: Syncs) -> None:
    syncs.all(Fleet(10))
    few = peak(syncs, Fleet(300))
    many = [peak(syncs, Fleet(3000)), peak(syncs, Fleet(3000, complianceState="error")), peak(syncs, Fleet(3000))]
    assert len(list(syncs.store.ids())) == 3000
    # A record takes ten times as much; what grows is the ids that were seen, and what the tests themselves keep.
    assert (max(many) - few) / 2700 < 150
