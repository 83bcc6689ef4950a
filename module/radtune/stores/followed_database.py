"""The database of a store, which may be replaced at any time: opened anew at the next look, each error in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from radtune.errors import (
    FULL,
    StoreAccessError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFormatError,
    StoreFullError,
    StoreTextError,
)
from radtune.records.device_and_client import FORMAT
from radtune.stores.database import FILE, Cursor, Database, DatabaseError, connect, create, explained, sealed
from radtune.stores.store_files import StoreFiles, check_access, forget_log, log_inode, mend_memory, not_ours

PLAIN = "mode = 1 AND filename IS NULL"
"""Holds for a row as radtune writes them; 1 is diskcache's MODE_RAW."""
_FORMAT = f"SELECT value FROM Cache WHERE key = 'format' AND raw = 1 AND {PLAIN}"  # noqa: S608  # constants
FAILURES = (DatabaseError, MemoryError, UnicodeError, OSError)
"""The errors that SQLite, the system and a text can raise; `FollowedDatabase.failure` puts them into words."""


class FollowedDatabase:
    """The database of one directory.

    version: how often files were found changed, or others in their place
    replaced: another database was opened in the place of the one before; set to False once that is noted
    damaged: damage was met in the present files
    file_id: a word for the file that is open, as of `current_file_id`
    """

    remedy = "delete it"
    """The advice for a damaged store."""
    written_here = False
    """The server writes it: then a file of the same name that has changed is most likely its own doing."""
    tags = False
    """Its rows are found by tag."""
    first_rows: Mapping[str, str] = {}
    """The rows of a new store. They are always there: one that is missing is damage."""

    def __init__(self, directory: Path, *, create: bool, timeout: float) -> None:
        """Open the store; with `create`, make it (mode 0700) if it is missing, now and whenever it is opened anew.

        Raises StoreError (missing, damaged, other format, full disk), StoreAccessError or StoreBusyError.
        """
        self.directory = directory
        self.version = 0
        self.replaced = self.damaged = False
        self.file_id = ""
        self._paths = (str(directory), f"{directory}/{FILE}", f"{directory}/{FILE}-shm")
        self._create = create
        self._timeout = timeout
        self._lock = RLock()
        self._database: Database | None = None
        self._files: StoreFiles | None = None
        self._log = 0
        self._open_anew = False
        self._why_closed: StoreError | None = None
        self._open()

    @staticmethod
    def exists(directory: Path) -> bool:
        """Tell whether there is a store in the directory; raises StoreAccessError if this user can't see it."""
        try:
            return (directory / FILE).exists()
        except PermissionError as error:
            raise StoreAccessError(not_ours(directory)) from error

    @staticmethod
    def current_file_id(directory: Path) -> str:
        """Return a word for the file that is there now, another one once it is replaced; '' if there is none."""
        try:
            status = (directory / FILE).stat()
        except OSError:
            return ""
        return f"{status.st_dev}:{status.st_ino}"

    def _open(self) -> None:
        with self.errors():
            if not self.exists(self.directory):
                self._make()
            check_access(self.directory)
            status = (self.directory / FILE).stat()
            if not status.st_size:
                raise StoreDamagedError(f"{self.directory}: damaged ({FILE} is empty); {self.remedy}")
            self._database, self._open_anew = connect(self.directory, self._timeout), False
            try:
                self._check_format()
            except BaseException:  # raised again: nothing is left open
                self.close()
                raise
            self._files, self._log = StoreFiles.of(*self._paths), log_inode(self.directory)
            opened = f"{status.st_dev}:{status.st_ino}"
            self.replaced = self.replaced or self.file_id not in ("", opened)
            self.file_id = opened
            # If it was replaced just now, what is open may be the one before.
            self._open_anew = self._files is None or self._files.database != status.st_ino

    def _check_format(self) -> None:
        (found,) = self.query_one(_FORMAT) or (None,)
        if found != FORMAT:
            raise StoreFormatError(f"{self.directory}: format {found}, not {FORMAT}; {self.remedy}")

    def _make(self) -> None:
        """Make the store if that is wanted."""
        if not self._create:
            raise StoreError(f"{self.directory}: there is no store; run `radtune sync` first")
        try:
            self.directory.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
            advice = "its parent has to be a directory of the server's user"
            raise StoreError(f"{self.directory}: can't be made ({error.strerror}); {advice}") from error
        check_access(self.directory)
        first = {key: sealed(key, text) for key, text in self.first_rows.items()}
        create(self.directory, {"format": FORMAT, **first}, tags=self.tags, timeout=self._timeout)

    def look(self) -> None:
        """Open the store anew if its files are others than those that are open; raises StoreError if that fails.

        Not while this process writes: what is written has to be whole.
        """
        files = StoreFiles.of(*self._paths)
        if files is not None and files == self._files and not self._open_anew:
            return
        with self._lock:
            if self._database is None or not self._database.in_transaction:
                self._follow(files)

    def _follow(self, files: StoreFiles | None) -> None:
        before = self._files
        if files is None or files != before:
            self.version, self.damaged = self.version + 1, False
        if before is not None:
            mend_memory(self.directory, before)
            grown = files is not None and files.same_place(before) and files.size >= before.size
            if grown and self.written_here and not self._open_anew:
                with self.errors():
                    check_access(self.directory)
                    self.query("PRAGMA shrink_memory")
                    self._files = files
                return
        self.close()
        if files is not None and before is not None and files.is_other_database(before):
            forget_log(self.directory, self._log)
        self._files = None
        try:
            self._open()
        except StoreError as error:
            self._why_closed = error
            raise

    def check_in_place(self) -> None:
        """Raise StoreError if what this process has open is no longer what is in the directory."""
        files = StoreFiles.of(*self._paths)
        if files is None or self._files is None or not files.same_place(self._files):
            raise StoreError(f"{self.directory}: moved or replaced while it was written; run the command again")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Hold the store for this thread, and turn what SQLite and the system raise into errors of radtune."""
        try:
            with self._lock:
                yield
        except FAILURES as error:
            raise self.failure(error) from error

    def failure(self, error: Exception) -> StoreError:
        """Return the error for what SQLite or the system has raised, and note what it says of the files."""
        if isinstance(error, UnicodeEncodeError):
            return StoreTextError(f"{self.directory}: a text is not valid Unicode ({error}); remove it")
        if isinstance(error, BlockingIOError):
            return StoreBusyError(f"{self.directory}: locked by another process; try again")
        if isinstance(error, PermissionError):
            return StoreAccessError(not_ours(error.filename or self.directory))
        if isinstance(error, OSError):
            if error.errno in FULL:
                return StoreFullError(f"{self.directory}: the disk is full; make room")
            return StoreError(f"{self.directory}: {error.strerror}; look at the files and at the disk")
        said = explained(self.directory, error, self.remedy)
        # After anything but a lock and a full disk, only a new connection is sure to work again.
        self._open_anew = self._open_anew or not isinstance(said, StoreBusyError | StoreFullError)
        self.damaged = self.damaged or isinstance(said, StoreDamagedError)
        return said

    @property
    def _connection(self) -> Database:
        if self._database is None:
            raise self._why_closed or StoreError(f"{self.directory}: closed")
        return self._database

    def wait_longer(self, seconds: float) -> None:
        """Wait so long for a lock from now on."""
        self._timeout = seconds
        if self._database is not None:
            self._database.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def close(self) -> None:
        """Close the connection."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def execute(self, statement: str, arguments: tuple[Any, ...] = ()) -> Cursor:
        """Execute an SQL statement; raises StoreError."""
        try:
            with self._lock:
                return self._connection.execute(statement, arguments)
        except FAILURES as error:
            raise self.failure(error) from error

    def query(self, statement: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of an SQL statement."""
        with self.errors():
            return self._connection.execute(statement, arguments).fetchall()

    def query_one(self, statement: str, arguments: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        """Return the first row of an SQL statement, or None."""
        try:
            with self._lock:
                row: tuple[Any, ...] | None = self._connection.execute(statement, arguments).fetchone()
                return row
        except FAILURES as error:
            raise self.failure(error) from error

    def damage(self, key: str, why: object) -> StoreDamagedError:
        """Return the error for a row that isn't as radtune wrote it."""
        self.damaged = True
        return StoreDamagedError(f"{self.directory}: damaged ({key}: {why}); {self.remedy}")
