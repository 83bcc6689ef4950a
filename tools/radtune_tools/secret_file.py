"""The files of secrets that settings name."""

import stat
from pathlib import Path

from radtune.errors import FaultyFileError, NotPermittedError
from radtune.file_access import read_file


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
        raise FaultyFileError(file, f"can't be read as {what}: {error}") from error
    if not text.strip() or ("\n" in text.strip() and "-----BEGIN" not in text):
        raise FaultyFileError(file, f"expected {what} on one line, and nothing else")
    return text


def check_secret_file(file: Path, what: str) -> bytes:
    """Return the bytes of a file that others than its owner and group can't read; raises what `read_secret` raises."""
    content, status = read_file(file, what)
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o007:
        raise NotPermittedError(f"{file}: mode {mode:04o} lets every user have {what}; run: chmod o-rwx {file}")
    return content
