"""The lab leaves nothing behind, however it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parts.lab.control import Control
from parts.lab.netns import NAMESPACES, Cable
from parts.process import Program, wait_for

TESTS = Path(__file__).resolve().parents[1]
INTERFACES = Path("/sys/class/net")
# What a test run does that is killed in the middle.
RUN = """\
import sys
from pathlib import Path
from parts.lab.netns import Cable
from parts.process import Program
with Cable() as cable, Program(["sh", "-c", "echo up $$; exec sleep 1000"], Path(sys.argv[1]), "up") as program:
    print(cable.namespace, program.log.split()[1], flush=True)
    sys.stdin.read()
"""


def running(pid: str) -> bool:
    """Tell whether a process runs; one that has ended and that nobody has waited for has no command line."""
    file = Path(f"/proc/{pid}/cmdline")
    try:
        return file.read_bytes() != b""
    except FileNotFoundError:
        return False


def there(cable: Cable) -> list[bool]:
    return [(NAMESPACES / cable.namespace).exists(), (INTERFACES / cable.switch_end).exists()]


def test_a_cable_is_removed_when_the_test_fails() -> None:
    cable = Cable()
    with pytest.raises(ZeroDivisionError), cable:
        assert there(cable) == [True, True]
        raise ZeroDivisionError
    assert there(cable) == [False, False]


def test_a_cable_that_cannot_be_made_leaves_nothing() -> None:
    cable = Cable(mac="01:00:00:00:00:01")
    with pytest.raises(RuntimeError, match="address 01:00:00:00:00:01"), cable:
        pass
    assert there(cable) == [False, False]


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "log")],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with run:
        assert run.stdout
        namespace, program = run.stdout.readline().split()
        assert (NAMESPACES / namespace).exists()
        run.kill()
    wait_for(lambda: not running(program), "the end of the killed run's program")
    with Cable() as cable:
        assert there(cable) == [True, True]
        assert not (NAMESPACES / namespace).exists()


def test_a_program_that_ends_at_once_says_why(tmp_path: Path) -> None:
    program = Program(["sh", "-c", "echo no port to listen on; exit 3"], tmp_path / "log", "ready")
    with pytest.raises(RuntimeError, match=r"ended with 3:\nno port to listen on"), program:
        pass


def test_a_directory_whose_path_is_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="take a shorter directory"):
        Control("hostapd_cli", tmp_path / ("d" * 100), "rts0")
