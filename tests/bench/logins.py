"""Logins by MAC and Interim-Updates: radtune beside rlm_sql that does the same work, or the look-up alone."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from bench.clients import Client, admitted, clients, draw
from bench.cpu import Compared, ratio
from bench.errors import BenchError
from bench.packets import Request, interim, login
from bench.plan import Plan, tell
from bench.site import SECRET, Servers, Site
from bench.stores import RadtuneHome, SqlStore, lines
from bench.variants import EVENTS, FIXED_VLAN, fixed_hook, no_module, sql
from parts.readable import PROJECT

KEYS = ("mab", "mab-lookup", "interim", "saturated")
SAME_WORK, LOOK_UP = "rlm_sql, the same work", "rlm_sql, a look-up"
FLOORS = IN_UNLANG, IN_PYTHON = "the site without the module", "with calls of Python that do nothing"


def measure(plan: Plan) -> Iterator[Compared]:
    """Run the rounds and give the rows."""
    directory = plan.place("logins")
    known = clients(plan.sizes.devices, plan.seed)
    database = SqlStore(directory / "sql")
    database.fill(known)
    homes = plan.homes("logins")
    with ExitStack() as running:
        servers = Servers(directory, running)
        ours = [servers.start(home.tree.name, home.settings, tree=home.tree) for home in homes]
        settings = homes[-1].settings
        theirs = [
            servers.start(SAME_WORK, settings, changes=sql(database.file, records=True)),
            servers.start(LOOK_UP, settings, changes=sql(database.file, records=False)),
        ]
        floors = [
            servers.start(IN_UNLANG, settings, changes=(no_module, fixed_hook), fixed=True),
            servers.start(IN_PYTHON, settings, hook="bench.fixed_hook", python_path=(PROJECT / "tests",), fixed=True),
        ]
        asked = _rounds(plan, [*ours, *theirs, *floors], admitted(known))
        _check(homes, database, asked, [site.server.log for site in ours])
    yield from _rows(plan, ours, theirs, floors)


def _rounds(plan: Plan, sites: Sequence[Site], may: Sequence[Client]) -> list[Client]:
    """Run the rounds, each site with the same requests, and another one first in each; give who has logged in."""
    asked: list[Client] = []
    for number in range(plan.sizes.rounds + 1):
        tell(f"logins: round {number} of {plan.sizes.rounds}" if number else "logins: a round that doesn't count")
        drawn = draw(may, plan.sizes.logins, f"{plan.seed}/{number}")
        by_policy, fixed = requests(drawn), requests(drawn, FIXED_VLAN)
        turn = number % len(sites)
        for site in (*sites[turn:], *sites[:turn]):
            site.run("login", fixed if site.fixed else by_policy, counts=number > 0)
        asked += drawn
        if "interim" in plan.keys:
            updates = [interim(client, place, SECRET.encode()) for place, client in enumerate(drawn)]
            for site in sites:
                site.run("interim", updates, counts=number > 0)
        if "saturated" in plan.keys:
            for site in sites[: -len(FLOORS)]:
                site.rush(requests(drawn), counts=number > 0)
            asked += drawn
    return asked


def requests(drawn: Sequence[Client], vlan: str = "") -> list[Request]:
    """Give a login for each client, in which it gets its own VLAN, or this one.

    A server answers what it has seen a moment ago without doing it again, so none is sent to the same server twice.
    """
    return [login(client, number, SECRET.encode(), vlan or client.vlan) for number, client in enumerate(drawn)]


def _check(homes: Sequence[RadtuneHome], database: SqlStore, asked: Sequence[Client], logs: Sequence[str]) -> None:
    """Make sure that everybody has recorded what it was asked, for that is part of its cost."""
    wanted = len(asked), len(set(asked))
    for home, log in zip(homes, logs, strict=True):
        if (found := (lines(home.events), home.sessions(len(asked) + 1))) != wanted:
            raise BenchError(f"{home.tree.name}: {found} events and sessions of {wanted}:\n{log[-2000:]}")
    if (found := (lines(database.file.with_name(EVENTS)), database.sessions())) != wanted:
        raise BenchError(f"rlm_sql: {found} events and sessions of {wanted}")


def _rows(plan: Plan, ours: Sequence[Site], theirs: Sequence[Site], floors: Sequence[Site]) -> Iterator[Compared]:
    same, look_up = theirs
    against = {
        "mab": ("login", same),
        "mab-lookup": ("login", look_up),
        "interim": ("interim", same),
        "saturated": ("rush", same),
    }
    for key in KEYS:
        if key in plan.keys:
            work, other = against[key]
            shown = [*ours, other, *(floors if key == "mab" else ())]
            yield Compared(
                key,
                {site.name: ratio(site.costs[work], other.costs[work]) for site in ours},
                {site.name: site.cost(work) for site in shown},
                "a second" if work == "rush" else "µs",
            )
