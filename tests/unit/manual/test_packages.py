"""The Debian packages that an operator is told of are the same wherever they are named."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOT_FOR_OPERATORS = {"eapoltest", "hostapd", "wpasupplicant", "iproute2", "python3-venv", "systemd"}
"""What only the tests and the demo run."""


def words(text: str) -> list[str]:
    """Return the words of a list that goes on behind backslashes."""
    return text.replace("\\\n", " ").split()


def found(file: str, pattern: str) -> list[str]:
    match = re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert match
    return words(match[1])


MANUAL = found("docs/install.md", r"^ +apt-get install ((?:.*\\\n)*.*)")


def test_the_manual_and_the_makefile_name_the_same() -> None:
    makefile = found("Makefile", r"^PACKAGES +:= ((?:.*\\\n)*.*)")
    assert [name for name in makefile if name not in NOT_FOR_OPERATORS] == MANUAL


def test_the_command_names_those_of_the_manual_that_it_needs_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "tools/radtune"), "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    named = words(done.stderr.partition("apt-get install ")[2])
    assert named == [name for name in MANUAL if not name.startswith("freeradius")]
