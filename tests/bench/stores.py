"""The stores of the variants, filled from the same devices: a SQLite file, a Redis of its own, radtune's store."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.clients import Client
from bench.errors import BenchError
from parts.graph_simulator.process import SimulatorProcess
from parts.ports import LOOPBACK, free_tcp_port
from parts.raddb import give_to_server
from parts.readable import PROJECT

TENANT = "contoso.example"
CLIENT_ID = "5f2e3a10-0000-4000-8000-000000000001"
APP_SECRET = "a secret of the benchmark's own"
REDIS_SERVER, REDIS_CLI = "/usr/bin/redis-server", "/usr/bin/redis-cli"
START_SECONDS = 30
SYNC_SECONDS = 1800
POLL_SECONDS = 0.05

SETTINGS = f"""\
store: store
events: events.jsonl
policy: policy.yaml
intune:
  - tenant: {TENANT}
    client_id: {CLIENT_ID}
    client_secret_file: app-secret
    authority: %(url)s
    graph: %(url)s
    ca_file: %(ca_file)s
"""


def fill_sqlite(file: Path, clients: Iterable[Client]) -> None:
    """Make the database: one table, the MAC its primary key."""
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE devices (mac TEXT PRIMARY KEY, compliance TEXT NOT NULL) WITHOUT ROWID")
        rows = ((client.mac, client.compliance) for client in clients)
        database.executemany("INSERT INTO devices VALUES (?, ?)", rows)
    database.close()
    give_to_server(file)


class Redis:
    """A redis-server on a port of its own that keeps nothing on disk, running inside `with`."""

    def __init__(self, directory: Path) -> None:
        self.port = free_tcp_port()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; RuntimeError where none runs."""
        if self._process is None:
            raise RuntimeError("redis-server isn't running")
        return self._process.pid

    def __enter__(self) -> Self:
        options = {"--bind": LOOPBACK, "--port": str(self.port), "--save": "", "--dir": str(self._directory)}
        command = [REDIS_SERVER, *(word for option in options.items() for word in option)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while self._ask("PING") != "PONG":
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise BenchError("redis-server did not start")
            time.sleep(POLL_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def fill(self, clients: Iterable[Client]) -> None:
        """Set a key for each client; BenchError where one was refused."""
        commands = [f"SET {client.mac} {client.compliance}\r\n" for client in clients]
        said = self._ask("--pipe", commands="".join(commands))
        if not said.endswith(f"errors: 0, replies: {len(commands)}"):
            raise BenchError(f"redis-server did not take all keys: {said}")

    @property
    def memory(self) -> int:
        """Bytes of memory that it uses for its data."""
        used = [line for line in self._ask("INFO", "memory").splitlines() if line.startswith("used_memory:")]
        return int(used[0].partition(":")[2])

    def _ask(self, *words: str, commands: str = "") -> str:
        command = [REDIS_CLI, "-h", LOOPBACK, "-p", str(self.port), *words]
        return subprocess.run(command, input=commands, capture_output=True, text=True, check=False).stdout.strip()


class RadtuneHome:
    """A directory with radtune's settings, the policy that raddb/ ships with a quarantine VLAN, store and events."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.settings = directory / "settings.yaml"
        self.events = directory / "events.jsonl"
        self.device_store, self.session_store = directory / "store/devices", directory / "store/sessions"

    def fill(self, devices: int, seed: int) -> None:
        """Fill the device store by `radtune sync` from a Graph simulator; BenchError where it isn't all there."""
        (self._directory / "store").mkdir(parents=True)
        simulator_directory = self._directory / "simulator"
        simulator_directory.mkdir()
        (self._directory / "app-secret").touch(mode=0o600)
        (self._directory / "app-secret").write_text(APP_SECRET)
        policy = (PROJECT / "raddb/mods-config/radtune/policy.yaml").read_text()
        (self._directory / "policy.yaml").write_text(policy.replace("CHANGE-ME", "1"))
        graph = SimulatorProcess(
            simulator_directory,
            tenant=TENANT,
            client_id=CLIENT_ID,
            client_secret=APP_SECRET,
            devices=devices,
            seed=seed,
        )
        with graph:
            self.settings.write_text(SETTINGS % {"url": graph.url, "ca_file": graph.ca_file})
            give_to_server(self._directory)
            (tenant,) = json.loads(self.ask("sync"))
        if (seen := tenant["seen"]) != devices:
            raise BenchError(f"radtune sync has seen {seen} devices, not {devices}")

    def ask(self, *words: str) -> str:
        """Run the radtune command and give its JSON; BenchError where it fails."""
        command = [sys.executable, str(PROJECT / "tools/radtune"), "--settings", str(self.settings), "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SYNC_SECONDS)
        if done.returncode != 0:
            raise BenchError(f"radtune {' '.join(words)} ended with {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout


def size_on_disk(path: Path) -> int:
    """Give the bytes of a file, or of all files in a directory."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
