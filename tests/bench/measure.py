"""CPU time of processes, and the rounds in which it is measured."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import BenchError
from bench.traffic import Packets, send
from bench.variants import Variant
from parts.freeradius import FreeRADIUS

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SHOWN = 2000
# proc(5), /proc/pid/stat: fields 14 and 15, counted from field 3, which follows the name in parentheses.
USER_TICKS, SYSTEM_TICKS = 11, 12


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that the process and its threads have used since its start."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / TICKS_PER_SECOND


@dataclass(slots=True)
class Row:
    """A variant's running server, the process that works for it if there is one, and µs of CPU a request by round."""

    variant: Variant
    server: FreeRADIUS
    helper_pid: int | None = None
    server_cost: list[float] = field(default_factory=list)
    helper_cost: list[float] = field(default_factory=list)

    def run(self, traffic: Sequence[Packets], secret: Path, *, counts: bool) -> None:
        """Run one round and, if it counts, keep what it cost."""
        server, helper = self._cpu()
        try:
            send(traffic, self.server, secret, fixed=self.variant.fixed)
        except BenchError as error:
            raise BenchError(f"{self.variant.title}: {error}\n{self.server.log[-SHOWN:]}") from error
        server_after, helper_after = self._cpu()
        if not counts:
            return
        if server_after == server:
            raise BenchError(f"{self.variant.title}: no CPU time could be measured; ask for more --requests")
        requests = sum(packets.count for packets in traffic)
        self.server_cost.append((server_after - server) / requests * 1e6)
        self.helper_cost.append((helper_after - helper) / requests * 1e6)

    @property
    def cost(self) -> float:
        """The median of the server's CPU, µs a request."""
        return statistics.median(self.server_cost)

    def ratio(self, other: "Row") -> float:
        """The median of the rounds' ratios; a machine that is slower for a while is so for both."""
        return statistics.median(
            mine / theirs for mine, theirs in zip(self.server_cost, other.server_cost, strict=True)
        )

    @property
    def spread(self) -> float:
        """How far the rounds are apart, lowest to highest, as a share of the median."""
        return (max(self.server_cost) - min(self.server_cost)) / self.cost

    @property
    def helpers(self) -> float | None:
        """The median of the helper's CPU, µs a request; None where there is no helper."""
        return None if self.helper_pid is None else statistics.median(self.helper_cost)

    def _cpu(self) -> tuple[float, float]:
        return cpu_seconds(self.server.pid), cpu_seconds(self.helper_pid) if self.helper_pid else 0.0
