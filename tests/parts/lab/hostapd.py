"""hostapd as a switch with one port: 802.1X authenticator, RADIUS client, and dynamic authorization server."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from parts.lab.control import Control
from parts.ports import LOOPBACK, free_udp_port
from parts.process import POLL_SECONDS, Program, wait_for

EVERYBODY = "ff:ff:ff:ff:ff:ff"
THROWN_OUT = "AP-STA-DISCONNECTED "

# By number: what hostapd says of itself otherwise is that of an access point (NAS-Port-Type Wireless-802.11).
_PORT = """\
radius_{kind}_req_attr=5:d:1
radius_{kind}_req_attr=30:s:{own_mac}
radius_{kind}_req_attr=61:d:15
radius_{kind}_req_attr=77:s:CONNECT 1Gbps Ethernet
radius_{kind}_req_attr=87:s:port1
"""
_CONFIGURATION = """\
interface={interface}
driver=wired
ctrl_interface={control}
logger_stdout=-1
logger_stdout_level=1
ieee8021x=1
eapol_version=2
use_pae_group_addr=1
eap_reauth_period=0
own_ip_addr={address}
radius_client_addr={address}
nas_identifier={identifier}
radius_request_cui=0
auth_server_addr={radius.host}
auth_server_port={radius.auth_port}
auth_server_shared_secret={radius.secret}
acct_server_addr={radius.host}
acct_server_port={radius.acct_port}
acct_server_shared_secret={radius.secret}
radius_acct_interim_interval=60
radius_das_port={das_port}
radius_das_client={das_client} {das_secret}
radius_das_time_window=300
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
"""


@dataclass(frozen=True, slots=True)
class Radius:
    """The RADIUS server that the switch asks."""

    auth_port: int
    acct_port: int
    secret: str
    host: str = LOOPBACK


class Hostapd:
    """A switch port on `interface`; `das_port` takes Disconnect-Requests with `das_secret`.

    `address`, one of 127.0.0.0/8, is where its RADIUS packets come from, and its NAS-IP-Address. Its dynamic
    authorization server listens everywhere, so that each switch has a port number of its own; it answers from
    127.0.0.1, and takes requests from there alone.

    A client that loses its authorization is forgotten at once, as at a port whose link goes down, and `on_disconnected`
    is called, from a thread of its own, with its MAC. (By itself hostapd keeps such a client for 5 seconds; a login
    meanwhile is accepted, under the Acct-Session-Id of the ended session, and thrown away with the client.)
    """

    def __init__(
        self,
        directory: Path,
        interface: str,
        radius: Radius,
        *,
        das_secret: str,
        identifier: str = "switch-1",
        address: str = LOOPBACK,
    ) -> None:
        self.identifier = identifier
        self.address = address
        self.das_port = free_udp_port()
        self.on_disconnected: Callable[[str], None] = lambda _mac: None
        self.events: list[str] = []
        self._configuration = directory / "hostapd.conf"
        self._interface = interface
        self._radius = radius
        self._das_secret = das_secret
        self._control = Control("hostapd_cli", directory / "hostapd", interface)
        self._stopped = Event()
        self._stack = ExitStack()
        self._program = Program(["hostapd", str(self._configuration)], directory / "hostapd.log", "AP-ENABLED")

    @property
    def log(self) -> str:
        """What hostapd has said so far."""
        return self._program.log

    def __enter__(self) -> Self:
        self._control.make_directory()
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(self._settings())
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

    def _settings(self) -> str:
        settings = _CONFIGURATION.format(
            interface=self._interface,
            control=self._control.directory,
            address=self.address,
            identifier=self.identifier,
            radius=self._radius,
            das_port=self.das_port,
            das_client=LOOPBACK,
            das_secret=self._das_secret,
        )
        own_mac = Path(f"/sys/class/net/{self._interface}/address").read_text().strip().replace(":", "-").upper()
        return settings + "".join(_PORT.format(kind=kind, own_mac=own_mac) for kind in ("auth", "acct"))

    def station_state(self, mac: str) -> dict[str, str]:
        """Give what hostapd knows of a client, by its own names (`flags`, `dot1xAuthSessionId`); nothing if unknown."""
        return self._control.ask_table("sta", mac)

    def authorized(self, mac: str) -> bool:
        """Tell whether the port is open for this client."""
        return "[AUTHORIZED]" in self.station_state(mac).get("flags", "")

    def wait_authorized(self, mac: str) -> None:
        """Wait until the port is open for this client."""
        wait_for(lambda: self.authorized(mac), f"{mac} authorized at {self.identifier}")

    def wait_event(self, event: str, times: int = 1) -> None:
        """Wait until an event ("AP-STA-CONNECTED 00:16:cb:00:00:01") has happened so many times since the start."""
        wait_for(lambda: self.events.count(event) >= times, f"{times} times {event!r} at {self.identifier}")

    def ask_identity(self, mac: str) -> None:
        """Begin a client's login, as a switch does when the link comes up; nothing happens to one it knows already."""
        self._control.tell("new_sta", mac)

    def _watch(self) -> None:
        """Follow hostapd's log, which unlike its control socket loses no event."""
        rest = ""
        with self._program.log_file.open(errors="replace") as log:
            while not self._stopped.wait(POLL_SECONDS):
                *lines, rest = (rest + log.read()).split("\n")
                for line in lines:
                    self._note(line.removeprefix(f"{self._interface}: ").strip())

    def _note(self, event: str) -> None:
        if not event.startswith(("AP-", "CTRL-EVENT-")):
            return
        if event.startswith(THROWN_OUT):
            self._control.tell("deauthenticate", EVERYBODY)
            self.on_disconnected(event.removeprefix(THROWN_OUT))
        self.events.append(event)
