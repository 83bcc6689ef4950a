"""Where the time of a login goes: the calls of a real server, called again in one process."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.clients import some_clients
from bench.eap import log_all_in, stations_of
from bench.logins import requests
from bench.plan import Plan, tell
from bench.site import Servers, Site
from bench.stores import BENCH, RadtuneHome
from parts.pki import Authority
from parts.raddb import give_to_server
from parts.readable import PROJECT, readable

KEY = "breakdown"
MAB, EAP_TLS = "A MAB login", "An EAP-TLS login"
SHOWN = 0.5
"""µs below which a line isn't shown."""


def measure(plan: Plan) -> dict[str, dict[str, Any]]:
    """Give what replay.py prints, by kind of login and checkout."""
    authority, certificates = Authority("radtune bench"), plan.place(f"{KEY}-certificates")
    stations = list(stations_of(plan, authority, certificates))
    drawn = requests(some_clients(plan.sizes.devices, plan.seed, plan.sizes.logins))
    found: dict[str, dict[str, Any]] = {MAB: {}, EAP_TLS: {}}
    for home in plan.homes(KEY):
        tell(f"{KEY}: {home.tree.name}")
        calls = home.settings.with_name("calls.jsonl")
        with ExitStack() as running:
            servers = Servers(plan.place(f"{KEY}-server-{home.tree.name}"), running, authority)
            site = _recording(servers, home, calls)
            site.run("login", drawn)
            by_mac = calls.read_text()
            log_all_in(site, "eap-tls", stations)
            by_certificate = calls.read_text().removeprefix(by_mac)
        # As many logins in each replay, or nearly.
        again = len(drawn) // len(stations) or 1
        for kind, text in ((MAB, by_mac), (EAP_TLS, by_certificate * again)):
            calls.write_text(text)
            words = [str(BENCH / "replay.py"), str(home.settings), str(calls)]
            found[kind][home.tree.name] = json.loads(home.tree.run(words, home.settings))
    return found


def _recording(servers: Servers, home: RadtuneHome, calls: Path) -> Site:
    """Start a server that writes down the calls of its hook."""
    calls.touch()
    give_to_server(calls)
    return servers.start(
        home.tree.name,
        home.settings,
        tree=home.tree,
        hook="bench.recording_hook",
        python_path=(*home.tree.server_path, readable(PROJECT / "tests")),
        environment={"BENCH_CALLS": str(calls)},
    )


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Show the steps of all checkouts side by side, and below them the page of the last one."""
    return "\n\n".join(_of_kind(kind, results) for kind, results in found.items())


def _of_kind(kind: str, results: Mapping[str, Any]) -> str:
    steps = dict.fromkeys(step for result in results.values() for step in result["steps"])
    lines = [f"{kind} in one process, µs of CPU".ljust(62) + "".join(name.rjust(9) for name in results)]
    lines += [_line(step, [result["steps"].get(step, 0.0) for result in results.values()]) for step in steps]
    lines.append(_line("in all", [result["total"] for result in results.values()]))
    *_, last = results.values()
    lines += ["", f"{last['page']}, µs of each line with all that it calls"]
    lines += [f"{number:5} {cost:7.1f}  {text}" for number, cost, text in last["lines"] if cost >= SHOWN]
    return "\n".join(lines)


def _line(title: str, costs: Sequence[float]) -> str:
    return f"  {title}".ljust(62) + "".join(f"{cost:9.1f}" for cost in costs)
