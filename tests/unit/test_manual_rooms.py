"""The manual's table of rooms names the files that there are."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = (
    (ROOT / "docs/architecture.md").read_text().partition("| room | its one job |\n|---|---|\n")[2].partition("\n\n")[0]
)
PACKAGES = ("module/radtune", "tools/radtune_tools")


def named() -> Iterator[str]:
    """Yield what stands in the first column; a name without a folder is in that of the name before."""
    folder = Path()
    for row in ROWS.splitlines():
        for name in re.findall(r"`([^`]+)`", row.split("|")[1]):
            if "/" in name.rstrip("/"):
                folder = Path(name).parent
            yield name.rstrip("/") if (ROOT / name).exists() else str(folder / name)


def test_every_room_is_in_the_table_once_and_there_is_every_room_of_the_table() -> None:
    rooms = ["raddb", "tests"]
    for package in PACKAGES:
        inside = [each for each in (ROOT / package).iterdir() if each.name not in ("__init__.py", "__pycache__")]
        assert inside
        rooms += [str(each.relative_to(ROOT)) for each in inside]
    assert sorted(named()) == sorted(rooms)


def test_the_rooms_of_the_tests() -> None:
    (row,) = (row for row in ROWS.splitlines() if row.startswith("| `tests/` |"))
    there = {each.name for each in (ROOT / "tests").iterdir() if each.is_dir() and each.name != "__pycache__"}
    assert set(re.findall(r"`(\w+)`", row)) == there
