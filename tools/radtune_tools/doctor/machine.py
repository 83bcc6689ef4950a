"""The machine: what its programs print, disk space, systemd's Restart=, and whether cron and a timer do the same."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from radtune.installation import SERVER, USER
from radtune_tools.doctor.report import Check, Private, one_of

LEAST_MB = 200
"""Megabytes that have to be free on each disk."""
CRON = Path("/etc/cron.d/radtune")
TIMER = "radtune-sync.timer"
_SET_ASIDE = "/var/tmp"  # noqa: S108  # nothing is written there
"""Where SQLite sets a sync aside."""
_RESTARTS = ("no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog")
SECONDS = 8
"""Seconds that a program may take."""


def said_by(arguments: Sequence[str], *, as_server: bool = False) -> str | None:
    """Return what a program prints; None if it isn't there, fails, or takes too long.

    as_server: if root calls, run it as the server's user, with whose files it may have to do
    """
    drop: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if as_server and not os.geteuid() else {}
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=SECONDS, cwd="/", **drop
        )
    except (OSError, LookupError, subprocess.SubprocessError):  # LookupError: there is no such user
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def unit(name: str, *properties: str) -> Mapping[str, str] | None:
    """Return these properties of a unit of systemd; None if systemd doesn't say."""
    said = said_by(["systemctl", "show", name, *(f"--property={each}" for each in properties)])
    if said is None:
        return None
    found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    return found if set(properties) <= found.keys() else None


def check_machine(found: Check, directories: Iterable[Path], cron: Path = CRON) -> None:
    """Note disks without room, a server that isn't started again, and a schedule that is switched on twice."""
    _check_disks(found, [*directories, Path(tempfile.gettempdir()), Path(_SET_ASIDE)])
    found.said = "disks have room" if not found.findings else "see below"
    state = unit(SERVER, "LoadState", "Restart")
    if state is None or state["LoadState"] != "loaded":
        found.unknown(f"whether systemd starts the server again after a crash: it says nothing of the unit {SERVER}")
    else:
        found.fact("restart", one_of(state["Restart"], _RESTARTS))
        if state["Restart"] == "no":
            found.find("restart_policy", restart=one_of(state["Restart"], _RESTARTS))
    timer = unit(TIMER, "ActiveState")
    if timer is not None and timer["ActiveState"] == "active" and _has_line(cron):
        found.find("schedule_twice")


def _check_disks(found: Check, directories: Iterable[Path]) -> None:
    seen = set[int]()
    for directory in directories:
        with found.noting():
            there = next(each for each in (directory, *directory.parents) if each.is_dir())
            device, disk = there.stat().st_dev, os.statvfs(there)
            free, size = (blocks * disk.f_frsize // 1_000_000 for blocks in (disk.f_bavail, disk.f_blocks))
            if device not in seen and free < LEAST_MB:
                found.find("disk_space", place=Private("path", str(directory)), free=free, size=size)
            seen.add(device)


def _has_line(cron: Path) -> bool:
    """Tell whether the file lets cron run a sync."""
    try:
        return bool(re.search(r"^[^#\n]*\bradtune\b.*\bsync\b", cron.read_text(errors="replace"), re.MULTILINE))
    except OSError:
        return False
