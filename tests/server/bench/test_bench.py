"""The benchmark runs, at a size that says nothing: so that it can't rot."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench.plan import Sizes
from parts.readable import PROJECT

TINY = Sizes(
    devices=300,
    logins=40,
    stations=2,
    many=600,
    few=300,
    remembered=200,
    synced=50,
    syncs=1,
    sessions=20,
    applies=1,
    rounds=1,
)
SECONDS = 240


def run(file: Path, *words: str) -> tuple[str, dict[str, Any]]:
    """Run these rows; give the table and the JSON."""
    sizes = [f"--{name}={size}" for name, size in asdict(TINY).items()]
    command = [sys.executable, "-m", "bench", *sizes, *words, "--json", str(file)]
    done = subprocess.run(command, cwd=PROJECT / "tests", capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text())


@pytest.mark.parametrize(
    "keys",
    [
        ("mab", "mab-lookup", "interim", "saturated"),
        ("eap-tls", "eap-ttls", "peap", "eap-tls-resumed"),
        ("fleet", "publishing", "memory"),
        ("sync-first", "sync-unchanged", "sync-check-ins"),
        ("coa", "help", "status", "events"),
    ],
    ids=" ".join,
)
def test_a_row_gives_a_ratio(tmp_path: Path, keys: tuple[str, ...]) -> None:
    table, found = run(tmp_path / "bench.json", *keys)
    assert {row["key"] for row in found["rows"]} == {*keys}
    assert all(row["work"] in table and row["ratios"]["now"]["value"] > 0 for row in found["rows"])


def test_another_checkout_is_measured_beside_this_one(tmp_path: Path) -> None:
    _, found = run(tmp_path / "bench.json", "mab", "--before", str(PROJECT))
    assert {*found["rows"][0]["ratios"]} == {"before", "now"}


def test_the_breakdown_names_steps_and_lines(tmp_path: Path) -> None:
    table, found = run(tmp_path / "bench.json", "breakdown", "--logins", "400")
    assert len(found["breakdown"]) == 2
    for kind, results in found["breakdown"].items():
        now = results["now"]
        assert {"find the device", "decide", "session", "event"} <= {*now["steps"]}
        assert now["lines"]
        assert kind in table


def test_a_row_that_is_not_known_is_refused() -> None:
    command = [sys.executable, "-m", "bench", "mab", "nothing"]
    done = subprocess.run(command, cwd=PROJECT / "tests", capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 2
    assert "no such row: nothing" in done.stderr
