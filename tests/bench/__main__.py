"""`python -m bench`: what radtune costs, in ratios to the same work done otherwise, in one run on one machine.

Exits with 1, and says why, if a reply was another one than it should be or anything else went wrong.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from bench import breakdown, coa, commands, eap, large, logins, memory, sync
from bench.cpu import Compared
from bench.errors import BenchError
from bench.goals import GOALS
from bench.plan import QUICK, WHOLE, Plan, Sizes
from bench.report import as_json, machine, table
from bench.tree import NOW, Tree
from parts.raddb import server_directory

FAMILIES: tuple[tuple[tuple[str, ...], Callable[[Plan], Iterator[Compared]]], ...] = (
    (logins.KEYS, logins.measure),
    (eap.KEYS, eap.measure),
    (large.KEYS, large.measure),
    (memory.KEYS, memory.measure),
    (sync.KEYS, sync.measure),
    (coa.KEYS, coa.measure),
    (commands.KEYS, commands.measure),
)
KEYS = (*(goal.key for goal in GOALS), breakdown.KEY)


def main() -> int:
    """Run the benchmark and give the exit code."""
    options = _options()
    # As Ctrl-C does, so that no server is left behind.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    trees = [*([Tree("before", options.before.resolve())] if options.before else []), NOW]
    sizes = _sizes(options)
    keys = frozenset(options.rows or KEYS)
    with server_directory() as directory:
        plan = Plan(keys, sizes, directory, trees, options.seed)
        rows, steps, failed = _measured(plan)
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, steps, asdict(sizes)), indent=1, ensure_ascii=False) + "\n")
    if rows:
        print(table(rows, [tree.name for tree in trees]) + "\n")
    if steps:
        print(breakdown.table(steps) + "\n")
    print("; ".join(machine().values()))
    return int(failed)


def _measured(plan: Plan) -> tuple[list[Compared], dict[str, dict[str, Any]], bool]:
    """Give the rows and the breakdown, and whether anything went wrong; the other rows are measured all the same."""
    rows: list[Compared] = []
    steps: dict[str, dict[str, Any]] = {}
    failed = False
    for keys, measure in (*FAMILIES, ((breakdown.KEY,), None)):
        if not plan.keys.intersection(keys):
            continue
        try:
            if measure is None:
                steps = breakdown.measure(plan)
            else:
                rows += measure(plan)
        except (BenchError, OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
            print(f"bench: {', '.join(keys)}: {error}", file=sys.stderr)
            failed = True
    return sorted(rows, key=lambda row: KEYS.index(row.key)), steps, failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"the rows to measure, all unless given: {', '.join(KEYS)}"
    )
    parser.add_argument("--quick", action="store_true", help="smaller numbers, in under two minutes")
    parser.add_argument("--before", type=Path, metavar="DIR", help="another checkout, measured in the same rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured there, too")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the fleet and of who logs in; default: %(default)s"
    )
    for size in fields(Sizes):
        whole, quick = (getattr(sizes, size.name) for sizes in (WHOLE, QUICK))
        default = f"{size.metadata['meaning']}; default: {whole:,}{f', {quick:,} with --quick' * (whole != quick)}"
        parser.add_argument(f"--{size.name}", type=_positive, metavar="N", help=default)
    options = parser.parse_args()
    if unknown := set(options.rows) - set(KEYS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    return options


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK if options.quick else WHOLE
    return replace(sizes, **{name: given for name in asdict(sizes) if (given := getattr(options, name)) is not None})


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 is needed")
    return number


if __name__ == "__main__":
    sys.exit(main())
