"""The files of a store: which they are, and whether this process may use them."""

import os
from pathlib import Path
from typing import NamedTuple

from radtune.errors import StoreAccessError
from radtune.file_access import account
from radtune.installation import USER
from radtune.stores.database import FILE


class StoreFiles(NamedTuple):
    """Directory, database and shared memory of a store, as far as they tell one state of it from another."""

    directory: int
    directory_changed: int
    database: int
    database_changed: int
    size: int
    memory: int
    memory_size: int

    @classmethod
    def of(cls, directory: str, file: str, memory: str) -> "StoreFiles | None":
        """Look at directory, database and shared memory; None if one can't be seen. Costs three stats, 4 µs in all."""
        try:
            place, found, shared = os.stat(directory), os.stat(file), os.stat(memory)  # noqa: PTH116  # pathlib costs more
        except OSError:
            return None
        changed, size = found.st_ctime_ns, found.st_size
        return cls(place.st_ino, place.st_ctime_ns, found.st_ino, changed, size, shared.st_ino, shared.st_size)

    def same_place(self, other: "StoreFiles") -> bool:
        """Tell whether these are the same files, whatever is in them."""
        return self[:3] == other[:3] and self.memory == other.memory

    def is_other_database(self, before: "StoreFiles") -> bool:
        """Tell whether another database is in the directory, which is the same."""
        return self.directory == before.directory and self.database != before.database


def mend_memory(directory: Path, before: StoreFiles) -> None:
    """Give the shared memory its size again if it was cut off; to touch it as it is would end this process by SIGBUS.

    SQLite finds that its content is gone, and makes it anew from the log of writes.
    """
    file = directory / f"{FILE}-shm"
    try:
        status = file.stat()
        if status.st_ino == before.memory and status.st_size < before.memory_size:
            os.truncate(file, before.memory_size)
    except OSError:
        return


def log_inode(directory: Path) -> int:
    """Return the inode of the log of writes, 0 if there is none."""
    try:
        return (directory / f"{FILE}-wal").stat().st_ino
    except OSError:
        return 0


def forget_log(directory: Path, inode: int) -> None:
    """Remove the log of writes with this inode: it belongs to a database that isn't there any more.

    SQLite would take it for that of the database that came in its place, and mix the two.
    """
    if inode and log_inode(directory) == inode:
        for left in ("-wal", "-shm"):
            (directory / f"{FILE}{left}").unlink(missing_ok=True)


def not_ours(path: Path | str) -> str:
    """Return the sentence for a path that this process may not use: whose it is, or what stands in the way."""
    for seen in (Path(path), *Path(path).parents):
        try:
            status = seen.stat()
        except OSError:
            continue
        if os.statvfs(seen).f_flag & os.ST_RDONLY:
            return f"{path}: its file system is mounted read-only; mount it for writing"
        if status.st_uid == os.geteuid():
            mode = f"{status.st_mode & 0o7777:04o}"
            return f"{path}: {seen} has mode {mode}, which keeps its owner out. Run: chmod u+rwX {seen}"
        whose = f"{path}: this user may not use it; {seen} belongs to {account(status.st_uid)}"
        return f"{whose}; {_advice(Path(path), seen, status.st_uid)}"
    return f"{path}: this user may not use it"


def _advice(path: Path, seen: Path, owner: int) -> str:
    if account(os.geteuid()) != USER:
        return "run as root" + (f" or {account(owner)}" if owner else "")
    if seen in (path, path.parent):
        return f"run: chown -R {USER}: {seen}"
    return f"let the server's user, {USER}, through it, or put the store elsewhere"


def check_access(directory: Path) -> None:
    """Refuse a directory that this process could not write; SQLite would leave half a store there."""
    for path in (directory, *sorted(directory.glob(f"{FILE}*"))):
        wanted = os.R_OK | os.W_OK | (os.X_OK if path == directory else 0)
        if not os.access(path, wanted, effective_ids=True):
            raise StoreAccessError(not_ours(path))
