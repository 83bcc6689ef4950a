"""`make play`, started as it is typed: each line that it prints is run as it stands, and nothing is left at the end."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from parts.process import wait_for
from parts.raddb import server_directory
from parts.readable import PROJECT

READY = "Ctrl-C ends all of it"
ETC = Path("/etc/freeradius")
END_SECONDS = 60
# How each printed line begins, and what has to be seen then; all of them exit 0 but for a login that is refused.
PRINTED = (
    ("export PATH=", ""),
    ("radtune devices", r"LAPTOP-5 +in_grace_period"),
    ("radtune sessions", r"ap-1/0016cb000002 +LAPTOP-2 +vlan 30"),
    ("radtune status", r"sessions: 5 live\n(.*\n)*healthy"),
    ("echo User-Name=0016cb000005", r'Access-Accept (.*\n)*\tTunnel-Private-Group-Id:0 = "30"'),
    ("eapol_test -c ", "SUCCESS"),
    ("echo User-Name=0016cb0000dd", r"Received Access-Reject "),
    ("radtune events --limit 3", r"reject +0016cb0000dd .*deny"),
    ("radtune explain 0016cb0000dd", r"compliance: ambiguous\n(.*\n)*outcome: deny \(rule Not Identified\)"),
    ("intune LAPTOP-1 noncompliant", "LAPTOP-1 is noncompliant in Intune"),
    ("radtune sync", r"1 changed, 1 now noncompliant, 0 gone"),
    ("radtune plan", r"LAPTOP-1 .*vlan 20 +vlan 99"),
    ("radtune apply", r"LAPTOP-1(.*\n)*.*switch-1/.*: vlan 20 -> vlan 99: enforced"),
    ("intune LAPTOP-1 compliant", "LAPTOP-1 is compliant in Intune"),
    ("radtune sync --apply", r"switch-1/.*: vlan 99 -> vlan 20: enforced"),
    ("sed -i ", ""),
    ("radtune policy check", r"valid, 4 rules\n"),
    ("radtune plan", r"LAPTOP-1 .*vlan 20 +vlan 21"),
    ("until radtune apply; do", r"switch-1/.*: vlan 20 -> vlan 21: enforced"),
    ("radtune quarantine PHONE-3 ", r"ap-1/.*: vlan 30 -> vlan 99: enforced"),
    ("radtune sessions PHONE-3", r"PHONE-3 +vlan 99"),
    ("radtune release PHONE-3", r"ap-1/.*: vlan 99 -> vlan 30: enforced"),
)
REFUSED = "User-Name=0016cb0000dd"


@dataclass
class Play:
    """`make play` as it runs: the process of make, which leads a session of its own, and all that it prints."""

    make: subprocess.Popen[bytes]
    directory: Path
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait(self, text: str) -> None:
        def seen() -> bool:
            assert self.make.poll() is None or text in self.log, self.log
            return text in self.log

        wait_for(seen, f"{text!r} of make play", 2 * END_SECONDS)

    def lines(self) -> list[str]:
        """Give the lines to type."""
        return re.findall(r"^    (\S.*(?:\n {8}.*)*)$", self.log, re.MULTILINE)

    def processes(self) -> list[int]:
        """Give the processes of its session (proc(5): the sixth field of stat)."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.make.pid:
                found.append(int(stat.parent.name))
        return found

    def left(self) -> tuple[list[int], list[Path]]:
        """Wait for the end of make; give the processes and the files that are still there."""
        self.make.wait(END_SECONDS)
        return self.processes(), list(self.directory.iterdir())


@contextmanager
def played(files: Path, log_file: Path) -> Iterator[Play]:
    """Run `make play` with its files in a directory of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
    with log_file.open("wb") as log:
        make = subprocess.Popen(
            # A test run in the background has made what it starts deaf to Ctrl-C.
            ["/usr/bin/env", "--default-signal=INT", "make", "-C", str(PROJECT), "play"],
            env={**environment, "TMPDIR": str(files)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    play = Play(make, files, log_file)
    try:
        yield play
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGTERM)
            make.wait(END_SECONDS)


def etc() -> dict[Path, float]:
    return {path: path.lstat().st_mtime for path in ETC.rglob("*")}


def typed(lines: Sequence[str], script: Path) -> list[tuple[int, str]]:
    """Run the lines in one shell, one after the other; give the exit code of each, and what it printed."""
    script.write_text("".join(f"{line}\nprintf '\\nexit code %d\\n' $?\n" for line in lines))
    done = subprocess.run(
        ["bash", str(script)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=10 * END_SECONDS,
    )
    parts = re.split(r"\nexit code (\d+)\n", done.stdout)
    return [(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=False)]


def test_every_printed_line_works_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    before = etc()
    with server_directory() as files, played(files, tmp_path / "log") as play:
        play.wait(READY)
        lines = play.lines()
        assert [line[: len(begin)] for line, (begin, _) in zip(lines, PRINTED, strict=True)] == [
            begin for begin, _ in PRINTED
        ]
        for line, (code, output), (_, told) in zip(lines, typed(lines, tmp_path / "script"), PRINTED, strict=True):
            assert (code, bool(re.search(told, output))) == (int(REFUSED in line), True), f"{line}\n{output}"
        assert re.search(r"^\d\d:\d\d:\d\d +accept +LAPTOP-1 +switch-1 +vlan 99 +Quarantine$", play.log, re.MULTILINE)
        os.killpg(play.make.pid, signal.SIGINT)
        assert play.left() == ([], [])
        assert "Ended; nothing is left." in play.log
        assert "Traceback" not in play.log
    assert etc() == before


def test_two_at_once_and_each_way_to_end(tmp_path: Path) -> None:
    with (
        server_directory() as one,
        server_directory() as other,
        played(one, tmp_path / "one") as first,
        played(other, tmp_path / "other") as second,
    ):
        first.wait(READY)
        second.wait(READY)
        first.make.terminate()
        assert first.left() == ([], [])
        ((code, output),) = typed([f"{second.lines()[0]}; radtune status"], tmp_path / "script")
        assert (code, "healthy" in output) == (0, True), output
        os.killpg(second.make.pid, signal.SIGHUP)  # what a terminal sends that is closed
        assert second.left() == ([], [])
        assert "Traceback" not in first.log + second.log


@pytest.mark.parametrize("begun", ["Intune, simulated", "FreeRADIUS"])
def test_ctrl_c_at_the_start_leaves_nothing(tmp_path: Path, begun: str) -> None:
    with server_directory() as files, played(files, tmp_path / "log") as play:
        play.wait(begun)
        os.killpg(play.make.pid, signal.SIGINT)
        assert play.left() == ([], [])
        assert not re.search(f"Traceback|{READY}", play.log)


def test_a_part_that_cannot_start_is_told(tmp_path: Path) -> None:
    place = tmp_path / "for root alone"
    place.mkdir(mode=0o700)
    with played(place, tmp_path / "log") as play:
        assert play.left() == ([], [])
        assert play.make.returncode == 2
        assert "make play: " in play.log
        assert "Traceback" not in play.log
        print(play.log)
