"""The database of a store that may be replaced at any time: opened anew at the next look, each error in words."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

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
from radtune.stores.database import FILE, Database, DatabaseError, create
from radtune.stores.files import StoreFiles, check_access, forget_log, log_inode, mend_memory, not_ours
from radtune.stores.sqlite_errors import explained


class FollowedDatabase:
    """The database of one directory.

    version: how often files were found changed, or others in their place.
    replaced: how often another database was opened in the place of the one before.
    damaged: whether damage was met in the present files.
    file_id: a word for the file that is open, as of `current_file_id`.
    """

    remedy = "delete it"
    """What to do with a damaged store."""
    written_here = False
    """Whether the server writes it: a file of the same name that has changed is most likely its own doing then."""
    tags = False
    """Whether its rows are found by tag."""
    first_rows: Mapping[str, str] = {}
    """What is in a new store. These rows are always there: one that is missing is damage."""

    def __init__(self, directory: Path, *, create: bool, timeout: float) -> None:
        """Open the store; with `create`, make it (mode 0700) where it is missing, now and whenever it is opened anew.

        Raises StoreError (missing, damaged, other format, full disk), StoreAccessError or StoreBusyError.
        """
        self.directory = directory
        self.version = self.replaced = 0
        self.damaged = False
        self._paths = (str(directory), f"{directory}/{FILE}", f"{directory}/{FILE}-shm")
        self._create = create
        self._timeout = timeout
        self._lock = RLock()
        self._database: Database | None = None
        self._files: StoreFiles | None = None
        self._log = 0
        self.file_id = ""
        self._failed = False
        self._why: StoreError | None = None
        self._open()

    @staticmethod
    def exists(directory: Path) -> bool:
        """Tell whether there is a store in the directory; raises StoreAccessError where this user can't see it."""
        try:
            return (directory / FILE).exists()
        except PermissionError as error:
            raise StoreAccessError(not_ours(directory)) from error

    @staticmethod
    def current_file_id(directory: Path) -> str:
        """Return a word for the file that is there now, another one once it is replaced; '' where there is none."""
        try:
            status = (directory / FILE).stat()
        except OSError:
            return ""
        return f"{status.st_dev}:{status.st_ino}"

    @property
    def database(self) -> Database:
        """The open database; raises StoreError while there is none."""
        if self._database is None:
            raise self._why or StoreError(f"{self.directory}: closed")
        return self._database

    def _open(self) -> None:
        with self.errors():
            try:
                self._make()
            except PermissionError as error:
                raise StoreAccessError(not_ours(error.filename or self.directory)) from error
            check_access(self.directory)
            status = (self.directory / FILE).stat()
            if not status.st_size:
                raise StoreDamagedError(f"{self.directory}: damaged ({FILE} is empty); {self.remedy}")
            self._database, self._failed = Database(self.directory, self._timeout), False
            try:
                self._check_format()
            except BaseException:  # raised again: nothing is left open
                self.close()
                raise
            self._files, self._log = StoreFiles.of(*self._paths), log_inode(self.directory)
            self.replaced += self.file_id not in ("", opened := f"{status.st_dev}:{status.st_ino}")
            self.file_id = opened
            # Replaced just now: what is open may be the one before.
            self._failed = self._files is None or self._files.database != status.st_ino

    def _check_format(self) -> None:
        found = self.database.value("format")
        if found != FORMAT:
            raise StoreFormatError(f"{self.directory}: format {found}, not {FORMAT}; {self.remedy}")

    def _make(self) -> None:
        """Make the store where there is none yet, if that is wanted."""
        if self.exists(self.directory):
            return
        if not self._create:
            raise StoreError(f"{self.directory}: there is no store; run `radtune sync` first")
        try:
            self.directory.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
            advice = "its parent has to be a directory of the server's user"
            raise StoreError(f"{self.directory}: can't be made ({error.strerror}); {advice}") from error
        check_access(self.directory)
        first = {key: self.sealed(key, text) for key, text in self.first_rows.items()}
        create(self.directory, {"format": FORMAT, **first}, tags=self.tags, timeout=self._timeout)

    def sealed(self, key: str, text: str) -> str:
        """Return the text as it is written: behind a checksum of it and of its key, 8 hexadecimal digits."""
        return f"{zlib.crc32(text.encode(), zlib.crc32(key.encode())):08x}{text}"

    def look(self) -> None:
        """Open the store anew if its files are others than those that are open; raises StoreError if that fails.

        Not while this process writes: what is written has to be whole.
        """
        files = StoreFiles.of(*self._paths)
        if files is not None and files == self._files and not self._failed:
            return
        with self._lock:
            if self._database is None or not self._database.writing:
                self._take_up(files)

    def _take_up(self, files: StoreFiles | None) -> None:
        before = self._files
        if files is None or files != before:
            self.version, self.damaged = self.version + 1, False
        if before is not None:
            mend_memory(self.directory, before)
        grown = files is not None and before is not None and files.same_place(before) and files.size >= before.size
        if grown and self.written_here and not self._failed:
            with self.errors():
                check_access(self.directory)
                self.database.query("PRAGMA shrink_memory")
                self._files = files
            return
        self.close()
        if files is not None and before is not None and _is_other_file(files, before):
            forget_log(self.directory, self._log)
        self._files = None
        try:
            self._open()
        except StoreError as error:
            self._why = error
            raise

    def check_in_place(self) -> None:
        """Raise StoreError if what this process has open is no longer what is in the directory."""
        files = StoreFiles.of(*self._paths)
        if files is None or self._files is None or not files.same_place(self._files):
            raise StoreError(f"{self.directory}: moved or replaced while it was written; run the command again")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Hold the store for this thread, and turn what SQLite raises into errors of radtune."""
        try:
            with self._lock:
                yield
        except (DatabaseError, MemoryError, UnicodeDecodeError) as error:
            raise self._noted(explained(self.directory, error, self.remedy)) from error
        except StoreDamagedError:
            self.damaged = True
            raise
        except BlockingIOError as error:
            raise StoreBusyError(f"{self.directory}: locked by another process; try again") from error
        except OSError as error:
            if error.errno in FULL:
                raise StoreFullError(f"{self.directory}: the disk is full; make room") from error
            raise StoreError(f"{self.directory}: {error.strerror}; look at the files and at the disk") from error
        except UnicodeEncodeError as error:
            raise StoreTextError(
                f"{self.directory}: a text with half a character in it is neither kept nor found there ({error}); "
                "leave that out"
            ) from error

    def _noted(self, error: StoreError) -> StoreError:
        """Note what an error means for what is open: only a lock and a full disk pass without opening it anew."""
        self._failed = self._failed or not isinstance(error, StoreBusyError | StoreFullError)
        self.damaged = self.damaged or isinstance(error, StoreDamagedError)
        return error

    def wait_longer(self, seconds: float) -> None:
        """Wait so long for a lock from now on."""
        self._timeout = seconds
        if self._database is not None:
            self._database.query(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def close(self) -> None:
        """Close the connection."""
        if self._database is not None:
            self._database.close()
            self._database = None


def _is_other_file(files: StoreFiles, before: StoreFiles) -> bool:
    """Tell whether another database is in the directory, which is the same."""
    return files.directory == before.directory and files.database != before.database
