"""What is to be measured, and how much of it; the homes of radtune that several rows begin with."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.stores import RadtuneHome
from bench.tree import Tree

STARTED = time.monotonic()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work a run does; logins are those of one round, and so are stations.

    devices: in the stores, but for rows that say otherwise
    stations: clients that log in by EAP
    many, few: devices of a large and of a small company
    synced, syncs: devices of a sync, and rounds of it
    sessions, applies: sessions that have to move, and rounds of it
    remembered: logins after which memory is looked at again; before, a tenth of them
    rounds: those that count, each after one that doesn't
    """

    devices: int = 100_000
    logins: int = 20_000
    stations: int = 100
    many: int = 1_000_000
    few: int = 1_000
    remembered: int = 200_000
    synced: int = 100_000
    syncs: int = 3
    sessions: int = 10_000
    applies: int = 3
    rounds: int = 5


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
