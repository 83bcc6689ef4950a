"""Files of settings.d, each written or removed in one step, and the files of secrets beside settings.yaml."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from radtune.config.settings import Settings, check_settings, read_settings
from radtune.config.settings_files import DIRECTORY
from radtune.config.yaml_file import Document, signature
from radtune.errors import NotPermittedError, RadtuneError, TemporaryError, UsageError

SECRET_MODE, DIRECTORY_MODE = 0o640, 0o750
Entry = Mapping[str, Any]


class SettingsFile:
    """settings.yaml and settings.d as they were read. Commands write and remove whole files of settings.d.

    file: settings.yaml; settings.d and the secrets stand beside it.
    tenants: the entries under intune, as they are written.
    """

    def __init__(self, file: Path, *, writes: bool = True) -> None:
        """Read it. `writes`: refuse a user who may not write there.

        Raises ConfigurationError with every fault, RadtuneError if `file` is a link, NotPermittedError.
        """
        self.file = file.absolute()
        self.directory = self.file.parent / DIRECTORY
        parent = self.file.parent
        missing = os.access(parent, os.X_OK, effective_ids=True) and not os.path.lexists(self.file)
        for place in (parent, self.directory) if writes and not missing else ():
            if os.path.isdir(place) and not os.access(place, os.W_OK, effective_ids=True):  # noqa: PTH112
                raise _may_not_write(place)
        self.document: Document = check_settings(self.file)
        if file.is_symlink():
            raise RadtuneError(
                f"{file} is a link, and nothing is written beside it; name the file itself by --settings"
            )
        self.document.raise_problems()
        self.settings: Settings = read_settings(self.file)
        self.tenants: Sequence[Entry] = tuple(self.document.keys().get("intune", ()))

    def find(self, tenant: str) -> int | None:
        """Return the place of the tenant's entry among `tenants`, or None; upper and lower case are the same."""
        names = [str(entry["tenant"]).lower() for entry in self.tenants]
        return names.index(tenant.lower()) if tenant.lower() in names else None

    def file_of(self, tenant: int) -> Path:
        """Return the file of settings.d that holds this entry alone; raises RadtuneError if it stands elsewhere."""
        origin, path = self.document.origin(("intune", tenant))
        if origin is self.document or sum(map(len, origin.data.values())) > 1:
            name = str(self.tenants[tenant]["tenant"]).lower()
            raise RadtuneError(
                f"{origin.file}:{origin.line(path)}: {name} stands among other settings, which no command changes; "
                f"move its entry into a file of its own, such as {self.new_file(f'intune-{name}')}, and run it again"
            )
        return origin.file

    def new_file(self, stem: str) -> Path:
        """Return a path in settings.d that no file has, with this name or a number behind it."""
        return _free(self.directory / f"{re.sub('[^a-z0-9.-]', '-', stem)}.yaml")

    def named(self, file: Path) -> str:
        """Return how settings name a file: by its name alone if it stands beside settings.yaml."""
        absolute = file.absolute()
        return absolute.name if absolute.parent == self.file.parent else str(absolute)

    def put(self, target: Path, key: str, entries: Sequence[Entry], *, rehearse: bool = False) -> None:
        """Write a file of settings.d with this list, if the settings are valid with it.

        A new file gets owner, group and mode of settings.yaml; one that is replaced keeps its own.
        rehearse: do everything but put the file in its place.
        Raises UsageError for an entry that settings can't have, NotPermittedError, and TemporaryError if somebody else
        has changed the file meanwhile.
        """
        with self._staged(target, in_yaml(key, entries)) as staged:
            problems = check_settings(self.file, staged={target: staged}).problems
            if ours := sorted(problem for problem in problems if problem.file == target):
                raise UsageError("; ".join(f"{problem.key}: {problem.message}" for problem in ours))
            if rehearse:
                return
            self._check_unchanged(target)
            self._make_directory()
            staged.replace(target)
        _sync(self.directory)

    def remove(self, target: Path) -> None:
        """Remove a file of settings.d; raises TemporaryError if somebody else has changed it meanwhile."""
        self._check_unchanged(target)
        target.unlink()
        _sync(self.directory)

    def _check_unchanged(self, target: Path) -> None:
        read = {other.file: other.signature for other, _ in self.document.included.values()}
        if signature(target) != read.get(target, ()):
            raise TemporaryError(f"{target} was changed by someone else meanwhile; nothing was written. Run it again")

    def _make_directory(self) -> None:
        with suppress(FileExistsError):
            self.directory.mkdir(DIRECTORY_MODE)
            self.directory.chmod(DIRECTORY_MODE)
            with suppress(PermissionError):
                beside = self.file.stat()
                os.chown(self.directory, beside.st_uid, beside.st_gid)

    @contextmanager
    def _staged(self, target: Path, text: str) -> Iterator[Path]:
        """Write the text under another name, with its later owner and mode; at the end remove it if it is there."""
        # settings.d may be on another file system, where no file is moved in one step from beside settings.yaml.
        place = self.directory if self.directory.is_dir() else self.file.parent
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=place)
        except PermissionError as error:
            raise _may_not_write(place) from error
        staged = Path(name)
        try:
            like = (target if target.exists() else self.file).stat()
            _write(descriptor, text, target, (like.st_uid, like.st_gid, like.st_mode & 0o777))
            yield staged
        finally:
            staged.unlink(missing_ok=True)


