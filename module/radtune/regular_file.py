"""Files that people name, opened without waiting: a pipe would hold the reader up until somebody wrote to it."""

import errno
import os
import stat
from pathlib import Path
from typing import IO


def open_regular(file: Path) -> IO[bytes]:
    """Open a regular file for reading; raises OSError, for what is something else as well."""
    return os.fdopen(_opened(file), "rb")


def read_text(file: Path, *, encoding: str = "utf-8") -> str:
    """Return the text of a regular file; raises OSError as `open_regular` does, and UnicodeDecodeError."""
    with os.fdopen(_opened(file), encoding=encoding) as stream:
        return stream.read()


def _opened(file: Path) -> int:
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(file))
    return descriptor
