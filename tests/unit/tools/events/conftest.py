"""An event log, and what reads it."""

from pathlib import Path

import pytest

from unit.rotated import Reading, RotatedLog


@pytest.fixture
def log(tmp_path: Path) -> RotatedLog:
    return RotatedLog(tmp_path)


@pytest.fixture
def reading(log: RotatedLog) -> Reading:
    return Reading(log.file)
