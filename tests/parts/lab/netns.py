"""A cable: a veth pair with the client's end in a network namespace of its own."""

import os
import re
import shutil
import subprocess
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAMS = ("ip", "hostapd", "hostapd_cli", "wpa_supplicant", "wpa_cli")
# Where ip-netns(8) keeps the names of namespaces.
NAMESPACES = Path("/run/netns")
NAME = re.compile(r"radtune-(\d+)-[0-9a-f]{8}")


def lab_impossible() -> str:
    """Say why no lab can run here, or ''."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f"{program} is not installed"
    try:
        with Cable():
            return ""
    except RuntimeError as error:
        return str(error)


class Cable:
    """A switch port (`switch_end`, in the namespace of the tests) and a client's network card in its own namespace.

    `mac`, in colon notation, is the address of the client's card. Both are there inside `with`, under names that no
    other cable has, and go with it. RuntimeError where one can't be made.
    """

    def __init__(self, mac: str = "02:00:00:00:00:01") -> None:
        name = uuid.uuid4().hex[:8]
        # The process id tells remove_leftovers whether anybody still uses it.
        self.namespace = f"radtune-{os.getpid()}-{name}"
        self.switch_end, self.client_end = f"rts{name}", f"rtc{name}"
        self.mac = mac

    def __enter__(self) -> Self:
        remove_leftovers()
        _ip("netns", "add", self.namespace)
        try:
            _ip("link", "add", self.switch_end, "type", "veth", "peer", "name", self.client_end)
            _ip("link", "set", self.client_end, "address", self.mac)
            _ip("link", "set", self.client_end, "netns", self.namespace)
            _ip("link", "set", self.switch_end, "up")
            _ip("-n", self.namespace, "link", "set", self.client_end, "up")
        except BaseException:  # Ctrl-C, too, must not leave the namespace behind
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The client's end goes with the switch's, wherever it is; the namespace alone would take its time.
        if Path(f"/sys/class/net/{self.switch_end}").exists():
            _ip("link", "del", self.switch_end)
        _ip("netns", "del", self.namespace)


def remove_leftovers() -> None:
    """Remove the namespaces, with the cables in them, of test runs that were killed."""
    for namespace in NAMESPACES.glob("radtune-*"):
        owner = NAME.fullmatch(namespace.name)
        if owner and not Path(f"/proc/{owner[1]}").exists():
            # Another run may be removing it too.
            subprocess.run(["ip", "netns", "del", namespace.name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
