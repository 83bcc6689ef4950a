"""settings.yaml, changed in one step or not at all, and the files of secrets beside it."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from radtune.config.settings import Settings, check_settings, read_settings
from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError, TemporaryError, UsageError
from radtune_tools.settings_edit.entry_edit import KEY, Entry

SECRET_MODE = 0o640


class SettingsFile:
    """settings.yaml as it was read."""

    def __init__(self, file: Path, *, writes: bool = True) -> None:
        """Read it; raises ConfigurationError with every fault, RadtuneError where it's a link, and NotPermittedError.

        With `writes`, who may not replace it is told so before anything else.
        """
        self.file = file.absolute()
        if writes and not _is_missing(self.file) and not os.access(self.file.parent, os.W_OK, effective_ids=True):
            raise _may_not_write(self.file.parent)
        document = check_settings(self.file)
        if file.is_symlink():
            raise RadtuneError(
                f"{file} is a link, and nothing is written through it; name the file itself by --settings"
            )
        document.raise_problems()
        self.settings: Settings = read_settings(self.file)
        self._bytes = self.file.read_bytes()
        self._data: dict[str, Any] = document.data

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        return dict(self._data)

    @property
    def text(self) -> str:
        """What stands in it, line ends included."""
        return self._bytes.decode()

    @property
    def entries(self) -> Sequence[Entry]:
        """The tenants in it, as they are written there."""
        return tuple(self._data.get(KEY, ()))

    def named(self, file: Path) -> str:
        """Return how the file is to be named in it: by its name alone where it stands beside it."""
        absolute = file.absolute()
        return absolute.name if absolute.parent == self.file.parent else str(absolute)

    def put(self, text: str, entries: Sequence[Entry], *, rehearse: bool = False) -> None:
        """Replace it with this text, once that was read and says the same but for these tenants; mode and owner stay.

        With `rehearse` everything but the replacement itself is done. Raises UsageError for an entry that settings
        can't have, RadtuneError for a text that says something else, NotPermittedError, and TemporaryError where the
        file has changed since it was read.
        """
        expected = {**{key: value for key, value in self._data.items() if key != KEY}, **_list(entries)}
        self.replace(text, expected, KEY, rehearse=rehearse)

    def replace(self, text: str, expected: dict[str, Any], key: str, *, rehearse: bool = False) -> None:
        """Do what `put` does, with a text that has to say `expected`; `key` is what has changed in it."""
        with self._aside(text) as aside:
            _check(aside, expected, key)
            if rehearse:
                return
            if self.file.read_bytes() != self._bytes:
                raise TemporaryError(
                    f"{self.file} was changed by someone else meanwhile; nothing was written. Run it again"
                )
            aside.replace(self.file)
        _sync_directory(self.file.parent)

    @contextmanager
    def _aside(self, text: str) -> Iterator[Path]:
        """Write the text beside the file, with its mode and owner; what is still there at the end is removed."""
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{self.file.name}.", dir=self.file.parent)
        except PermissionError as error:
            raise _may_not_write(self.file.parent) from error
        aside = Path(name)
        try:
            with open(descriptor, "wb") as stream:  # noqa: PTH123  # a descriptor has no path
                before = self.file.lstat()
                _give(descriptor, before.st_uid, before.st_gid, before.st_mode & 0o777, self.file)
                stream.write(text.encode())
                stream.flush()
                os.fsync(descriptor)
            yield aside
        finally:
            aside.unlink(missing_ok=True)


def _is_missing(file: Path) -> bool:
    try:
        file.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


def _may_not_write(directory: Path) -> NotPermittedError:
    return NotPermittedError(f"{directory}: this user may not write there; run as root")


def secret_name(directory: Path, tenant: str) -> str:
    """Return a name that no file there has, for the secret of this tenant."""
    names = (f"intune-secret-{tenant.lower()}" + (f"-{number}" if number > 1 else "") for number in count(1))
    return next(name for name in names if not os.path.lexists(directory / name))


@contextmanager
def new_secret(file: Path, secret: str, group: int) -> Iterator[None]:
    """Write the secret into a new file that this group can read; it is removed again where what follows fails."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise NotPermittedError(f"{file}: this user may not write the secret there; run as root") from error
    except OSError as error:
        raise RadtuneError(f"{file}: the secret can't be written there: {error.strerror}") from error
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123  # a descriptor has no path
            _give(descriptor, -1, group, SECRET_MODE, file)
            stream.write(f"{secret}\n".encode())
            stream.flush()
            os.fsync(descriptor)
        yield
    except BaseException:  # Ctrl-C, too, must not leave a secret behind
        file.unlink(missing_ok=True)
        raise


def _give(descriptor: int, user: int, group: int, mode: int, file: Path) -> None:
    """Set owner and mode, where they aren't so already."""
    now = os.fstat(descriptor)
    if (user not in (-1, now.st_uid)) or group != now.st_gid:
        try:
            os.fchown(descriptor, user, group)
        except PermissionError as error:
            raise NotPermittedError(f"{file}: this user can't give it to its owner and group; run as root") from error
    os.fchmod(descriptor, mode)


def _list(entries: Sequence[Entry]) -> dict[str, Any]:
    return {KEY: [dict(entry) for entry in entries]} if entries else {}


def _check(aside: Path, expected: dict[str, Any], key: str) -> None:
    other = f"the list under {key} is written in a way that radtune can't change line by line; edit it by hand"
    try:
        document = check_settings(aside)
    except ConfigurationError as error:
        raise RadtuneError(other) from error
    if document.data != expected:
        raise RadtuneError(other)
    if document.problems:
        raise UsageError("; ".join(f"{problem.key}: {problem.message}" for problem in sorted(document.problems)))


def _sync_directory(directory: Path) -> None:
    """Let the new name outlast a power cut, where the file system can; the replacement itself is done."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
