"""A machine of its own for what changes /etc: this one, with copies of its changing directories, and without a network.

In it are FreeRADIUS's stock configuration at its own place, an installed radtune, and a server on the usual ports.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from parts.eapol import PROGRAM as EAPOL_TEST
from parts.eapol import Login, Supplicant, parse_logins
from parts.graph_simulator.process import SimulatorProcess
from parts.process import Program
from parts.raddb import give_to_server
from parts.readable import PROJECT
from parts.stock import stock

RADDB = "/etc/freeradius/3.0"
SECRET = "testing123"
TENANT, CLIENT_ID, CLIENT_SECRET = "contoso.example", "6f1d6c1e-4a36-4c8e-9f0b-3d7a51d1a001", "a client secret"
SCRIPT = """
mount --make-rprivate /
cp -a /etc "$1/etc"
rm -rf "$1/etc/freeradius/3.0" "$1/etc/radtune"
cp -a "$2" "$1/etc/freeradius/3.0"
chown -hR freerad:freerad "$1/etc/freeradius"
mount --bind "$1/etc" /etc
mount --bind "$1/local" /usr/local
mount --bind "$1/log" /var/log/freeradius
mount -t tmpfs none /run
install -d -o freerad -g freerad /run/freeradius
ip link set lo up
echo ready
exec python3 -c "$3"
"""
REAP = """
import os, time
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.05)
"""
"""The first process: the server, which goes into the background, becomes its child."""
RESTART = """\
#!/bin/sh
file=/run/freeradius/freeradius.pid
if [ -e $file ]; then
    pid=$(cat $file)
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
fi
exec freeradius
"""


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class PrivateMachine:
    """Runs inside `with`, in the empty `directory`; the store has the `fleet`. Wants root."""

    def __init__(self, directory: Path, fleet: Sequence[dict[str, object]]) -> None:
        self._directory = directory
        self._fleet = fleet
        self.etc, self.raddb = directory / "etc", directory / RADDB[1:]
        self.store = directory / "local/state"
        self.events_file = directory / "local/log/radtune-events.jsonl"
        for name in ("local", "log", "intune"):
            (directory / name).mkdir()
        give_to_server(directory / "log")
        unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = [*unshare, "sh", "-e", "-c", SCRIPT, "sh", str(directory), str(stock()), REAP]
        self._program = Program(command, directory / "machine.log", "ready")

    def __enter__(self) -> Self:
        self._program.__enter__()
        try:
            self.run("make", "-s", "-C", str(PROJECT), "install", "STATEDIR=/usr/local/state", "LOGDIR=/usr/local/log")
            self._sync()
            script = self._directory / "local/restart"
            script.write_text(RESTART)
            script.chmod(0o755)
            self.run("/usr/local/restart")
        except BaseException:  # Ctrl-C, too, must not leave the machine behind
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # unshare itself ignores SIGTERM, and ends with its child.
        for pid in children(self._program.pid):
            os.kill(pid, signal.SIGKILL)
        self._program.__exit__(kind, error, trace)

    def command(self, *words: str, network: bool = True) -> list[str]:
        """Return the command line that runs a program in the machine; without `network` on this machine's network."""
        pid = self._program.pid
        # The tests may run in a chroot, which a mount namespace knows nothing of.
        inside = ["nsenter", f"--target={pid}", "--mount", "--root", "--wd", f"--pid=/proc/{pid}/ns/pid_for_children"]
        return [*inside, *(["--net"] if network else []), "env", "--chdir=/", *words]

    def run(
        self, *words: str, expect: int = 0, text: str = "", network: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the machine; RuntimeError if it exits otherwise than `expect`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE"))}
        done = subprocess.run(
            self.command(*words, network=network),
            env={**environment, "COLUMNS": "1000"},
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        if done.returncode != expect:
            raise RuntimeError(f"{' '.join(words)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def setup(self, *options: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run radtune setup with --yes; it can restart the server."""
        return self.run("radtune", "setup", "--yes", "--restart-command", "/usr/local/restart", *options, expect=expect)

    def eap(self, supplicant: Supplicant, mac: str) -> Login:
        """Log in by EAP; `mac` in colon notation."""
        configuration = self._directory / "local/network.conf"
        configuration.write_text(supplicant.network())
        words = ["-c", "/usr/local/network.conf", "-a", "127.0.0.1", "-s", SECRET, "-M", mac, "-t", "20"]
        done = subprocess.run(
            self.command(EAPOL_TEST, *words), capture_output=True, text=True, errors="replace", check=False, timeout=60
        )
        (login,) = parse_logins(done.stdout)
        return login

    def mab(self, mac: str) -> str:
        """Log in by MAC, and return what radclient prints."""
        pairs = [f'User-Name = "{mac}"', f'User-Password = "{mac}"', f'Calling-Station-Id = "{mac}"']
        pairs += ["Service-Type = Call-Check"]
        words = ["radclient", "-x", "-r", "1", "-t", "10", "127.0.0.1", "auth", SECRET]
        done = subprocess.run(
            self.command(*words), input=",".join(pairs), capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout

    def configuration(self) -> dict[str, tuple[object, ...]]:
        """Return all of the server's configuration: owners, modes, links and contents."""
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(self.raddb.rglob("*")):
            status = path.lstat()
            held = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            found[str(path.relative_to(self.raddb))] = (status.st_uid, status.st_gid, status.st_mode, held)
        return found

    def _sync(self) -> None:
        """Fill the device store, once, from a simulated Intune."""
        directory = self._directory / "intune"
        with SimulatorProcess(
            directory, tenant=TENANT, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, fleet=self._fleet
        ) as intune:
            entry = {"tenant": TENANT, "client_id": CLIENT_ID, "client_secret_file": "intune-secret"}
            entry |= {"authority": intune.url, "graph": intune.url, "ca_file": "intune-ca.pem"}
            confdir = self.etc / "radtune"
            shutil.copy(intune.ca_file, confdir / "intune-ca.pem")
            (confdir / "intune-secret").write_text(CLIENT_SECRET)
            (confdir / "settings.d/intune.yaml").write_text(yaml.safe_dump({"intune": [entry]}))
            for name in ("intune-ca.pem", "intune-secret", "settings.d/intune.yaml"):
                (confdir / name).chmod(0o640)
                give_to_server(confdir / name)
            self.run("radtune", "sync", network=False)
