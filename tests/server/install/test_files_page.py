"""docs/files.md against the files of a real `make install`: each has one row, with its mode."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from parts.installation import files, make
from parts.manual import page

INSTALLED = page("files").partition("\n## What make install writes\n")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"^\| `(/\S*[^/])` \| `root:\w+` \| (0\d{3}) \|", INSTALLED, re.MULTILINE))
"""The mode by the pattern of the path."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("root")
    make("install", directory)
    return directory


def test_every_file_has_one_row_with_its_mode(root: Path) -> None:
    there = files(root)
    assert len(there) > 100
    for name in there:
        modes = [mode for pattern, mode in ROWS.items() if fnmatch(f"/{name}", pattern)]
        assert modes == [f"{(root / name).stat().st_mode & 0o7777:04o}"], name


def test_every_row_has_a_file(root: Path) -> None:
    there = [f"/{name}" for name in files(root)]
    assert len(ROWS) > 10
    assert [pattern for pattern in ROWS if not any(fnmatch(name, pattern) for name in there)] == []


def test_the_directories_are_those_that_are_made(root: Path) -> None:
    named = re.findall(r"^\| `(/\S*/)` \|", INSTALLED, re.MULTILINE)
    assert named and all((root / name.strip("/")).is_dir() for name in named)
