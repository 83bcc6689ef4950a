"""The memory of a server after many logins, to that after a tenth of them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.clients import draw, some_clients
from bench.cpu import Compared, ratio
from bench.logins import requests
from bench.plan import Plan, tell
from bench.site import Servers, Site

KEYS = ("memory",)


def measure(plan: Plan) -> Iterator[Compared]:
    """Let clients log in, and give the row."""
    homes = plan.homes("memory")
    some = some_clients(plan.sizes.devices, plan.seed, plan.sizes.devices)
    few, many = [], []
    with ExitStack() as running:
        servers = Servers(plan.place("memory"), running)
        sites = [servers.start(home.tree.name, home.settings, tree=home.tree) for home in homes]
        for site in sites:
            tell(f"memory: {plan.sizes.remembered:,} logins, {site.name}")
            for tenth in range(10):
                drawn = draw(some, plan.sizes.remembered // 10, f"{plan.seed}/{tenth}")
                site.run("login", requests(drawn))
                if tenth == 0:
                    few.append(_memory(site))
            many.append(_memory(site))
    names = [site.name for site in sites]
    figures = {
        f"{name}, {when}": size
        for when, sizes in (("a tenth", few), ("all", many))
        for name, size in zip(names, sizes, strict=True)
    }
    ratios = {name: ratio([after], [before]) for name, before, after in zip(names, few, many, strict=True)}
    yield Compared("memory", ratios, figures, "MiB", "its own memory, by Pss_Anon of smaps_rollup")


def _memory(site: Site) -> float:
    """Give the memory that is the server's own, in MiB: files that it maps can be thrown out again."""
    fields = (line.split() for line in Path(f"/proc/{site.server.pid}/smaps_rollup").read_text().splitlines())
    return next(int(words[1]) / 1024 for words in fields if words[0] == "Pss_Anon:")
