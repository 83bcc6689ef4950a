"""`python -m bench.coa`: what it costs to keep live sessions where policy wants them, beside bare radclient.

The floor is radclient with the very packets that `radtune apply` sends, in as many runs at once, and nothing else. The
sessions are made by logins through a real server, the NASes are a FreeRADIUS that acknowledges every packet, and
radtune runs as cron would run it; the CPU time is that of the command and all radclients that it starts. The ratios
are those of one run on one machine.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bench.clients import VLANS, Client, admitted, clients
from bench.errors import BenchError
from bench.logins import requests
from bench.process import SHOWN, Used, run, run_with_files
from bench.site import SECRET, Servers, Site
from bench.stores import RadtuneHome
from bench.tree import NOW
from parts.coa_server import CoaServer
from parts.raddb import give_to_server, server_directory
from parts.radius_client import RadiusClient, mac_login
from parts.readable import PROJECT

SETTLED_SECONDS = 3.0
"""How long a policy has to have been the same for the server to read it (policy_watch.LOOK_SECONDS), and a bit more."""
STRANGER = "020000000001"
NOT_ENFORCED = 4
NAS = """\
nas:
  - {{name: bench, nas: [127.0.1.0/24], port: {port}, secret_file: coa-secret, rate: 1000}}
"""


@dataclass(frozen=True, slots=True)
class Moved(Client):
    """A client after the policy has changed: each VLAN is the next one."""

    @property
    def vlan(self) -> str:
        return str(int(VLANS[self.compliance]) + 1)


@dataclass(frozen=True, slots=True)
class World:
    """What the rows are about: radtune's place, its server, the clients that are logged in, and where files go."""

    home: RadtuneHome
    site: Site
    clients: Sequence[Client]
    directory: Path

    def log_in(self, clients: Sequence[Client]) -> None:
        """Let them log in, and see that each gets its VLAN."""
        self.site.run("login", requests(clients))

    def change_policy(self) -> None:
        """Give every client another VLAN, in the server, too."""
        text = re.sub(r"\{vlan: (\d+)\}", lambda found: f"{{vlan: {int(found[1]) + 1}}}", self.home.policy.read_text())
        self.home.policy.write_text(text)
        time.sleep(SETTLED_SECONDS)
        server = self.site.server
        RadiusClient(server.auth_port, server.acct_port, SECRET).login(*mac_login(STRANGER))


def main() -> int:
    """Run the benchmark and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.coa", description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000, help="live sessions; default: %(default)s")
    parser.add_argument("--nases", type=int, default=100, choices=range(1, 255), metavar="NASES", help="1 to 254; 100")
    options = parser.parse_args()
    try:
        with server_directory() as directory, ExitStack() as running:
            world = _world(directory, options.sessions, options.nases, running)
            rows = list(_rows(world))
        print(f"\n{options.sessions:,} live sessions on {options.nases} NASes\n{_table(rows, options.sessions)}")
    except (BenchError, OSError, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _world(directory: Path, sessions: int, nases: int, running: ExitStack) -> World:
    """Fill the stores, start server and NASes, and let the clients log in."""
    _tell(f"{sessions} sessions on {nases} NASes")
    devices = 2 * sessions + 100
    known = admitted(clients(devices, 0))[:sessions]
    if len(known) < sessions:
        raise BenchError(f"only {len(known)} of {devices} devices are let in")
    addresses = [f"127.0.1.{number + 1}" for number in range(nases)]
    placed = [replace(client, nas=addresses[number % nases]) for number, client in enumerate(known)]
    (directory / "nas").mkdir()
    give_to_server(directory / "nas")
    nas = running.enter_context(CoaServer(directory / "nas", SECRET, addresses=addresses, debug=False))
    home = RadtuneHome(directory / "home", NOW, NAS.format(port=nas.port))
    home.fill(devices, 0)
    secret = home.settings.with_name("coa-secret")
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o640)
    give_to_server(secret)
    world = World(home, Servers(directory, running).start("radtune", home.settings), placed, directory)
    world.log_in(placed)
    if (live := home.sessions(sessions + 1)) != sessions:
        raise BenchError(f"{live} sessions are live, not {sessions}")
    return world


def _rows(world: World) -> Iterator[tuple[str, Used]]:
    environment = NOW.environment(world.home.settings)
    radtune = [sys.executable, "-m", "radtune_tools", "--json"]
    count = len(world.clients)
    yield "radclient, the same packets and nothing else", _floor(world, environment)
    _tell("all stay where they are")
    yield "radtune plan, all stay", run([*radtune, "plan", "--check"], environment)
    yield "radtune apply, all stay", run([*radtune, "apply"], environment)
    _tell("all have to move")
    world.change_policy()
    yield "radtune plan, all have to move", run([*radtune, "plan"], environment)
    apply = [*radtune, "apply", "--wait", "0", "--accept-moves", str(count)]
    yield "radtune apply, all have to move", _all("acknowledged", run(apply, environment, (NOT_ENFORCED,)), count)
    _tell("all log in again")
    world.log_in([Moved(client.mac, client.compliance, client.nas) for client in world.clients])
    yield "radtune apply, all have logged in again", _all("enforced", run([*radtune, "apply"], environment), count)


def _all(state: str, used: Used, count: int) -> Used:
    """Make sure that so many moves have come so far, for else something else was measured."""
    found = sum(row["state"] == state for row in json.loads(used.output))
    if found != count:
        raise BenchError(f"{found} of {count} moves are {state}:\n{used.output[-SHOWN:]}")
    return used


def _floor(world: World, environment: Mapping[str, str]) -> Used:
    _tell("bare radclient")
    files = world.directory / "packets"
    files.mkdir()
    script = str(PROJECT / "tests/bench/coa_packets.py")
    asked = json.loads(run([sys.executable, script, str(world.home.settings), str(files)], environment).output)
    if asked["packets"] != len(world.clients):
        raise BenchError(f"{asked['packets']} packets were made for {len(world.clients)} sessions")
    used = run_with_files(asked["command"], sorted(files.glob("*.packets")), asked["at_once"])
    answers = len(re.findall(r"^Received Disconnect-ACK ", used.output, re.MULTILINE))
    if answers != len(world.clients):
        raise BenchError(f"{answers} of {len(world.clients)} packets were acknowledged:\n{used.output[-SHOWN:]}")
    return used


def _table(rows: Sequence[tuple[str, Used]], sessions: int) -> str:
    floor = rows[0][1]
    lines = [f"{'':46}{'wall s':>8}{'to floor':>9}{'CPU s':>8}{'to floor':>9}{'µs each':>9}{'MiB':>6}"]
    for title, used in rows:
        wall, cpu = f"{used.wall:8.2f}{used.wall / floor.wall:9.2f}", f"{used.cpu:8.2f}{used.cpu / floor.cpu:9.2f}"
        lines.append(f"{title:46}{wall}{cpu}{used.cpu / sessions * 1e6:9.1f}{used.memory / 2**20:6.0f}")
    return "\n".join(lines)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
