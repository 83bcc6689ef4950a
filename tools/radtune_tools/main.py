"""Run the command, and turn every error into words and an exit code: the only place that catches them."""

import io
import os
import platform
import sys
import traceback
from importlib import metadata

import click

from radtune import __version__
from radtune.errors import ExitCode, RadtuneError
from radtune.text import printable
from radtune_tools.cli import cli


def main() -> int:
    """Run the command line of this process; return its exit code."""
    try:
        code = cli.main(prog_name="radtune", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            click.echo(printable(line), err=True)
        return int(ExitCode.USAGE)
    except click.Abort:
        return int(ExitCode.INTERRUPTED)
    except RadtuneError as error:
        for line in str(error).splitlines():
            click.echo(f"radtune: {printable(line)}", err=True)
        return int(error.exit_code)
    except (BrokenPipeError, SystemExit):
        # The reader of our output has seen enough; click and rich say so by SystemExit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001  # what nobody expected is a bug, and has to look like one
        _report()
        return int(ExitCode.BUG)


def _report() -> None:
    """Print a report that can be pasted: versions and traceback."""
    names = ("click", "diskcache", "jsonschema", "msal", "PyYAML", "requests", "rich")
    versions = ", ".join(f"{name} {_version(name)}" for name in names)
    click.echo(
        "radtune: this is a bug in radtune; please report it with all of the following\n"
        f"radtune {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{versions}\n{traceback.format_exc()}",
        err=True,
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
