"""Moves of sessions beside bare radclient.

The floor is radclient with the very packets that `radtune apply` sends, in as many runs at once, and nothing else. The
sessions are made by logins through a real server, the NASes are a FreeRADIUS that acknowledges every packet, and
radtune runs as cron would run it; the CPU time is that of the command and of all radclients that it starts.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from bench.clients import Client, some_clients
from bench.cpu import Compared, ratio
from bench.errors import BenchError
from bench.packets import Request, login
from bench.plan import Plan, tell
from bench.process import SHOWN, Used, run, run_with_files
from bench.site import SECRET, Servers, Site
from bench.stores import BENCH, RadtuneHome
from parts.coa_server import CoaServer
from parts.raddb import give_to_server
from parts.radius_client import RadiusClient, mac_login

KEYS = ("coa",)
SETTLED_SECONDS = 3.0
"""How long a policy has to have been the same for the server to read it (policy_watch.LOOK_SECONDS), and a bit more."""
STRANGER = "020000000001"
NOT_ENFORCED = 4
SESSIONS_OF_A_NAS = 100
STAY, APPLY, PROVED = "all stay", "all to move", "all were moved"
MORE_SETTINGS = """\
nas:
  - {{name: bench, nas: [127.0.1.0/24], port: {port}, secret_file: coa-secret, rate: 1000}}
moves: {{hold_down: 0s}}
"""


@dataclass(slots=True)
class Moving:
    """A checkout's home and server, the clients, by how much the VLANs have changed so far, seconds of CPU by step."""

    home: RadtuneHome
    site: Site
    clients: Sequence[Client]
    changed: int = 0
    costs: dict[str, list[float]] = field(default_factory=lambda: {STAY: [], APPLY: [], PROVED: []})

    @property
    def environment(self) -> Mapping[str, str]:
        """That of the command."""
        return self.home.tree.environment(self.home.settings)

    def log_in(self) -> None:
        """Let all clients log in, and see that each gets its VLAN."""
        self.site.run("login", [self._login(number, client) for number, client in enumerate(self.clients)])

    def _login(self, number: int, client: Client) -> Request:
        return login(client, number, SECRET.encode(), str(int(client.vlan) + self.changed))

    def change_policy(self) -> None:
        """Give every client another VLAN, in the server, too."""
        text = re.sub(r"\{vlan: (\d+)\}", lambda found: f"{{vlan: {int(found[1]) + 1}}}", self.home.policy.read_text())
        self.home.policy.write_text(text)
        self.changed += 1
        time.sleep(SETTLED_SECONDS)
        server = self.site.server
        RadiusClient(server.auth_port, server.acct_port, SECRET).login(*mac_login(STRANGER))

    def apply(self, step: str, *words: str, state: str = "", code: int = 0) -> None:
        """Run `radtune apply`, which brings all moves into this state, and keep what it costs."""
        used = run([sys.executable, "-P", "-m", "radtune_tools", "--json", "apply", *words], self.environment, (code,))
        found = sum(row["state"] == state for row in json.loads(used.output)) if state else len(self.clients)
        if found != len(self.clients):
            raise BenchError(f"{found} of {len(self.clients)} moves are {state}:\n{used.output[-SHOWN:]}")
        self.costs[step].append(used.cpu)


def measure(plan: Plan) -> Iterator[Compared]:
    """Run the rounds and give the row."""
    directory, count = plan.place("coa"), plan.sizes.sessions
    addresses = [f"127.0.1.{number + 1}" for number in range(max(1, count // SESSIONS_OF_A_NAS))]
    known = some_clients(plan.sizes.devices, plan.seed, count)
    if len(known) < count:
        raise BenchError(
            f"only {len(known)} of {plan.sizes.devices} devices are let in; --sessions {count} is too many"
        )
    placed = [replace(client, nas=addresses[number % len(addresses)]) for number, client in enumerate(known)]
    with ExitStack() as running:
        nas = running.enter_context(CoaServer(plan.place("coa-nas"), SECRET, addresses=addresses, debug=False))
        servers = Servers(directory, running)
        moving = [_moving(home, servers, placed, nas.port) for home in plan.homes("coa")]
        floor: list[float] = []
        for number in range(plan.sizes.applies):
            tell(f"coa: round {number + 1} of {plan.sizes.applies}")
            floor.append(_bare(plan, moving[-1], number).cpu)
            for each in moving:
                _round(each)
    steps = {
        f"{each.home.tree.name}, {step}": statistics.median(costs)
        for each in moving
        for step, costs in each.costs.items()
    }
    yield Compared(
        "coa",
        {each.home.tree.name: ratio(each.costs[APPLY], floor) for each in moving},
        {**steps, "radclient": statistics.median(floor)},
        "s",
        f"{count:,} sessions on {len(addresses)} NASes{plan.hint('sessions')}",
    )


def _moving(home: RadtuneHome, servers: Servers, placed: Sequence[Client], port: int) -> Moving:
    with home.settings.open("a") as settings:
        settings.write(MORE_SETTINGS.format(port=port))
    secret = home.settings.with_name("coa-secret")
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o640)
    give_to_server(secret)
    moving = Moving(home, servers.start(home.tree.name, home.settings, tree=home.tree), placed)
    moving.log_in()
    if (live := home.sessions(len(placed) + 1)) != len(placed):
        raise BenchError(f"{live} sessions are live, not {len(placed)}")
    return moving


def _round(moving: Moving) -> None:
    moving.apply(STAY)
    moving.change_policy()
    accept = ("--wait", "0", "--accept-moves", str(len(moving.clients)))
    moving.apply(APPLY, *accept, state="acknowledged", code=NOT_ENFORCED)
    moving.log_in()
    moving.apply(PROVED, state="enforced")


def _bare(plan: Plan, moving: Moving, number: int) -> Used:
    files = plan.place(f"coa-packets-{number}")
    script = [str(BENCH / "coa_packets.py"), str(moving.home.settings), str(files)]
    asked = json.loads(moving.home.tree.run(script, moving.home.settings))
    count = len(moving.clients)
    if asked["packets"] != count:
        raise BenchError(f"{asked['packets']} packets were made for {count} sessions")
    used = run_with_files(asked["command"], sorted(files.glob("*.packets")), asked["at_once"])
    answers = len(re.findall(r"^Received Disconnect-ACK ", used.output, re.MULTILINE))
    if answers != count:
        raise BenchError(f"{answers} of {count} packets were acknowledged:\n{used.output[-SHOWN:]}")
    return used
