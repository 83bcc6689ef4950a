"""A switch port with a laptop on it, that takes Disconnect-Requests: the end of the network that radtune acts on."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.access_network import AccessNetwork, Client, Nas
from parts.eapol import Supplicant
from parts.lab.hostapd import Hostapd, Radius
from parts.lab.netns import Cable
from parts.lab.supplicant import WiredClient
from parts.office import Office
from parts.server_log import answers

COA_SECRET = "the secret of the switch's CoA service"


class Port(ABC):
    """A port at which the laptop is logged in, inside `with`, and logs in again when the switch throws it out."""

    described: str
    coa_port: int

    def __init__(self, office: Office) -> None:
        self._office = office
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Connect the laptop; gives back once it is logged in."""
        try:
            self._connect()
        except BaseException:  # Ctrl-C, too, must not leave what has begun behind
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @abstractmethod
    def _connect(self) -> None: ...

    @property
    def vlans(self) -> list[str]:
        """The VLAN of each Access-Accept that the server has sent so far, read from the server's own log."""
        return [vlan for code, vlan in answers(self._office.server.log) if code == "Access-Accept"]


class HostapdPort(Port):
    """hostapd and wpa_supplicant on the two ends of a cable."""

    described = "hostapd as switch (802.1X, RADIUS, dynamic authorization), wpa_supplicant in a network namespace"

    def __init__(self, office: Office, directory: Path, login: Supplicant, mac: str) -> None:
        """`mac` is the laptop's, in colon notation; `directory` takes the programs' files."""
        super().__init__(office)
        self._directory, self._login = directory, login
        self.cable = Cable(mac)
        server = office.server
        radius = Radius(server.auth_port, server.acct_port, server.secret)
        self.switch = Hostapd(directory, self.cable.switch_end, radius, das_secret=COA_SECRET)
        self.coa_port = self.switch.das_port
        self.laptop = WiredClient(directory, self.cable, login)

    def _connect(self) -> None:
        for part in (self.cable, self.switch, self.laptop):
            self._stack.enter_context(part)
        # No link goes down on a veth pair: this stands for the bounce by which a switch makes the laptop log in again.
        self.switch.on_disconnected = self.switch.ask_identity
        self.switch.ask_identity(self.cable.mac)
        self.switch.wait_authorized(self.cable.mac)


class SimplePort(Port):
    """A NAS on loopback, and eapol_test: where no network namespace can be made."""

    described = "a NAS on loopback that takes CoA, eapol_test as laptop"

    def __init__(self, office: Office, _directory: Path, login: Supplicant, mac: str) -> None:
        """See HostapdPort."""
        super().__init__(office)
        self._network = AccessNetwork(office.client, COA_SECRET)
        self._laptop = Client("the laptop", mac, Nas("switch-1"), login)
        self.coa_port = self._network.port

    def _connect(self) -> None:
        self._stack.enter_context(self._network)
        self._network.connect(self._laptop)
