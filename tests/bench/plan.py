"""What is to be measured, and how much of it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.tree import Tree


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work a run does; logins are those of one round, and so are stations.

    devices: in the stores, but for rows that say otherwise
    stations: clients that log in by EAP
    rounds: those that count, each after one that doesn't
    """

    devices: int = 100_000
    logins: int = 20_000
    stations: int = 100
    rounds: int = 5


WHOLE = Sizes()
QUICK = Sizes(devices=20_000, logins=2_500, stations=20, rounds=3)


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: what is measured, how large, in which directory, and the checkouts, that of the table's ratio last."""

    keys: frozenset[str]
    sizes: Sizes
    directory: Path
    trees: Sequence[Tree]
    seed: int = 0

    def place(self, name: str) -> Path:
        """Make a directory that the server's user can come to."""
        place = self.directory / name
        place.mkdir()
        return place


def tell(what: str) -> None:
    """Say on stderr what is going on."""
    print(what, file=sys.stderr, flush=True)