def _may_not_write(directory: Path) -> NotPermittedError:
    return NotPermittedError(f"{directory}: this user may not write there; run as root")


def in_yaml(key: str, entries: Sequence[Entry]) -> str:
    """Return a list of entries under this key as a file of settings.d holds it."""
    listed = {key: [dict(entry) for entry in entries]}
    return yaml.safe_dump(listed, allow_unicode=True, sort_keys=False, width=10_000)


def secret_name(directory: Path, tenant: str) -> str:
    """Return a name that no file there has, for the secret of this tenant."""
    return _free(directory / f"intune-secret-{tenant.lower()}", ending="").name


def _free(path: Path, ending: str = ".yaml") -> Path:
    stem = path.name.removesuffix(ending)
    paths = (path.with_name(f"{stem}{f'-{number}' if number > 1 else ''}{ending}") for number in count(1))
    return next(each for each in paths if not os.path.lexists(each))


@contextmanager
def new_secret(file: Path, secret: str, group: int) -> Iterator[None]:
    """Write the secret into a new file that this group can read; remove it again if what follows fails."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise NotPermittedError(f"{file}: this user may not write the secret there; run as root") from error
    except OSError as error:
        raise RadtuneError(f"{file}: the secret can't be written there: {error.strerror}") from error
    try:
        _write(descriptor, f"{secret}\n", file, (-1, group, SECRET_MODE))
        yield
    except BaseException:  # Ctrl-C, too, must not leave a secret behind
        file.unlink(missing_ok=True)
        raise


def _write(descriptor: int, text: str, file: Path, owner: tuple[int, int, int]) -> None:
    """Write the text so that it outlasts a power cut; `owner` is user (-1: as it is), group and mode."""
    user, group, mode = owner
    with open(descriptor, "wb") as stream:
        now = os.fstat(descriptor)
        if user not in (-1, now.st_uid) or group != now.st_gid:
            try:
                os.fchown(descriptor, user, group)
            except PermissionError as error:
                advice = "run as root"
                raise NotPermittedError(f"{file}: this user can't give it to its owner and group; {advice}") from error
        os.fchmod(descriptor, mode)
        stream.write(text.encode())
        stream.flush()
        os.fsync(descriptor)


def _sync(directory: Path) -> None:
    """Let the change of a directory outlast a power cut, if the file system can; the change itself is done."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
