"""A large company beside a small one, and logins while a sync of the large one is published."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.clients import Client, draw, some_clients
from bench.cpu import Compared, ratio
from bench.errors import BenchError
from bench.flood import flood
from bench.logins import requests
from bench.plan import Plan, tell
from bench.site import SECRET, Servers, Site
from bench.stores import RadtuneHome

KEYS = ("fleet", "publishing")
PUBLICATIONS = 2
"""Rounds of `publishing`, each of which counts."""
SHARE = 0.001
AT_A_TIME = 200


@dataclass(slots=True)
class Company:
    """A company's home, server and clients, which have all logged in once; `quiet` and `busy` are p99.9 in ms."""

    home: RadtuneHome
    devices: int
    site: Site
    clients: Sequence[Client]
    quiet: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


def measure(plan: Plan) -> Iterator[Compared]:
    """Run the rounds and give the rows."""
    directory = plan.place("large")
    with ExitStack() as running:
        servers = Servers(directory, running)
        sizes = (plan.sizes.many, plan.sizes.few) if "fleet" in plan.keys else (plan.sizes.many,)
        companies = []
        for devices in sizes:
            some = some_clients(devices, plan.seed, plan.sizes.logins)
            for tree in plan.trees:
                tell(f"filling a store with {devices:,} devices: {tree.name}")
                home = RadtuneHome(directory / f"{tree.name}-{devices}", tree)
                home.fill(devices, plan.seed)
                site = servers.start(tree.name, home.settings, tree=tree)
                site.run("login", requests(some), counts=False)
                companies.append(Company(home, devices, site, some))
        if "fleet" in plan.keys:
            yield _fleet(plan, companies)
        if "publishing" in plan.keys:
            yield _publishing(plan, companies[: len(plan.trees)])


def _fleet(plan: Plan, companies: Sequence[Company]) -> Compared:
    for number in range(plan.sizes.rounds + 1):
        tell(f"fleet: round {number} of {plan.sizes.rounds}" if number else "fleet: a round that doesn't count")
        turn = number % len(companies)
        for company in (*companies[turn:], *companies[:turn]):
            drawn = draw(company.clients, plan.sizes.logins, f"{plan.seed}/{number}")
            company.site.run("login", requests(drawn), counts=number > 0)
    pairs = list(zip(companies[: len(plan.trees)], companies[len(plan.trees) :], strict=True))
    figures = {
        f"{company.site.name}, {company.devices:,}": company.site.cost("login") for pair in pairs for company in pair
    }
    ratios = {large.site.name: ratio(large.site.costs["login"], small.site.costs["login"]) for large, small in pairs}
    return Compared("fleet", ratios, figures, "µs")


def _publishing(plan: Plan, companies: Sequence[Company]) -> Compared:
    for number in range(PUBLICATIONS):
        for company in companies:
            tell(f"publishing: round {number + 1} of {PUBLICATIONS}, {company.site.name}")
            drawn = draw(company.clients, AT_A_TIME, f"{plan.seed}/{number}")
            busy = _while_publishing(plan, company, drawn, later=60 * (number + 1))
            company.busy.append(_tail(busy))
            company.quiet.append(_tail(_quiet(company, drawn, len(busy))))
    return Compared(
        "publishing",
        {each.site.name: ratio(each.busy, each.quiet) for each in companies},
        {
            f"{each.site.name}, {when}": max(figures)
            for each in companies
            for when, figures in (("publishing", each.busy), ("quiet", each.quiet))
        },
        "ms",
        "the worst round",
    )


def _while_publishing(plan: Plan, company: Company, drawn: Sequence[Client], later: int) -> list[float]:
    """Log in, one client after the other, until all devices are published, with a later check-in; give the seconds."""
    failures: list[BenchError] = []

    def publish() -> None:
        try:
            company.home.publish(company.devices, plan.seed, later)
        except BenchError as error:
            failures.append(error)

    publisher = threading.Thread(target=publish)
    publisher.start()
    took: list[float] = []
    while publisher.is_alive():
        took += _one_by_one(company, drawn)
    publisher.join()
    if failures:
        raise failures[0]
    return took


def _quiet(company: Company, drawn: Sequence[Client], count: int) -> list[float]:
    took: list[float] = []
    while len(took) < count:
        took += _one_by_one(company, drawn)
    return took


def _one_by_one(company: Company, drawn: Sequence[Client]) -> list[float]:
    return flood(requests(drawn), company.site.server.auth_port, SECRET.encode(), in_flight=1)


def _tail(took: Sequence[float]) -> float:
    """Give p99.9 in milliseconds, of few logins the slowest."""
    return sorted(took)[-1 - int(len(took) * SHARE)] * 1000
