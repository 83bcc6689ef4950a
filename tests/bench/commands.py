"""The time until a command has answered, beside that of Python with the libraries that every command needs."""

import os
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from bench.clients import some_clients
from bench.cpu import Compared, ratio
from bench.errors import BenchError
from bench.logins import requests
from bench.plan import Plan, tell
from bench.site import Servers

WORDS: Mapping[str, Sequence[str]] = {
    "help": ("--help",),
    "status": ("status",),
    "events": ("events", "--limit", "1"),
}
KEYS = tuple(WORDS)
FLOOR = ("/usr/bin/python3", "-c", "import click, yaml, sqlite3")
SHARE = 3
"""Runs of each command in a round, of which the median counts."""
UNHEALTHY, UNKNOWN = 1, 69


def measure(plan: Plan) -> Iterator[Compared]:
    """Run the rounds and give the rows."""
    homes = plan.homes("commands")
    took: dict[str, list[float]] = {}
    with ExitStack() as running:
        servers = Servers(plan.place("commands"), running)
        for home in homes:
            some = some_clients(plan.sizes.devices, plan.seed, plan.sizes.logins)
            servers.start(home.tree.name, home.settings, tree=home.tree).run("login", requests(some))
        compared: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {"": (FLOOR, {})}
        for key in WORDS:
            for home in homes:
                command = (str(home.tree.root / "tools/radtune"), *WORDS[key])
                compared[f"{home.tree.name} {key}"] = command, {"RADTUNE_SETTINGS": str(home.settings)}
        for number in range(plan.sizes.rounds + 1):
            tell(
                f"commands: round {number} of {plan.sizes.rounds}" if number else "commands: a round that doesn't count"
            )
            runs = [{name: _run(*command) for name, command in compared.items()} for _ in range(SHARE)]
            for name in compared if number else ():
                took.setdefault(name, []).append(statistics.median(each[name] for each in runs))
    names = [home.tree.name for home in homes]
    for key in KEYS:
        if key in plan.keys:
            yield Compared(
                key,
                {name: ratio(took[f"{name} {key}"], took[""]) for name in names},
                {name: statistics.median(took[f"{name} {key}"]) for name in names}
                | {"imports": statistics.median(took[""])},
                "ms",
            )


def _run(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command and give the milliseconds that it took."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    took = (time.perf_counter() - started) * 1000
    if done.returncode not in (0, *((UNHEALTHY, UNKNOWN) if "status" in command else ())):
        raise BenchError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return took
