"""What people and programs get to see: tables and lines, or JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from radtune.text import printable, utc

_COLOURS = {
    "compliant": "green",
    "noncompliant": "red",
    "enforced": "green",
    "acknowledged": "green",
    "accept": "green",
    "reject": "red",
    "unanswered": "red",
    "refused": "red",
    "deny": "red",
}


class Output:
    """Where a command's answer goes. With `as_json` it is one JSON value; with `quiet` nothing but problems."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json = as_json
        self._quiet = quiet
        terminal = sys.stdout.isatty()
        # A table that goes into a file or a pipe is not to be folded to some width.
        self._console = Console(highlight=False, soft_wrap=True, width=None if terminal else 1_000_000)

    def json(self, value: object) -> None:
        """Print one JSON value."""
        click.echo(json.dumps(value, indent=2))

    def line(self, text: str) -> None:
        """Print a line for people; nothing where JSON or quiet was asked for."""
        if not self.as_json and not self._quiet:
            self._console.print(escape(printable(text)))

    def verbatim(self, text: str) -> None:
        """Print a text that programs read, in a format of its own, as it is."""
        click.echo(text, nl=False)

    def instruction(self, text: str) -> None:
        """Print a line that a person has to act upon; with JSON or quiet, on standard error."""
        if self.as_json or self._quiet:
            click.echo(printable(text), err=True)
        else:
            self.line(text)

    def table(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], empty: str) -> None:
        """Print the rows under these columns, or the JSON of the rows whole; `empty` is said where there are none."""
        found = list(rows)
        if self.as_json:
            self.json(found)
        elif not found:
            self.line(empty)
        elif self._quiet:
            return
        elif self._console.width < _width(columns, found):
            self._blocks(columns, found)
        else:
            table = Table(box=box.SIMPLE_HEAD if self._console.is_terminal else None, pad_edge=False)
            for column in columns:
                table.add_column(column.replace("_", " "))
            for row in found:
                table.add_row(*(_cell(row.get(column, "")) for column in columns))
            self._console.print(table)

    def _blocks(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the rows one under the other, where side by side they would have to be cut."""
        for row in rows:
            filled = [(column.replace("_", " "), cell) for column in columns if (cell := _cell(row.get(column, "")))]
            first, *rest = (f"[dim]{column}[/] {cell}" for column, cell in filled)
            self._console.print(first)
            for line in rest:
                self._console.print(f"  {line}")

    @contextmanager
    def progress(self, what: str, *, shown: bool) -> Iterator[Callable[[int], None]]:
        """Give what takes a count; with `shown` and on a terminal the count is seen as it grows, on standard error."""
        console = Console(stderr=True)
        if not shown or not console.is_terminal or self._quiet:
            yield lambda _: None
            return
        columns = (TextColumn("{task.description}"), TextColumn("{task.completed}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda count: bar.update(task, completed=count)

    def problem(self, text: str) -> None:
        """Print a problem on standard error, each line by itself."""
        for line in text.splitlines():
            click.echo(f"radtune: {printable(line)}", err=True)


def _width(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many characters wide a table has to be to show everything."""
    rows = list(rows)
    return sum(2 + max(len(column), *(len(_text(row.get(column, ""))) for row in rows)) for column in columns)


def _text(value: object) -> str:
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _cell(value: object) -> str:
    text = _text(value)
    colour = _COLOURS.get(text)
    return f"[{colour}]{escape(text)}[/]" if colour else escape(text)


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC, or '' for never."""
    return utc(seconds) if seconds else ""
