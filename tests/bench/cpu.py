"""CPU time of processes that run, and figures of rounds compared."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.errors import BenchError


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used, in seconds.

    The scheduler counts it in nanoseconds, as schedstat shows it; threads that have ended are in it. A clock's number
    is made of the process id as clock_getcpuclockid(3) does.
    """
    return time.clock_gettime(~pid << 3 | 2)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How one figure is to another: the median of the rounds' ratios.

    spread: how far they are apart, as a share of it; None if there was one round
    """

    value: float
    spread: float | None


def ratio(figures: Sequence[float], others: Sequence[float]) -> Ratio:
    """Compare the figures of rounds with those of another; a machine that is slow for a while is so for both."""
    if min(*others, *figures) <= 0:
        raise BenchError("a round was too short to be measured; ask for more")
    found = [mine / theirs for mine, theirs in zip(figures, others, strict=True)]
    middle = statistics.median(found)
    return Ratio(middle, (max(found) - min(found)) / middle if len(found) > 1 else None)


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the table, measured: `figures` are medians in `unit`, by what was measured."""

    key: str
    ratios: Mapping[str, Ratio]
    figures: Mapping[str, float]
    unit: str
    note: str = ""
