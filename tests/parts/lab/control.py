"""The control socket of hostapd and wpa_supplicant, through the command that comes with each."""

import os
import subprocess
from pathlib import Path

# sun_path of unix(7), less its closing NUL; the programs cut a longer path without a word.
LONGEST_SOCKET_PATH = 107
# The command's own socket, with the largest process id there is (proc_pid_max in proc(5)), is the longest name.
LONGEST_NAME = "wpa_ctrl_4194304-1"


class Control:
    """What `command` (hostapd_cli, wpa_cli) says to the program of an interface, by sockets in `directory`."""

    def __init__(self, command: str, directory: Path, interface: str) -> None:
        """Refuse, with ValueError, a directory whose path is too long for a socket in it."""
        if len(os.fsencode(directory / LONGEST_NAME)) > LONGEST_SOCKET_PATH:
            raise ValueError(f"{directory}: too long a path for a control socket; take a shorter directory")
        self.directory = directory
        self._command = [command, "-p", str(directory), "-s", str(directory), "-i", interface]

    def make_directory(self) -> None:
        """Make the directory, for this user alone; the program puts its socket there when it starts."""
        self.directory.mkdir(mode=0o700, exist_ok=True)

    def ask(self, *words: str) -> str:
        """Give the answer to a command; RuntimeError where the program doesn't answer."""
        done = subprocess.run([*self._command, *words], capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            raise RuntimeError(f"{self._command[0]} {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def tell(self, *words: str) -> None:
        """Give a command; RuntimeError where the program doesn't answer OK."""
        answer = self.ask(*words).strip()
        if answer != "OK":
            raise RuntimeError(f"{self._command[0]} {' '.join(words)}: {answer}")

    def ask_table(self, *words: str) -> dict[str, str]:
        """Give the lines `name=value` of the answer; none where there is nothing to say."""
        pairs = (line.partition("=") for line in self.ask(*words).splitlines())
        return {name: value for name, equals, value in pairs if equals}
