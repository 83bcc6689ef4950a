"""`python -m bench.sync`: what a sync costs, in CPU time and memory, beside what downloading the same pages costs.

The floor is a loop that gets the same pages over the same kind of connection and reads their JSON, and does nothing
with it. Each row is a process of its own; the simulated Graph runs in another, and isn't counted. The ratios are those
of one run on one machine.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.process import run
from parts.graph_simulator.process import SimulatorProcess
from parts.office import CLIENT_ID, CLIENT_SECRET, POLICY, TENANT
from parts.raddb import give_to_server, server_directory
from parts.readable import code

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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has used: CPU time in seconds, and the most memory at once in bytes."""

    title: str
    cpu: float
    memory: int


def main() -> int:
    """Run the benchmark and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    parser.add_argument(
        "--devices", type=int, action="append", help="size of the fleet; 10,000 and 100,000 unless given"
    )
    try:
        for devices in parser.parse_args().devices or (10_000, 100_000):
            print(f"\n{devices:,} devices\n{_table(_bench(devices), devices)}")
    except (BenchError, OSError, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _bench(devices: int) -> list[Cost]:
    with server_directory() as directory:
        for name in ("intune", "etc", "store"):
            (directory / name).mkdir()
        secret = directory / "etc" / "secret"
        secret.write_text(CLIENT_SECRET)
        secret.chmod(0o640)
        (directory / "etc" / "policy.yaml").write_text(POLICY)
        with SimulatorProcess(
            directory / "intune", tenant=TENANT, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, devices=devices
        ) as intune:
            settings = _settings(directory, intune)
            give_to_server(directory / "etc", directory / "store")
            return list(_rows(settings, intune, devices))


def _settings(directory: Path, intune: SimulatorProcess) -> Path:
    file = directory / "etc" / "settings.yaml"
    file.write_text(
        f"store: {directory / 'store'}\nevents: {directory / 'events.jsonl'}\npolicy: policy.yaml\nintune:\n"
        f"  - {{tenant: {TENANT}, client_id: {CLIENT_ID}, client_secret_file: secret, authority: {intune.url},\n"
        f"     graph: {intune.url}, ca_file: {intune.ca_file}}}\n"
    )
    return file


def _rows(settings: Path, intune: SimulatorProcess, devices: int) -> list[Cost]:
    module, tools, libraries = code()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (module, tools, libraries))),
        "RADTUNE_SETTINGS": str(settings),
    }
    properties = "from radtune_tools.graph.managed_device import *; print(','.join(PROPERTIES))"
    select = run([sys.executable, "-c", properties], environment).output.strip()
    floor = [intune.url, str(intune.ca_file), TENANT, CLIENT_ID, CLIENT_SECRET, select]
    answer, bare = _measured("download the pages and json.loads", [sys.executable, "-c", FLOOR, *floor], environment)
    if int(answer) != devices:
        raise BenchError(f"the floor saw {answer} devices, not {devices}")
    command = [sys.executable, "-m", "radtune_tools"]
    titles = ("radtune sync, into an empty store", "radtune sync, with nothing changed")
    costs = [bare, *(_measured(title, [*command, "sync"], environment)[1] for title in titles)]
    return [
        *costs,
        _measured("radtune sync --changes, nothing changed", [*command, "sync", "--changes"], environment)[1],
    ]


def _measured(title: str, command: Sequence[str], environment: dict[str, str]) -> tuple[str, Cost]:
    used = run(command, environment)
    return used.output, Cost(title, used.cpu, used.memory)


def _table(costs: Sequence[Cost], devices: int) -> str:
    floor = costs[0]
    lines = [f"{'':42}{'CPU s':>9}{'µs each':>9}{'to floor':>9}{'MiB':>7}{'to floor':>9}"]
    for cost in costs:
        each, ratio = cost.cpu / devices * 1e6, cost.cpu / floor.cpu
        size = f"{cost.memory / 2**20:7.0f}{cost.memory / floor.memory:9.2f}"
        lines.append(f"{cost.title:42}{cost.cpu:9.2f}{each:9.1f}{ratio:9.2f}{size}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
