"""The files of secrets that settings name."""

import os
import stat
from pathlib import Path

from radtune.errors import ConfigurationError, NotPermittedError, Problem
from radtune.file_access import open_regular, unreadable


def read_secret(file: Path, what: str) -> str:
    """Return what a secret's file holds, without the line end; `what` names the secret in messages.

    Raises NotPermittedError if this user may not read it, or others than its owner and group may; ConfigurationError
    if it is missing or empty, or holds several lines that aren't PEM.
    """
    return read_secret_text(file, what).strip()


def read_secret_text(file: Path, what: str) -> str:
    """Return the whole text of a secret's file, with blanks and the line end around it; raises as `read_secret`."""
    try:
        text = check_secret_file(file, what).decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError([Problem(file, 1, "", f"can't be read as {what}: {error}")]) from error
    if not text.strip() or ("\n" in text.strip() and "-----BEGIN" not in text):
        raise ConfigurationError([Problem(file, 1, "", f"expected {what} on one line, and nothing else")])
    return text


def check_secret_file(file: Path, what: str) -> bytes:
    """Return the bytes of a file that others than its owner and group can't read; raises what `read_secret` raises."""
    try:
        with open_regular(file) as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            content = stream.read()
    except FileNotFoundError:
        raise ConfigurationError([Problem(file, 1, "", f"there is no such file; it has to hold {what}")]) from None
    except PermissionError as error:
        raise NotPermittedError(unreadable(file, what)) from error
    except OSError as error:
        raise ConfigurationError([Problem(file, 1, "", f"can't be read as {what}: {error.strerror}")]) from error
    if mode & 0o007:
        raise NotPermittedError(f"{file}: mode {mode:04o} lets every user have {what}; run: chmod o-rwx {file}")
    return content
