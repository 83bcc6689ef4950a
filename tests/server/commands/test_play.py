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

from parts.manual import fenced, page
from parts.process import wait_for
from parts.raddb import server_directory
from parts.readable import PROJECT, USER, readable

READY = "Ctrl-C ends all of it"
ETC = Path("/etc/freeradius")
END_SECONDS = 60
PAGE = page("play")
REFUSED = "User-Name=0016cb0000dd"
"""Stands in the only line that exits 1: radclient says so that a login was refused."""


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


def transcript() -> list[tuple[str, str]]:
    """Give the lines that the page has typed, each with what it shows of the answer."""
    shown = "".join(fenced(PAGE, "console"))
    return re.findall(r"^\$ (.*(?:\n {8}.*)*)\n((?:[^$\n].*\n)*)", shown, re.MULTILINE)


def as_here(text: str, play: Play) -> str:
    """Put the directory and the port of this run in the place of the page's."""
    for pattern in (r"export PATH=(.*)/bin:", r"radclient -x 127\.0\.0\.1:(\d+)"):
        ours, theirs = re.search(pattern, play.log), re.search(pattern, PAGE)
        assert ours and theirs
        text = text.replace(theirs[1], ours[1])
    return text


def fits(shown: str, seen: str) -> bool:
    """Tell whether an answer is the one shown, where `…` stands for any text, and columns have any width."""
    parts = (re.escape(re.sub(r" +", " ", part)) for part in re.split(" *…", shown.strip()))
    return re.fullmatch(".*".join(parts), re.sub(r" +", " ", seen.strip()), re.DOTALL) is not None


def test_every_line_works_as_the_page_shows_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    before = etc()
    with server_directory() as files, played(files, tmp_path / "log") as play:
        play.wait(READY)
        lines = [as_here(line, play) for line, _ in transcript()]
        assert play.lines() == lines[: len(play.lines())]
        answers = typed(lines, tmp_path / "script")
        for line, (code, output), (_, shown) in zip(lines, answers, transcript(), strict=True):
            assert code == int(REFUSED in line), f"{line}\n{output}"
            assert fits(as_here(shown, play), output), f"{line}\n{output}"
        path, (by_hand,) = lines[0], [line for line in lines if "User-Name=0016cb000005" in line]

        def answer(line: str) -> str:
            return typed([path, line], tmp_path / "script")[1][1]

        assert 'Tunnel-Private-Group-Id:0 = "99"' in answer(by_hand)
        wait_for(lambda: "vlan 21" in answer("radtune sessions LAPTOP-4"), "the device that is back in Intune")
        started, news = fenced(PAGE, "text")
        for part in (*re.findall(r"^  (.{19})", started, re.MULTILINE), *re.findall(r"^\S+(.*)$", news, re.MULTILINE)):
            assert part in play.log
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


def test_a_kill_leaves_no_server_behind(tmp_path: Path) -> None:
    with server_directory() as files, played(files, tmp_path / "log") as play:
        play.wait(READY)
        python = [pid for pid in play.processes() if b"play" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
        os.kill(python[-1], signal.SIGKILL)
        wait_for(lambda: play.processes() in ([], [play.make.pid]), "the end of all that it started", END_SECONDS)


@pytest.mark.parametrize("begun", ["Intune, simulated", "FreeRADIUS"])
def test_ctrl_c_at_the_start_leaves_nothing(tmp_path: Path, begun: str) -> None:
    with server_directory() as files, played(files, tmp_path / "log") as play:
        play.wait(begun)
        os.killpg(play.make.pid, signal.SIGINT)
        assert play.left() == ([], [])
        assert "Ended; nothing is left." in play.log
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


def test_it_wants_root() -> None:
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "play"],
        env={"PYTHONPATH": str(readable(PROJECT / "tests")), "PYTHONDONTWRITEBYTECODE": "1"},
        user=USER,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=END_SECONDS,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("make play: it wants root")
