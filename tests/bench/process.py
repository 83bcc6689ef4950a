"""Processes that are measured: what they say, how long they take, what they use."""

import os
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError

SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Used:
    """What a process has said and used, those that it started and waited for included.

    `wall` and `cpu` (user and system) in seconds, `memory` is the most at once, in bytes.
    """

    output: str
    wall: float
    cpu: float
    memory: int


def run(command: Sequence[str], environment: Mapping[str, str], fine: Collection[int] = (0,)) -> Used:
    """Run a command to its end; BenchError where it exits with anything else than `fine`."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd="/"
        )
        try:
            cpu, memory = _ended(process, fine)
        except BenchError as error:
            stderr.seek(0)
            raise BenchError(f"{error}:\n{stderr.read().decode(errors='replace')[-SHOWN:]}") from error
        wall = time.monotonic() - started
        stdout.seek(0)
        return Used(stdout.read().decode(), wall, cpu, memory)


def run_with_files(command: Sequence[str], files: Sequence[Path], at_once: int) -> Used:
    """Run a command once for each of these files, as its standard input, so many at once; give the sums."""
    started, waiting = time.monotonic(), list(files)
    running: dict[int, tuple[subprocess.Popen[bytes], Path]] = {}
    total, most = 0.0, 0
    while waiting or running:
        while waiting and len(running) < at_once:
            file = waiting.pop(0)
            process = _started(command, file)
            running[process.pid] = process, file
        # The first of them to end, which stays there to be asked what it has used.
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if ended is None or ended.si_pid not in running:
            raise BenchError(f"another process than the {len(running)} that are measured has ended")
        process, file = running.pop(ended.si_pid)
        try:
            cpu, memory = _ended(process, (0,))
        except BenchError as error:
            raise BenchError(f"{error}:\n{_said(file)[-SHOWN:]}") from error
        total, most = total + cpu, max(most, memory)
    wall = time.monotonic() - started
    return Used("".join(map(_said, files)), wall, total, most)


def _started(command: Sequence[str], file: Path) -> subprocess.Popen[bytes]:
    with file.open("rb") as stdin, file.with_suffix(".out").open("wb") as stdout:
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.STDOUT)


def _said(file: Path) -> str:
    return file.with_suffix(".out").read_text(errors="replace")


def _ended(process: "subprocess.Popen[Any]", fine: Collection[int]) -> tuple[float, int]:
    """Wait for the end of a process; give its CPU time and the most memory it had."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        command = process.args if isinstance(process.args, list) else [str(process.args)]
        raise BenchError(f"{' '.join(map(str, command[:6]))} exited {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
