"""wpa_supplicant as the client on the other end of the cable."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.eapol import Supplicant
from parts.lab.control import Control
from parts.lab.netns import Cable
from parts.process import Program, wait_for


class WiredClient:
    """A laptop on a cable; it logs in when the switch asks for its identity, or else by itself after 2 seconds."""

    def __init__(self, directory: Path, cable: Cable, login: Supplicant) -> None:
        self._configuration = directory / "wpa_supplicant.conf"
        self._login = login
        self._control = Control("wpa_cli", directory / "wpa_supplicant", cable.client_end)
        self._stack = ExitStack()
        command = ["ip", "netns", "exec", cable.namespace, "wpa_supplicant", "-D", "wired", "-i", cable.client_end]
        command += ["-c", str(self._configuration)]
        self._program = Program(command, directory / "wpa_supplicant.log", "Associated with")

    def __enter__(self) -> Self:
        self._control.make_directory()
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(f"ctrl_interface={self._control.directory}\nap_scan=0\n{self._login.network()}")
        self._stack.enter_context(self._program)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def log(self) -> str:
        """What wpa_supplicant has said so far."""
        return self._program.log

    def state(self) -> dict[str, str]:
        """Give wpa_supplicant's own state, by its own names (`EAP state`, `selectedMethod`, `tls_session_reused`)."""
        return self._control.ask_table("status")

    def authenticated(self) -> bool:
        """Tell whether the last login succeeded. The laptop doesn't notice it when the switch throws it out."""
        # Not `suppPortStatus`, which stays Authorized while a later login is under way or has been refused.
        return self.state().get("Supplicant PAE state") == "AUTHENTICATED"

    def wait_authenticated(self, times: int = 1) -> None:
        """Wait until so many logins have succeeded since the start, the last of them with nothing after it."""
        wait_for(
            lambda: self.log.count("CTRL-EVENT-EAP-SUCCESS") >= times and self.authenticated(),
            f"{times} logins of the laptop",
        )

    def relogin(self) -> None:
        """Log in again of the laptop's own accord, some 2 seconds later; the switch takes it for the same session."""
        self.tell("reassociate")

    def tell(self, word: str) -> None:
        """Send a command of wpa_cli."""
        self._control.tell(word)
