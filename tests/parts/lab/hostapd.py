"""hostapd as a switch with one port: 802.1X authenticator, RADIUS client, and dynamic authorization server."""

import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from parts.ports import LOOPBACK, free_udp_port
from parts.process import Program, wait_for


@dataclass(frozen=True, slots=True)
class Radius:
    """The RADIUS server that the switch asks."""

    auth_port: int
    acct_port: int
    secret: str
    host: str = LOOPBACK


class Hostapd:
    """A switch port on `interface`; `das_port` takes Disconnect-Requests with `das_secret`.

    `on_disconnected` is called, from a thread of its own, with the MAC of each client that the switch throws out.
    """

    def __init__(
        self, directory: Path, interface: str, radius: Radius, *, das_secret: str, identifier: str = "switch-1"
    ) -> None:
        self._directory = directory
        self._interface = interface
        self._radius = radius
        self._das_secret = das_secret
        self.identifier = identifier
        self.das_port = free_udp_port()
        self.on_disconnected: Callable[[str], None] = lambda _mac: None
        self._control = directory / "hostapd"
        self._stopped = Event()
        self._stack = ExitStack()
        self._program = Program(["hostapd", str(directory / "hostapd.conf")], directory / "hostapd.log", "AP-ENABLED")

    @property
    def log(self) -> str:
        """What hostapd has said so far."""
        return self._program.log

    def __enter__(self) -> Self:
        self._control.mkdir(mode=0o700)
        (self._directory / "hostapd.conf").write_text(self._configuration())
        self._stack.enter_context(self._program)
        watcher = Thread(target=self._watch, daemon=True)
        watcher.start()
        self._stack.callback(watcher.join)
        self._stack.callback(self._stopped.set)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _configuration(self) -> str:
        radius = self._radius
        return f"""\
interface={self._interface}
driver=wired
ctrl_interface={self._control}
logger_stdout=-1
logger_stdout_level=1
ieee8021x=1
eapol_version=2
use_pae_group_addr=1
eap_reauth_period=0
own_ip_addr={LOOPBACK}
nas_identifier={self.identifier}
auth_server_addr={radius.host}
auth_server_port={radius.auth_port}
auth_server_shared_secret={radius.secret}
acct_server_addr={radius.host}
acct_server_port={radius.acct_port}
acct_server_shared_secret={radius.secret}
radius_acct_interim_interval=60
radius_das_port={self.das_port}
radius_das_client={LOOPBACK} {self._das_secret}
radius_das_time_window=300
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
"""

    def authorized(self, mac: str) -> bool:
        """Tell whether the port is open for this client."""
        done = subprocess.run(
            ["hostapd_cli", "-p", str(self._control), "-i", self._interface, "sta", mac],
            capture_output=True,
            text=True,
            check=False,
        )
        return "[AUTHORIZED]" in done.stdout

    def _watch(self) -> None:
        """Call `on_disconnected` for each AP-STA-DISCONNECTED in the log."""
        seen = 0
        while not self._stopped.wait(0.02):
            lines = self.log.splitlines()
            for line in lines[seen:]:
                _, found, mac = line.partition("AP-STA-DISCONNECTED ")
                if found:
                    self.on_disconnected(mac.split()[0])
            seen = len(lines)

    def wait_authorized(self, mac: str) -> None:
        """Wait until the port is open for this client."""
        wait_for(lambda: self.authorized(mac), f"{mac} authorized at {self.identifier}")
