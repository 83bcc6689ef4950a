"""The benchmark runs, at a size that says nothing: so that it can't rot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parts.readable import PROJECT

SIZES = {"devices": 300, "logins": 40, "stations": 2, "many": 600, "few": 300, "remembered": 200, "rounds": 1}
TINY = [word for name, size in SIZES.items() for word in (f"--{name}", str(size))]
SECONDS = 240


def run(file: Path, *words: str) -> tuple[str, dict[str, Any]]:
    """Run these rows, with this checkout as the other one, too; give the table and the JSON."""
    command = [sys.executable, "-m", "bench", *TINY, *words, "--before", str(PROJECT), "--json", str(file)]
    done = subprocess.run(command, cwd=PROJECT / "tests", capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text())


@pytest.mark.parametrize(
    "keys",
    [
        ("mab", "mab-lookup", "interim", "saturated"),
        ("eap-tls", "eap-ttls", "peap", "eap-tls-resumed"),
        ("fleet", "publishing", "memory"),
    ],
    ids=" ".join,
)
def test_rows_give_a_ratio_for_each_checkout(tmp_path: Path, keys: tuple[str, ...]) -> None:
    table, found = run(tmp_path / "bench.json", *keys)
    assert {row["key"] for row in found["rows"]} == {*keys}
    for row in found["rows"]:
        assert row["work"] in table
        assert {*row["ratios"]} == {"before", "now"}


def test_the_breakdown_names_steps_and_lines(tmp_path: Path) -> None:
    table, found = run(tmp_path / "bench.json", "breakdown", "--logins", "400")
    now = found["breakdown"]["now"]
    assert {"find the device", "decide", "session", "event"} <= {*now["steps"]}
    assert now["lines"]
    assert now["page"] in table


def test_a_row_that_is_not_known_is_refused() -> None:
    command = [sys.executable, "-m", "bench", "mab", "nothing"]
    done = subprocess.run(command, cwd=PROJECT / "tests", capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 2
    assert "no such row: nothing" in done.stderr
