"""Changes made one by one, each noted first, and all of them put back if something fails."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.raddb_edit.changes import Change, View
from radtune_tools.raddb_edit.journal import Journal, Noted
from radtune_tools.raddb_edit.raddb_files import Entry, ForeignFileError, Raddb
from radtune_tools.raddb_edit.reversal import reversed_change


@contextmanager
def only_setup(root: Path) -> Iterator[None]:
    """Hold the lock of the configuration directory; raises TemporaryError if another setup has it, OSError."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise TemporaryError(f"another setup is changing {root}; try again when it has ended") from error
    finally:
        os.close(descriptor)


class Transaction:
    """The changes of one run: all are made, or none."""

    def __init__(self, raddb: Raddb, journal: Journal) -> None:
        """Nothing is changed yet. If the journal has a run that was killed, `put_back` is the first to be called."""
        self._raddb, self._journal = raddb, journal

    def make(self, step: str, changes: Iterable[Change]) -> None:
        """Make changes. Raises RadtuneError if a file was changed meanwhile by someone else, OSError."""
        if not self._journal.unfinished:
            self._journal.begin()
        for change in changes:
            now = self._read(change.path)
            if not now.same(change.before):
                raise RadtuneError(
                    f"{self._raddb.root / change.path} was changed by someone else meanwhile; run radtune setup again"
                )
            self._journal.note(step, change)
            self._write(change)

    def put_back(self) -> list[str]:
        """Take back all changes of the run; return what has to be done by hand. Raises OSError."""
        earlier, ours = self._journal.noted[: self._journal.begun_at], self._journal.noted[self._journal.begun_at :]
        back, left = taken_back(View(self._raddb), ours)
        for change in back:
            self._write(change)
        for noted in ours:
            self._raddb.forget_aside(noted.change.path)
        self._journal.keep([*earlier, *(noted for noted, _ in left)])
        return [why for _, why in left]

    def keep(self, left: Sequence[Noted] | None = None) -> None:
        """End the run: its changes stay. An undo gives the changes that are `left` to be undone."""
        self._journal.keep(self._journal.noted if left is None else left)

    def _write(self, change: Change) -> None:
        try:
            self._raddb.write(change.path, change.after)
        except ForeignFileError as error:
            raise RadtuneError(f"{self._raddb.root / change.path} {error}") from None

    def _read(self, path: str) -> Entry:
        try:
            return self._raddb.read(path)
        except ForeignFileError as error:
            raise RadtuneError(f"{self._raddb.root / path} {error}") from None


def taken_back(view: View, noted: Sequence[Noted]) -> tuple[list[Change], list[tuple[Noted, str]]]:
    """Return the changes that take these back, newest first, and those that can't be, each with what to do by hand."""
    back, left = list[Change](), list[tuple[Noted, str]]()
    for each in reversed(noted):
        path = each.change.path
        try:
            change = reversed_change(each.change, view.read(path))
        except (ValueError, ForeignFileError) as error:
            left.append((each, f"{view.place(path)}: {error}. By hand: undo the step {each.step} there"))
            continue
        if change is not None:
            back.append(change)
            view.add([change])
    return back, list(reversed(left))
