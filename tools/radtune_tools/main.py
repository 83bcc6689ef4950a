"""Run the command, and turn every error into words and an exit code: the only place that catches them."""

import errno
import gc
import io
import os
import sys
from pathlib import Path

import click

from radtune import __version__
from radtune.errors import ExitCode, RadtuneError
from radtune.text import printable
from radtune_tools.cli.root import cli

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)
"""Errors of the system that no command can help, also if they name no file, as those of standard output."""


def main() -> int:
    """Run the command line of this process; return its exit code. Raises ModuleNotFoundError for a missing library."""
    # Commands make many records, and few cycles.
    gc.set_threshold(100_000)
    if sys.stdout is None:  # closed by who called, as `>&-` does
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # open until the process ends
    try:
        code = cli.main(prog_name="radtune", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        for line in said.getvalue().splitlines():
            click.echo(printable(line), err=True)
        code = ExitCode.USAGE
    except click.Abort:
        code = ExitCode.INTERRUPTED
    except RadtuneError as error:
        for line in str(error).splitlines():
            click.echo(f"radtune: {printable(line)}", err=True)
        code = error.exit_code
    except (BrokenPipeError, SystemExit):
        # The reader of the output has closed it; click raises SystemExit then.
        _write_no_more()
        code = ExitCode.OK
    except OSError as error:
        code = _refused_by_system(error)
    except Exception as error:  # noqa: BLE001  # anything else is a bug, and has to look like one
        code = _report(error)
    return int(code or 0)


def _write_no_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused_by_system(error: OSError) -> ExitCode:
    """Say which file the system refuses, or that it has no room; anything else is a bug."""
    if error.filename is None and error.errno not in _NO_ROOM:
        return _report(error)
    if error.filename is None:
        _write_no_more()
    advice = {errno.EACCES: "; run as root", errno.EPERM: "; run as root", errno.ENOSPC: "; make room"}
    where = f"{printable(str(error.filename))}: " if error.filename is not None else ""
    click.echo(f"radtune: {where}{error.strerror}{advice.get(error.errno or 0, '')}", err=True)
    return ExitCode.NOT_PERMITTED if isinstance(error, PermissionError) else ExitCode.CONFIGURATION


def _report(error: Exception) -> ExitCode:
    """Print a report that can be pasted: versions and traceback. Raises the error again if a library is missing."""
    if isinstance(error, ModuleNotFoundError):  # a command imports what it runs when it is called
        raise error
    import platform
    import traceback

    names = ("click", "diskcache", "msal", "PyYAML", "requests")
    versions = ", ".join(f"{name} {_version(name)}" for name in names)
    click.echo(
        "radtune: this is a bug in radtune; please report it with all of the following\n"
        f"radtune {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{versions}\n{traceback.format_exc()}",
        err=True,
    )
    return ExitCode.BUG


def _version(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
