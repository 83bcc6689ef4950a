"""The whole lab: a switch, a cable, and a laptop that logs in again when the switch throws it out."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.eapol import Supplicant
from parts.lab.hostapd import Hostapd, Radius
from parts.lab.netns import Cable
from parts.lab.supplicant import WiredClient
from parts.ports import LOOPBACK


class Lab:
    """A laptop with the address `mac` (colon notation) on a port of a switch, running inside `with`.

    The switch asks for the laptop's identity when the laptop is plugged in, and again when it has thrown it out. No
    link goes down on a veth pair, and neither end would notice: this stands for what a switch does after it has
    bounced the port. `directory` takes the programs' files; several labs can run side by side.
    """

    def __init__(
        self,
        directory: Path,
        radius: Radius,
        login: Supplicant,
        mac: str,
        *,
        das_secret: str,
        identifier: str = "switch-1",
        address: str = LOOPBACK,
    ) -> None:
        """`address`, `identifier` and `das_secret` are the switch's (see Hostapd)."""
        self.mac = mac
        self.cable = Cable(mac)
        self.switch = Hostapd(
            directory,
            self.cable.switch_end,
            radius,
            das_secret=das_secret,
            identifier=identifier,
            address=address,
        )
        self.laptop = WiredClient(directory, self.cable, login)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Plug the laptop in; gives back before it is logged in or refused."""
        try:
            for part in (self.cable, self.switch, self.laptop):
                self._stack.enter_context(part)
            self.switch.on_disconnected = self.switch.ask_identity
            self.switch.ask_identity(self.mac)
        except BaseException:  # Ctrl-C, too, must not leave the parts begun so far behind
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def wait_logged_in(self, times: int = 1) -> None:
        """Wait until so many logins have succeeded since the start, and the port is open."""
        self.laptop.wait_authenticated(times)
        self.switch.wait_authorized(self.mac)
