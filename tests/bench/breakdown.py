"""Where the time of a login goes: the calls of a real server, called again in one process."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from bench.clients import admitted, clients, draw
from bench.logins import requests
from bench.plan import Plan, tell
from bench.site import Servers
from bench.stores import BENCH
from parts.raddb import give_to_server
from parts.readable import PROJECT, readable

KEY = "breakdown"
SHOWN = 0.5
"""µs below which a line isn't shown."""


def measure(plan: Plan) -> dict[str, Any]:
    """Give, for each checkout, what replay.py prints."""
    drawn = draw(admitted(clients(plan.sizes.devices, plan.seed)), plan.sizes.logins, f"{plan.seed}/{KEY}")
    found = {}
    for home in plan.homes(KEY):
        tree = home.tree
        tell(f"{KEY}: {tree.name}")
        calls = home.settings.with_name("calls.jsonl")
        calls.touch()
        give_to_server(calls)
        with ExitStack() as running:
            site = Servers(plan.place(f"{KEY}-server-{tree.name}"), running).start(
                tree.name,
                home.settings,
                tree=tree,
                hook="bench.recording_hook",
                python_path=(*tree.server_path, readable(PROJECT / "tests")),
                environment={"BENCH_CALLS": str(calls)},
            )
            site.run("login", requests(drawn))
        found[tree.name] = json.loads(
            tree.run([str(BENCH / "replay.py"), str(home.settings), str(calls)], home.settings)
        )
    return found


def table(found: Mapping[str, Any]) -> str:
    """Show the steps of all checkouts side by side, and below them the page of the last one."""
    steps = dict.fromkeys(step for result in found.values() for step in result["steps"])
    lines = ["A MAB login in one process, µs of CPU".ljust(62) + "".join(name.rjust(9) for name in found)]
    lines += [_line(step, [result["steps"].get(step, 0.0) for result in found.values()]) for step in steps]
    lines.append(_line("in all", [result["total"] for result in found.values()]))
    *_, last = found.values()
    lines += ["", f"{last['page']}, µs of each line with all that it calls"]
    lines += [f"{number:5} {cost:7.1f}  {text}" for number, cost, text in last["lines"] if cost >= SHOWN]
    return "\n".join(lines)


def _line(title: str, costs: Sequence[float]) -> str:
    return f"  {title}".ljust(62) + "".join(f"{cost:9.1f}" for cost in costs)
