"""What status says of the destinations of client events."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from radtune_tools.push.saved import Saved, saved_file, write_saved
from unit.running import Run

PUSH = "push:\n  - {name: soc, type: syslog, kinds: [moved]}\n"


@pytest.fixture
def pushes(office: Path) -> Path:
    """Return an office with a destination."""
    settings = office / "settings.yaml"
    settings.write_text(settings.read_text() + PUSH)
    (office / "store").mkdir(exist_ok=True)
    return office


def ask(run: Run, office: Path, **saved: Any) -> tuple[Any, list[str]]:
    """Return what status says of the destination, and the reasons to worry about it; times count from now."""
    now = time.time()
    told: dict[str, Any] = {name: value + now if isinstance(value, float) else value for name, value in saved.items()}
    write_saved(saved_file(office / "store", "soc"), replace(Saved(looked_at=now, sent=3, sent_at=now), **told))
    answer = run("--json", "status").json
    return answer["push"][0], [each["message"] for each in answer["reasons"] if each["name"] == "push"]


def test_without_a_destination_nothing_is_said(run: Run, office: Path) -> None:
    assert office.is_dir()
    assert "push" not in run("--json", "status").json


def test_a_destination_that_is_well(run: Run, pushes: Path) -> None:
    row, reasons = ask(run, pushes)
    assert (row["name"], row["sent"], row["lag_seconds"], reasons) == ("soc", 3, 0, [])
    assert "push: soc: 3 sent, the last at 20" in run("status").out


def test_prometheus_is_told_the_same(run: Run, pushes: Path) -> None:
    ask(run, pushes, refused=1, given_up=2, losses=4)
    text = run("metrics").out
    for said in (
        'radtune_push_lag_seconds{destination="soc"} 0.0',
        'radtune_push_sent_total{destination="soc"} 3.0',
        'radtune_push_dropped_total{destination="soc",reason="refused"} 1.0',
        'radtune_push_dropped_total{destination="soc",reason="given_up"} 2.0',
        'radtune_push_losses_total{destination="soc"} 4.0',
    ):
        assert f"\n{said}\n" in text
    assert 'radtune_reasons{name="push"} 1.0' not in text


def test_nobody_has_run_it_yet(run: Run, pushes: Path) -> None:
    said = "no event was ever looked for; run: systemctl enable --now radtune-push"
    assert f"radtune: push soc: {said}\n" in run("status").err
    assert pushes.is_dir()


@pytest.mark.parametrize(
    ("saved", "says"),
    [
        ({"looked_at": -1000.0}, "nobody has looked for events since 20"),
        ({"looked_at": 90_000.0}, "nobody has looked for events since 20"),
        ({"failing_since": -1000.0, "problem": "soc is dead"}, "it has taken nothing since 20"),
        (
            {"losses": 2, "lost_at": -1000.0},
            "events were gone from the log before they were sent, 2 times",
        ),
        ({"given_up": 4, "refused": 1, "aside_at": -1.0}, "events were not sent, the last at 20"),
    ],
)
def test_each_reason_to_worry(run: Run, pushes: Path, saved: dict[str, Any], says: str) -> None:
    _, (reason,) = ask(run, pushes, **saved)
    assert reason.startswith(f"push soc: {says}")


def test_what_keeps_it_is_named(run: Run, pushes: Path) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 5000))
    row, (reason,) = ask(run, pushes, failing_since=-1000.0, problem="soc is dead", oldest=at)
    assert reason.endswith(": soc is dead")
    assert 4990 < row["lag_seconds"] < 5100
    assert "seconds behind" in run("status").out


@pytest.mark.parametrize(
    "saved",
    [
        {"failing_since": -10.0, "problem": "busy", "tries": 2},
        {"losses": 1, "lost_at": -90_000.0},
        {"given_up": 1, "aside_at": -90_000.0},
        {"oldest": "then"},
    ],
)
def test_what_is_short_or_long_ago_is_no_reason(run: Run, pushes: Path, saved: dict[str, Any]) -> None:
    assert ask(run, pushes, **saved)[1] == []


def test_a_file_that_is_damaged_is_a_reason(run: Run, pushes: Path) -> None:
    ask(run, pushes)
    saved_file(pushes / "store", "soc").write_text("{")
    assert "radtune: push soc: " in run("status").err
    assert "isn't as radtune wrote it" in run("status").err
