"""What is to be measured, and how much of it; the homes of radtune that several rows begin with."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.stores import RadtuneHome
from bench.tree import Tree

STARTED = time.monotonic()


def _size(number: int, meaning: str) -> int:
    """Give the default of a size, and what it means."""
    size: int = field(default=number, metadata={"meaning": meaning})
    return size


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work a run does; each number is that of a round, if there are rounds."""

    devices: int = _size(100_000, "devices in the stores, but for rows that say otherwise")
    logins: int = _size(20_000, "logins by MAC, and Interim-Updates")
    stations: int = _size(100, "clients that log in by EAP")
    rounds: int = _size(5, "rounds that count, each of logins, after one that doesn't")
    many: int = _size(1_000_000, "devices of a large company")
    few: int = _size(1_000, "devices of a small one")
    remembered: int = _size(200_000, "logins after which memory is looked at again, and before after a tenth of them")
    synced: int = _size(100_000, "devices of a sync")
    syncs: int = _size(3, "rounds of syncs")
    sessions: int = _size(10_000, "sessions that have to move")
    applies: int = _size(3, "rounds of moves")


WHOLE = Sizes()
QUICK = Sizes(
    devices=20_000,
    logins=2_000,
    stations=12,
    many=50_000,
    remembered=20_000,
    synced=5_000,
    syncs=2,
    sessions=400,
    applies=2,
    rounds=3,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: what is measured, how large, in which directory, and the checkouts, that of the table's ratio last."""

    keys: frozenset[str]
    sizes: Sizes
    directory: Path
    trees: Sequence[Tree]
    seed: int = 0
    _filled: dict[str, RadtuneHome] = field(default_factory=dict)

    def homes(self, name: str) -> list[RadtuneHome]:
        """Give a home for each checkout, with the fleet in its device store, which is filled once for all rows."""
        return [self._home(name, tree) for tree in self.trees]

    def _home(self, name: str, tree: Tree) -> RadtuneHome:
        if tree.name not in self._filled:
            tell(f"filling a store with {self.sizes.devices:,} devices: {tree.name}")
            template = RadtuneHome(self.directory / f"filled-{tree.name}", tree)
            template.fill(self.sizes.devices, self.seed)
            self._filled[tree.name] = template
        home = RadtuneHome(self.directory / f"{name}-{tree.name}", tree)
        home.fill_from(self._filled[tree.name])
        return home

    def hint(self, name: str) -> str:
        """Say what a smaller size than the whole run's does to a ratio of commands."""
        small = getattr(self.sizes, name) < getattr(WHOLE, name)
        return "; with so few, the start of Python is most of it: the goals are those of the whole run" if small else ""

    def place(self, name: str) -> Path:
        """Make a directory that the server's user can come to."""
        place = self.directory / name
        place.mkdir()
        return place


def tell(what: str) -> None:
    """Say on stderr what is going on, and how many seconds after the start."""
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", file=sys.stderr, flush=True)
