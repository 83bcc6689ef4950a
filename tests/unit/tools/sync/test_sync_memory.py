"""A sync's memory doesn't grow with the fleet."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radtune.identity.identifiers import real_serial
from unit.clock import Clock
from unit.syncing import Intune, Syncs, managed

SMALL, LARGE = 200, 1200
"""Devices; both are more than what is kept at once."""


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
    stores = (f"radtune.stores.{name}" for name in ("store", "publication"))
    for module in (*stores, "radtune_tools.sync.walk"):
        monkeypatch.setattr(f"{module}.ROWS_AT_ONCE", 100)
    limits = "limits: {devices_lost_compliance_percent: 100}\n"
    with closing(Syncs(tmp_path, clock, more=limits)) as made:
        yield made


@pytest.fixture(autouse=True)
def _full_cache() -> None:
    """Let the serial numbers that are kept be so many as ever are."""
    for number in range(LARGE):
        real_serial(f"SER{number}")


def peaks(syncs: Syncs, count: int) -> int:
    """Return the most that three syncs take: of devices that are new, that have changed, and that are as they were."""
    return max(peak(syncs, fleet) for fleet in (Fleet(count), Fleet(count, complianceState="error"), Fleet(count)))


def test_whether_all_devices_are_new_or_all_have_changed_or_none(syncs: Syncs) -> None:
    syncs.all(Fleet(10))
    few, many = peaks(syncs, SMALL), peaks(syncs, LARGE)
    assert len(list(syncs.store.ids())) == LARGE
    # A record takes ten times as much; what grows is the sources that the store has, and what the tests keep.
    assert (many - few) / (LARGE - SMALL) < 150
