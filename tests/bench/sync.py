"""A whole sync beside downloading the same pages and reading their JSON.

The floor gets the same pages over the same kind of connection and does nothing with them. Each is a process of its own;
the simulated Graph runs in another, and isn't counted. A second Graph has the same devices with later check-ins.
"""

import shutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.cpu import Compared, ratio
from bench.errors import BenchError
from bench.plan import Plan, tell
from bench.process import run
from bench.stores import RadtuneHome
from bench.tree import NOW
from parts.graph_simulator.process import SimulatorProcess
from parts.office import CLIENT_ID, CLIENT_SECRET, TENANT
from parts.raddb import give_to_server

KEYS = ("sync-unchanged", "sync-check-ins", "sync-first")
LAG = 3600
"""Seconds by which the check-ins of the first Graph are earlier."""
FLOOR = """\
import json, sys
import msal, requests
url, ca, tenant, client, secret, select = sys.argv[1:]
session = requests.Session()
session.verify, session.trust_env = ca, False
application = msal.ConfidentialClientApplication(
    client, client_credential=secret, authority=f"{url}/{tenant}", instance_discovery=False, http_client=session
)
token = application.acquire_token_for_client(scopes=[f"{url}/.default"])["access_token"]
page, count = f"{url}/v1.0/deviceManagement/managedDevices?$select={select}&$top=1000", 0
while page:
    body = json.loads(session.get(page, headers={"Authorization": f"Bearer {token}"}).content)
    page, count = body.get("@odata.nextLink"), count + len(body["value"])
print(count)
"""
INTUNE = """\
intune:
  - {{tenant: {tenant}, client_id: {client}, client_secret_file: secret, authority: {url}, graph: {url}, ca_file: {ca}}}
"""
PROPERTIES = "from radtune_tools.graph.managed_device import PROPERTIES; print(','.join(PROPERTIES))"


@dataclass(slots=True)
class Syncing:
    """A checkout's home, with a settings file for each Graph, and seconds of CPU by row and round."""

    home: RadtuneHome
    first: Path
    later: Path
    costs: dict[str, list[float]] = field(default_factory=lambda: {key: [] for key in KEYS})


def measure(plan: Plan) -> Iterator[Compared]:
    """Run the rounds and give the rows."""
    directory = plan.place("sync")
    with ExitStack() as running:
        first, later = (
            running.enter_context(_graph(plan, directory / name, lag)) for name, lag in (("first", LAG), ("later", 0))
        )
        syncing = [_syncing(directory, RadtuneHome(directory / tree.name, tree), first, later) for tree in plan.trees]
        floor: list[float] = []
        for number in range(plan.sizes.syncs):
            tell(f"sync: round {number + 1} of {plan.sizes.syncs}")
            floor.append(_bare(plan, syncing[-1], first))
            for each in syncing:
                _sync(plan, each)
    for key in KEYS:
        if key in plan.keys:
            figures = {each.home.tree.name: statistics.median(each.costs[key]) for each in syncing}
            yield Compared(
                key,
                {each.home.tree.name: ratio(each.costs[key], floor) for each in syncing},
                {**figures, "the pages alone": statistics.median(floor)},
                "s",
                f"{plan.sizes.synced:,} devices{plan.hint('synced')}",
            )


def _graph(plan: Plan, directory: Path, lag: int) -> SimulatorProcess:
    directory.mkdir()
    return SimulatorProcess(
        directory,
        tenant=TENANT,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        devices=plan.sizes.synced,
        seed=plan.seed,
        check_in_lag=lag,
    )


def _syncing(directory: Path, home: RadtuneHome, *graphs: SimulatorProcess) -> Syncing:
    secret = home.settings.with_name("secret")
    secret.write_text(CLIENT_SECRET)
    secret.chmod(0o640)
    files = [home.settings.with_name(f"settings-{number}.yaml") for number, _ in enumerate(graphs)]
    for file, graph in zip(files, graphs, strict=True):
        entry = INTUNE.format(tenant=TENANT, client=CLIENT_ID, url=graph.url, ca=graph.ca_file)
        file.write_text(home.settings.read_text() + entry)
    give_to_server(directory / home.tree.name)
    first, later = files
    return Syncing(home, first, later)


def _bare(plan: Plan, syncing: Syncing, graph: SimulatorProcess) -> float:
    environment = NOW.environment(syncing.first)
    select = run([sys.executable, "-P", "-c", PROPERTIES], environment).output.strip()
    words = [graph.url, str(graph.ca_file), TENANT, CLIENT_ID, CLIENT_SECRET, select]
    used = run([sys.executable, "-P", "-c", FLOOR, *words], environment)
    if int(used.output) != plan.sizes.synced:
        raise BenchError(f"the floor saw {used.output.strip()} devices, not {plan.sizes.synced}")
    return used.cpu


def _sync(plan: Plan, syncing: Syncing) -> None:
    """Sync into an empty store, then once more, then with later check-ins."""
    store = syncing.home.store
    shutil.rmtree(store)
    store.mkdir()
    give_to_server(store)
    steps = (("sync-first", syncing.first), ("sync-unchanged", syncing.first), ("sync-check-ins", syncing.later))
    for key, settings in steps:
        environment = syncing.home.tree.environment(settings)
        used = run([sys.executable, "-P", "-m", "radtune_tools", "--json", "sync"], environment)
        if f'"seen": {plan.sizes.synced}' not in used.output:
            raise BenchError(f"{key} did not see {plan.sizes.synced} devices: {used.output[:500]}")
        syncing.costs[key].append(used.cpu)
