"""wpa_supplicant as the client on the other end of the cable."""

import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.eapol import Supplicant
from parts.lab.netns import Cable
from parts.process import Program


class WiredClient:
    """A laptop on a cable; it logs in as soon as it runs."""

    def __init__(self, directory: Path, cable: Cable, login: Supplicant) -> None:
        self._directory = directory
        self._cable = cable
        self._login = login
        self._control = directory / "wpa_supplicant"
        self._stack = ExitStack()
        command = ["ip", "netns", "exec", cable.namespace, "wpa_supplicant", "-D", "wired", "-i", cable.client_end]
        command += ["-c", str(directory / "wpa_supplicant.conf")]
        self._program = Program(command, directory / "wpa_supplicant.log", "Associated with")

    def __enter__(self) -> Self:
        self._control.mkdir(mode=0o700)
        configuration = f"ctrl_interface={self._control}\nap_scan=0\n{self._login.network()}"
        (self._directory / "wpa_supplicant.conf").write_text(configuration)
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

    def tell(self, word: str) -> None:
        """Send a command of wpa_cli."""
        subprocess.run(
            ["wpa_cli", "-p", str(self._control), "-i", self._cable.client_end, word], capture_output=True, check=True
        )
