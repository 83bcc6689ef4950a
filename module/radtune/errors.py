"""Errors that an operator can mend, each kind with the exit code of the command."""

import errno
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

from radtune.dataclass import dataclass
from radtune.text import printable


class ExitCode(IntEnum):
    """The exit codes of the command; 69, 75, 77 and 78 are those of sysexits.h, 130 is a shell's for Ctrl-C."""

    OK = 0
    DIFFERENCE = 1
    USAGE = 2
    REFUSED = 3
    NOT_ENFORCED = 4
    UNKNOWN = 69
    BUG = 70
    TEMPORARY = 75
    NOT_PERMITTED = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


class RadtuneError(Exception):
    """Any of them: the message says what is wrong, where, and what to do."""

    exit_code = ExitCode.CONFIGURATION


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a settings or policy file; `line` counts from 1, `key` is the dotted path of the key or ''."""

    file: Path
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return printable(": ".join(filter(None, (f"{self.file}:{self.line}", self.key, self.message))))


class ConfigurationError(RadtuneError):
    """A settings or policy file that can't be used; carries every problem found, in the order of the file.

    `files` are those that were read for it, each with its signature from right before (`yaml_file.signature`).
    """

    def __init__(self, problems: Sequence[Problem], files: Sequence[tuple[str, tuple[int, ...]]] = ()) -> None:
        self.problems = tuple(sorted(problems))
        self.files = tuple(files)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class FaultyFileError(ConfigurationError):
    """A file that can't be used, for one reason."""

    def __init__(self, file: Path, message: str, line: int = 1) -> None:
        super().__init__([Problem(file, line, "", message)])


class UsageError(RadtuneError):
    """The command can't do what its words say, or a person did not agree."""

    exit_code = ExitCode.USAGE


class RefusedError(RadtuneError):
    """A safety limit stands in the way; what it guards was not changed."""

    exit_code = ExitCode.REFUSED


class NotPermittedError(RadtuneError):
    """This user, or this application at Microsoft, may not do what was asked."""

    exit_code = ExitCode.NOT_PERMITTED


class TemporaryError(RadtuneError):
    """It didn't work now and may work later."""

    exit_code = ExitCode.TEMPORARY


class StoreError(RadtuneError):
    """A store that can't be used: missing, damaged, or of another format."""


class StoreFormatError(StoreError):
    """A store that another release has written, in a format that this one doesn't read."""


class StoreAccessError(StoreError):
    """A store that this user may not use."""

    exit_code = ExitCode.NOT_PERMITTED


class StoreDamagedError(StoreError):
    """A store, or a row of it, that isn't as radtune wrote it."""


FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors of a system call for which there is no room."""


class StoreFullError(StoreError):
    """A store that can't be written for want of room on its disk."""

    exit_code = ExitCode.TEMPORARY


class StoreTextError(StoreError):
    """A text that no store can hold; nothing is wrong with the store."""


class StoreBusyError(StoreError):
    """Another process held the store's lock for longer than the caller waits."""

    exit_code = ExitCode.TEMPORARY
