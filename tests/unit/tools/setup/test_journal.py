"""The journal, and a setup that is killed at any of its steps on the disk."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from radtune.errors import RadtuneError
from radtune_tools.raddb_edit.changes import Change
from radtune_tools.raddb_edit.journal import Journal
from radtune_tools.raddb_edit.raddb_files import FILE, LINK, Entry
from unit.sample_raddb import Setup, tree

CHANGE = Change("a", Entry(FILE, b"\xff\n", "", 0o640, 3, 4), Entry(LINK, target="../x", user=0, group=0))
CALLS = ("open", "rename", "symlink", "unlink", "mkdir", "rmdir", "fsync", "fchmod")


EVERY = 11
"""The kills are sampled: this many calls lie between two."""


class KilledError(BaseException):
    """The process is no more."""


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Return a function after whose call so many more calls of the system succeed, and none after them."""
    left = [-1]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def calls(*arguments: Any, **named: Any) -> Any:
            if left[0] == 0:
                raise KilledError
            left[0] -= 1
            return call(*arguments, **named)

        return calls

    def kill_after(count: int) -> None:
        left[0] = count

    for name in CALLS:
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    yield kill_after
    left[0] = -1


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, Path("/x"))
    journal.begin()
    journal.note("one", CHANGE)
    again = Journal(tmp_path, Path("/x"))
    assert again.noted == journal.noted and again.unfinished and again.begun_at == 0
    again.keep(again.noted)
    again = Journal(tmp_path, Path("/x"))
    assert (again.unfinished, again.begun_at) == (False, 1)
    again.begin()
    assert Journal(tmp_path, Path("/x")).begun_at == 1
    again.keep([])
    assert list(tmp_path.iterdir()) == []
    again.keep([])


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    Journal(tmp_path, Path("/x")).begin()
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("setup", "setup/journal.json")]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("what", ["directory", "file", "link", "owner"])
def test_a_journal_that_others_may_have_written_is_not_believed(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Journal(tmp_path, Path("/x")).begin()
    if what == "link":
        (tmp_path / "setup").rename(tmp_path / "other")
        (tmp_path / "setup").symlink_to("other")
    elif what == "owner":
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    else:
        (tmp_path / ("setup" if what == "directory" else "setup/journal.json")).chmod(0o770)
    with pytest.raises(RadtuneError, match="others can write there, so it can't be believed"):
        Journal(tmp_path, Path("/x"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "raddb": "/x", "begun_at": null}'])
def test_a_journal_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    Journal(tmp_path, Path("/x")).begin()
    (tmp_path / "setup/journal.json").write_text(text)
    with pytest.raises(RadtuneError, match="isn't what this release of radtune writes for /x; move it away"):
        Journal(tmp_path, Path("/x"))


def test_a_journal_of_another_directory_is_named(tmp_path: Path) -> None:
    Journal(tmp_path, Path("/x")).begin()
    with pytest.raises(RadtuneError, match="isn't what this release of radtune writes for /y"):
        Journal(tmp_path, Path("/y"))


def runs_until_killed(
    setup: Setup, kill: Callable[[int], None], run: Callable[[Setup], object], first: int
) -> Iterator[None]:
    """Kill the run after more and more calls, until it is through; yield after each kill."""
    for count in range(first, 2000, EVERY):
        kill(count)
        try:
            run(setup)
        except KilledError:
            kill(-1)
            yield
        else:
            kill(-1)
            return
    raise AssertionError("it never came to its end")


def test_a_setup_that_is_killed_anywhere_is_undone(setup: Setup, kill: Callable[[int], None]) -> None:
    before, kills = tree(setup.root), 0
    for _ in runs_until_killed(setup, kill, lambda setup: setup.runner().set_up(), 0):
        kills += 1
        setup.runner().undo()
        assert tree(setup.root) == before
        assert list(setup.store.iterdir()) == []
    assert kills > 12


def test_a_setup_that_is_killed_anywhere_is_set_up_again(setup: Setup, kill: Callable[[int], None]) -> None:
    before = tree(setup.root)
    setup.runner().set_up()
    after = tree(setup.root)
    setup.runner().undo()
    for number, _ in enumerate(runs_until_killed(setup, kill, lambda setup: setup.runner().set_up(), 3)):
        if number % 2 == 0:
            setup.runner().set_up()
            assert tree(setup.root) == after
        setup.runner().undo()
        assert tree(setup.root) == before


def test_an_undo_that_is_killed_anywhere_is_undone_again(setup: Setup, kill: Callable[[int], None]) -> None:
    before = tree(setup.root)
    setup.runner().set_up()
    after = tree(setup.root)
    kills = 0
    for _ in runs_until_killed(setup, kill, lambda setup: setup.runner().undo(), 0):
        kills += 1
        setup.runner()
        assert tree(setup.root) in (before, after)
    assert kills > 12 and tree(setup.root) == before


def test_a_full_disk_leaves_all_as_it_was(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    before, left, fsync = tree(setup.root), [0], os.fsync

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    failed = 0
    for at in range(1, 200, 4):
        left[0] = at
        try:
            setup.runner().set_up()
        except OSError:
            failed += 1
            assert tree(setup.root) == before
        else:
            break
    assert failed > 3
    left[0] = -1
    setup.runner().undo()
    assert tree(setup.root) == before
