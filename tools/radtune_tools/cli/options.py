"""A command, options that several of them take, and files that are named on the command line."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from click.decorators import FC

from radtune.policy.patterns import duration
from radtune.text import printable
from radtune_tools.cli.group import Command, changing, form_flag
from radtune_tools.context import Context


class GivenFile(click.Path):
    """A file that has to be there. If this user may not look whether it is, reading it says so."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)
        self.name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; click refuses the command line if there is no such file."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self.fail(f"{printable(str(path))}: there is no such file", param, ctx)
        except ValueError:
            self.fail(f"{value!r} can't be the name of a file", param, ctx)
        except OSError:
            pass
        return path


FILE = GivenFile()


def command(function: Callable[..., int]) -> click.Command:
    """Make a command of a function that takes the context and the options above it; its docstring is the help."""
    return click.command(cls=Command)(click.pass_obj(function))


def wait_option(help_text: str, *, least: int = 0, default: float = 30.0) -> Callable[[FC], FC]:
    """Return the option that says how many seconds to wait at most."""
    seconds = click.FloatRange(least, 3600)
    return click.option("--wait", type=seconds, default=default, show_default=True, metavar="SECONDS", help=help_text)


def limit_option(help_text: str, *, default: int) -> Callable[[FC], FC]:
    """Return the option that says how many rows to show."""
    return click.option(
        "--limit", type=click.IntRange(1), default=default, show_default=True, metavar="N", help=help_text
    )


def moment(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """Read a time in ISO 8601, in the local zone if it names none, as seconds since the epoch."""
    try:
        return None if value is None else datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"{value}: expected a time such as 2026-01-31T18:30 or 2026-01-31T18:30+01:00"
        ) from error


def past_moment(context: click.Context, option: click.Parameter, value: str | None) -> float | None:
    """Read a time as `moment` does, or `today`, or how long ago it was, such as 2h."""
    if value is None:
        return None
    if value == "today":
        return datetime.combine(date.fromtimestamp(time.time()), datetime.min.time()).timestamp()
    try:
        return time.time() - duration(value)
    except ValueError:
        pass
    try:
        return moment(context, option, value)
    except click.BadParameter as error:
        raise click.BadParameter(f"{error.message}, or how long ago, such as 2h or 7d, or today") from None


def moving(function: FC) -> FC:
    """Add the options of a command that moves sessions."""
    function = wait_option("How long to wait for moved devices to log in again.")(function)
    return click.option(
        "--accept-moves", type=int, metavar="N", help="Move N sessions though that is over the limits; N must be exact."
    )(function)


def listing(function: FC) -> FC:
    """Add the options that choose a list's columns and form."""
    for option in (
        click.option("--csv", **form_flag("Print all columns as CSV, or those of --columns.", as_csv=True)),
        click.option(
            "--columns",
            metavar="A,B",
            expose_value=False,
            callback=changing(_with_columns),
            help="Show these columns, in this order; an unknown one is answered with all that there are.",
        ),
        click.option("--wide", **form_flag("Show all columns, and cut nothing.", wide=True)),
    ):
        function = option(function)
    return function


def _with_columns(context: Context, value: Any) -> Context:
    names = tuple(name.strip().lower().replace(" ", "_") for name in str(value).split(",") if name.strip())
    if not names:
        raise click.BadParameter("names no column")
    return replace(context, form=replace(context.form, columns=names))
