"""The journal: each change of the configuration, written down before it is made, so that it can be put back.

It is in a directory that root alone can enter, beside the stores. The server's user owns the directory above. So the
journal is believed only if it and its directory belong to the user that runs setup.
"""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from radtune.dataclass import dataclass
from radtune.errors import NotPermittedError, RadtuneError
from radtune_tools.raddb_edit.changes import Change
from radtune_tools.raddb_edit.raddb_files import Entry

DIRECTORY, _NAME, _ASIDE = "setup", "journal.json", "journal.new"
_FORMAT = 1
_MOST = 64 << 20


@dataclass(frozen=True, slots=True)
class Noted:
    """A change that was made, or was about to be made, and the name of its step."""

    step: str
    change: Change


class Journal:
    """The changes that setup has noted, oldest first.

    begun_at: how many of them were there when the run that is not through yet began; all, if there is none
    """

    def __init__(self, store: Path, raddb: Path) -> None:
        """Read what is there. Raises RadtuneError for a journal that can't be believed, and OSError."""
        self._store, self._raddb = store, raddb
        self.noted: list[Noted] = []
        self._begun_at: int | None = None
        with suppress(FileNotFoundError), self._directory() as directory:
            self._read(directory)

    @property
    def file(self) -> Path:
        """Where it is."""
        return self._store / DIRECTORY / _NAME

    @property
    def unfinished(self) -> bool:
        """A run has begun, and is not through."""
        return self._begun_at is not None

    @property
    def begun_at(self) -> int:
        """The changes, oldest first."""
        return len(self.noted) if self._begun_at is None else self._begun_at

    def begin(self) -> None:
        """Note that a run has begun; raises as `__init__`."""
        with suppress(FileExistsError):
            os.mkdir(self._store / DIRECTORY, 0o700)  # noqa: PTH102  # no other mode in between
        self._begun_at = len(self.noted)
        self._write()

    def note(self, step: str, change: Change) -> None:
        """Write a change down before it is made. Raises OSError; the change must not be made then."""
        self.noted.append(Noted(step, change))
        try:
            self._write()
        except BaseException:  # raised again
            self.noted.pop()
            raise

    def keep(self, noted: Sequence[Noted]) -> None:
        """End a run: these changes are left to be undone later; without any, there is no journal. Raises OSError."""
        self.noted, self._begun_at = list(noted), None
        if self.noted:
            self._write()
            return
        with suppress(FileNotFoundError), self._directory() as directory:
            for name in (_NAME, _ASIDE):
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=directory)
        with suppress(OSError):
            (self._store / DIRECTORY).rmdir()

    @contextmanager
    def _directory(self) -> Iterator[int]:
        path = self._store / DIRECTORY
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except PermissionError as error:
            raise NotPermittedError(f"{path}: this user may not read it; run as root") from error
        except NotADirectoryError:
            raise self._unbelievable() from None
        try:
            if not _is_private(os.fstat(descriptor)):
                raise self._unbelievable()
            yield descriptor
        finally:
            os.close(descriptor)

    def _unbelievable(self) -> RadtuneError:
        return RadtuneError(
            f"{self._store / DIRECTORY}: others can write there, so it can't be believed; look at it, and remove it"
        )

    def _read(self, directory: int) -> None:
        descriptor = os.open(_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        with os.fdopen(descriptor, "rb") as stream:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or not _is_private(found):
                raise self._unbelievable()
            text = stream.read(_MOST)
        try:
            plain = json.loads(text)
            known = plain["format"] == _FORMAT and plain["raddb"] == str(self._raddb)
            self._begun_at = None if plain["begun_at"] is None else int(plain["begun_at"])
            self.noted = [_noted(each) for each in plain["changes"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            known = False
        if not known:
            raise RadtuneError(
                f"{self.file}: isn't what this release of radtune writes for {self._raddb}; move it away"
            )

    def _write(self) -> None:
        plain = {
            "format": _FORMAT,
            "raddb": str(self._raddb),
            "begun_at": self._begun_at,
            "changes": [
                {
                    "step": each.step,
                    "path": each.change.path,
                    "before": each.change.before.to_json(),
                    "after": each.change.after.to_json(),
                }
                for each in self.noted
            ],
        }
        with self._directory() as directory:
            with suppress(FileNotFoundError):
                os.unlink(_ASIDE, dir_fd=directory)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(_ASIDE, flags, 0o600, dir_fd=directory), "w", encoding="ascii") as stream:
                json.dump(plain, stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.rename(_ASIDE, _NAME, src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)


def _noted(plain: dict[str, object]) -> Noted:
    before, after = (Entry.from_json(plain[key]) for key in ("before", "after"))  # type: ignore[arg-type]  # else TypeError
    return Noted(str(plain["step"]), Change(str(plain["path"]), before, after))


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
