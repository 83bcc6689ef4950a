"""The benchmark runs, at a size that says nothing: so that it can't rot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from parts.readable import PROJECT

TINY = ("--devices", "300", "--logins", "40", "--rounds", "1")
SECONDS = 240


def run(file: Path, *words: str) -> tuple[str, dict[str, Any]]:
    """Run these rows, with this checkout as the other one, too; give the table and the JSON."""
    command = [sys.executable, "-m", "bench", *words, *TINY, "--before", str(PROJECT), "--json", str(file)]
    done = subprocess.run(command, cwd=PROJECT / "tests", capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout, {row["key"]: row for row in json.loads(file.read_text())["rows"]}


def test_logins_and_accounting(tmp_path: Path) -> None:
    table, rows = run(tmp_path / "bench.json", "mab", "mab-lookup", "interim")
    assert [*rows] == ["mab", "mab-lookup", "interim"]
    assert all(row["work"] in table and {*row["ratios"]} == {"before", "now"} for row in rows.values())


def test_a_row_that_is_not_known_is_refused() -> None:
    command = [sys.executable, "-m", "bench", "mab", "nothing"]
    done = subprocess.run(command, cwd=PROJECT / "tests", capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 2
    assert "no such row: nothing" in done.stderr
