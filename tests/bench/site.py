"""A server that is compared with others: what it costs by kind of work and round."""

import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bench.cpu import cpu_seconds
from bench.errors import BenchError
from bench.flood import flood
from bench.packets import Request
from bench.tree import NOW, Tree
from bench.variants import log_no_logins, no_detail
from parts.freeradius import FreeRADIUS
from parts.pki import Authority
from parts.raddb import DEFAULT_PYTHON_PATH, Change, Layout, TlsOptions, give_to_server

SECRET = "testing123"
RUSH = 64
"""Requests at once that are more than the server has threads."""
SHOWN = 2000


@dataclass(slots=True)
class Site:
    """A running server; `costs` are µs of its CPU a request by kind of work and round, of a rush requests a second."""

    name: str
    server: FreeRADIUS
    fixed: bool = False
    costs: dict[str, list[float]] = field(default_factory=dict)

    def run(self, work: str, requests: Sequence[Request], *, counts: bool = True) -> list[float]:
        """Send the requests and, if it counts, keep what they cost; give the seconds that each took."""
        port = self.server.acct_port if work == "interim" else self.server.auth_port
        before = cpu_seconds(self.server.pid)
        try:
            took = flood(requests, port, SECRET.encode())
        except BenchError as error:
            raise BenchError(f"{self.name}: {error}\n{self.server.log[-SHOWN:]}") from error
        if counts:
            self.costs.setdefault(work, []).append((cpu_seconds(self.server.pid) - before) / len(requests) * 1e6)
        return took

    def rush(self, requests: Sequence[Request], *, counts: bool = True) -> None:
        """Send the requests as fast as the server takes them and, if it counts, keep how many that were a second."""
        started = time.monotonic()
        flood(requests, self.server.auth_port, SECRET.encode(), in_flight=RUSH)
        if counts:
            self.costs.setdefault("rush", []).append(len(requests) / (time.monotonic() - started))

    def cost(self, work: str) -> float:
        """The median of the rounds, µs a request."""
        return statistics.median(self.costs[work])


class Servers:
    """Starts servers with one configuration, but for what makes them differ; they run until `running` ends."""

    def __init__(self, directory: Path, running: ExitStack, authority: Authority | None = None) -> None:
        self._directory, self._running, self._number = directory, running, 0
        self._authority = authority or Authority("radtune bench")
        self._certificate = self._authority.issue_server("radius.example")

    def start(
        self,
        name: str,
        settings: Path,
        *,
        tree: Tree = NOW,
        changes: Sequence[Change] = (),
        fixed: bool = False,
        hook: str = "radtune.server.hook",
        python_path: Sequence[Path] = (),
        tls: TlsOptions = TlsOptions(),  # noqa: B008  # frozen
        users: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Site:
        """Start a server with this checkout's files and module, or with what `changes` put in their place."""
        self._number += 1
        place = self._directory / f"server-{self._number}"
        place.mkdir()
        give_to_server(place)
        layout = Layout(
            self._authority.certificate_pem,
            self._certificate,
            settings,
            hook=hook,
            python_path=python_path or (tree.server_path if tree is not NOW else DEFAULT_PYTHON_PATH),
            secret=SECRET,
            users=users,
            tls=tls,
            changes=(log_no_logins, no_detail, *changes),
            environment=environment,
            shipped=tree.raddb,
        )
        return Site(name, self._running.enter_context(FreeRADIUS(place, layout, debug=False)), fixed)
