"""The table for people, and the same as JSON for programs."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.cpu import Compared, Ratio
from bench.goals import GOALS

WORK_WIDTH = 62
GOAL_OF = {goal.key: goal for goal in GOALS}


def table(rows: Sequence[Compared], trees: Sequence[str]) -> str:
    """Give the table: for each checkout the ratio and its spread, then the goals; below it the figures."""
    head = [cell for tree in trees for cell in (tree, "spread")]
    lines = [_line("", [*head, "to reach", "the aim"])]
    for row in rows:
        goal = GOAL_OF[row.key]
        cells = [cell for tree in trees for cell in _cells(row.ratios[tree])]
        sign = "≥ " if goal.more else ""
        goals = [f"{sign}{figure:g}" for figure in (goal.reach, goal.aim) if figure is not None]
        lines.append(_line(goal.work, [*cells, *goals]))
    lines += ["", "Medians of the rounds:"]
    for row in rows:
        figures = ", ".join(f"{name} {figure:,.1f}" for name, figure in row.figures.items())
        lines.append(f"  {row.key}, {row.unit}: {figures}{f' ({row.note})' if row.note else ''}")
    return "\n".join(lines)


def as_json(rows: Sequence[Compared], breakdown: dict[str, Any], sizes: dict[str, Any]) -> dict[str, Any]:
    """Give everything that was measured."""
    listed = [{**asdict(GOAL_OF[row.key]), **asdict(row)} for row in rows]
    return {"machine": machine(), "sizes": sizes, "rows": listed, "breakdown": breakdown}


def machine() -> dict[str, str]:
    """Describe this machine."""
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    names = [line.partition("=")[2].strip('"') for line in _lines("/etc/os-release") if line.startswith("PRETTY_NAME")]
    version = subprocess.run(["/usr/sbin/freeradius", "-v"], capture_output=True, text=True, check=False).stdout
    return {
        "processor": f"{len(os.sched_getaffinity(0))} of {models[0] if models else platform.machine()}",
        "memory": f"{memory / 2**20:.1f} GiB",
        "system": f"{names[0] if names else 'unknown'}, Linux {platform.release()}",
        "server": version.partition(",")[0].removeprefix("radiusd: "),
        "python": platform.python_version(),
    }


def _cells(ratio: Ratio) -> tuple[str, str]:
    return f"{ratio.value:.2f}", "" if ratio.spread is None else f"{ratio.spread:.0%}"


def _lines(file: str) -> list[str]:
    return Path(file).read_text().splitlines()


def _line(title: str, cells: Sequence[str]) -> str:
    return title.ljust(WORK_WIDTH) + "".join(cell.rjust(9) for cell in cells)
