"""Files and links below the server's configuration directory: read, and replaced in one step.

The directory belongs to the server's user, and root calls. So no directory on the way may be a link, a file is opened
as what it is, and nothing outside of the directory is ever read or written.
"""

import base64
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from radtune.dataclass import dataclass

ABSENT, FILE, LINK = "absent", "file", "link"
_ASIDE = ".radtune-setup"
"""What the name of a file ends in until it is put in its place; it begins with a dot, so the server reads none."""
_MOST = 1 << 20


class ForeignFileError(Exception):
    """A path that setup leaves alone; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is at a path: nothing, a file or a link.

    content: the bytes of a file; target: the text of a link
    mode, user, group: of a file; a link has owners alone
    """

    kind: str = ABSENT
    content: bytes = b""
    target: str = ""
    mode: int = 0
    user: int = -1
    group: int = -1

    def to_json(self) -> dict[str, Any]:
        """Return it for the journal."""
        plain = {"kind": self.kind, "target": self.target, "mode": self.mode, "user": self.user, "group": self.group}
        return {**plain, "content": base64.b64encode(self.content).decode("ascii")}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Entry":
        """Raises KeyError, TypeError and ValueError for what `to_json` never returns."""
        content = base64.b64decode(plain["content"], validate=True)
        if plain["kind"] not in (ABSENT, FILE, LINK) or not 0 <= plain["mode"] <= 0o777:
            raise ValueError(plain["kind"])
        return cls(plain["kind"], content, str(plain["target"]), plain["mode"], int(plain["user"]), int(plain["group"]))

    def same(self, other: "Entry") -> bool:
        """Tell whether both hold the same; owners and mode don't count."""
        return (self.kind, self.content, self.target) == (other.kind, other.content, other.target)


class Raddb:
    """The directory `root`; paths below it are texts such as sites-enabled/default."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory that are of no directory, sorted. Raises ForeignFileError, OSError."""
        with self._inside(f"{directory}/x") as parent, os.scandir(parent) as entries:
            return sorted(each.name for each in entries if not _is_directory(each))

    def read(self, path: str) -> Entry:
        """Return what is at a path, a link as such. Raises ForeignFileError, OSError."""
        with self._inside(path) as parent:
            name = PurePosixPath(path).name
            try:
                found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                return Entry()
            if stat.S_ISLNK(found.st_mode):
                target = os.readlink(name, dir_fd=parent)
                return Entry(LINK, target=target, user=found.st_uid, group=found.st_gid)
            return _read_file(name, parent)

    def real(self, path: str) -> str:
        """Return the path of the file that a link leads to, or the path itself. Raises ForeignFileError."""
        for _ in range(5):
            entry = self.read(path)
            if entry.kind != LINK:
                return path
            target = os.path.normpath(self.root / PurePosixPath(path).parent / entry.target)
            if not target.startswith(f"{self.root}/"):
                raise ForeignFileError(f"is a link to {target}, outside of {self.root}")
            path = str(PurePosixPath(target).relative_to(self.root))
        raise ForeignFileError("is a link to a link, and so on")

    def write(self, path: str, entry: Entry) -> None:
        """Let a path be this. A file that is there gives its extended attributes to the new one.

        Raises ForeignFileError, OSError; nothing is changed then.
        """
        name = PurePosixPath(path).name
        aside = f".{name}{_ASIDE}"
        with self._inside(path) as parent:
            with suppress(FileNotFoundError):
                os.unlink(aside, dir_fd=parent)
            if entry.kind == ABSENT:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=parent)
            else:
                try:
                    _make(aside, entry, parent, name)
                    os.rename(aside, name, src_dir_fd=parent, dst_dir_fd=parent)
                except BaseException:  # raised again: nothing is left aside
                    with suppress(FileNotFoundError):
                        os.unlink(aside, dir_fd=parent)
                    raise
            os.fsync(parent)

    def forget_aside(self, path: str) -> None:
        """Remove what a killed `write` of this path has left aside."""
        with suppress(OSError, ForeignFileError), self._inside(path) as parent:
            os.unlink(f".{PurePosixPath(path).name}{_ASIDE}", dir_fd=parent)

    @contextmanager
    def _inside(self, path: str) -> Iterator[int]:
        """Give the directory of a path, opened part by part."""
        parts = PurePosixPath(path).parts
        if not parts or ".." in parts or path.startswith("/"):
            raise ForeignFileError(f"is outside of {self.root}")
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                try:
                    inner = os.open(part, flags, dir_fd=descriptor)
                except OSError as error:
                    if error.errno in (errno.ELOOP, errno.ENOTDIR):
                        raise ForeignFileError(f"is in {part}, which is a link or no directory") from None
                    raise
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        except OSError as error:
            # The system names a file by its name alone here.
            error.filename = str(self.root / path)
            raise
        finally:
            os.close(descriptor)


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    """Tell whether it is one, or a link to one; a link that leads in circles is none."""
    with suppress(OSError):
        return entry.is_dir()
    return False


def _read_file(name: str, parent: int) -> Entry:
    """Read what is neither a link nor missing. Raises ForeignFileError for what no configuration has."""
    # Asked of the open file: the name may lead to another one by now.
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    with os.fdopen(descriptor, "rb", closefd=False) as stream:
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise ForeignFileError("is neither a file nor a link")
            if found.st_nlink > 1:
                raise ForeignFileError("has a second name (a hard link), which would keep the old text")
            if found.st_mode & 0o7000 or found.st_size > _MOST:
                raise ForeignFileError("has a mode or a size that no file of the configuration has")
            return Entry(FILE, stream.read(), "", stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
        finally:
            os.close(descriptor)


def _make(name: str, entry: Entry, parent: int, old: str) -> None:
    """Make a file or a link with its owners and mode, complete on disk."""
    if entry.kind == LINK:
        os.symlink(entry.target, name, dir_fd=parent)
        if os.geteuid() == 0:
            os.chown(name, entry.user, entry.group, dir_fd=parent, follow_symlinks=False)
        return
    descriptor = os.open(
        name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent
    )
    with os.fdopen(descriptor, "wb") as stream:
        if os.geteuid() == 0:
            os.fchown(descriptor, entry.user, entry.group)
        _copy_attributes(old, parent, descriptor)
        os.fchmod(descriptor, entry.mode)
        stream.write(entry.content)
        stream.flush()
        os.fsync(descriptor)


def _copy_attributes(old: str, parent: int, new: int) -> None:
    """Give a file the extended attributes of the one that it replaces, such as an ACL or an SELinux label."""
    with suppress(OSError):
        descriptor = os.open(old, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        try:
            for attribute in os.listxattr(descriptor):
                with suppress(OSError):
                    os.setxattr(new, attribute, os.getxattr(descriptor, attribute))
        finally:
            os.close(descriptor)
