"""The answer of a command: lists and lines for people, JSON or CSV for programs."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from radtune.errors import UsageError
from radtune.text import printable, utc
from radtune_tools.listing import Columns, Moment, Row, Table, as_csv, lay_out

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


@dataclass(frozen=True)
class Form:
    """The form of an answer.

    quiet: nothing but problems
    as_csv, wide, columns: of a list: as CSV; all columns, none of them cut; these columns
    """

    as_json: bool = False
    quiet: bool = False
    as_csv: bool = False
    wide: bool = False
    columns: tuple[str, ...] = ()


class Output:
    """The answer of one command."""

    def __init__(self, form: Form) -> None:
        """Raises UsageError for JSON and CSV at once."""
        if form.as_json and form.as_csv:
            raise UsageError("--json or --csv: one of them")
        self.as_json = form.as_json
        self._form = form
        self._for_programs = form.as_json or form.as_csv
        self._is_terminal = sys.stdout.isatty()
        self._console = Console(highlight=False, soft_wrap=True)

    def json(self, value: object) -> None:
        """Print one JSON value."""
        click.echo(json.dumps(value, indent=2))

    def line(self, text: str) -> None:
        """Print a line for people; nothing with JSON, CSV or quiet."""
        if not self._for_programs and not self._form.quiet:
            self._console.print(escape(printable(text)))

    def verbatim(self, text: str) -> None:
        """Print a text for programs as it is."""
        click.echo(text, nl=False)

    def instruction(self, text: str) -> None:
        """Print a line that a person has to act upon; with JSON, CSV or quiet, on standard error."""
        if self._for_programs or self._form.quiet:
            click.echo(printable(text), err=True)
        else:
            self.line(text)

    def table(self, columns: Columns, rows: Iterable[Row], empty: str, limit: int | None = None) -> None:
        """Print the rows under these columns, as JSON with all they have, or as CSV; or `empty`, if there are none.

        If there are more than `limit`, the first are printed, and a line says so, with JSON and CSV on standard error.
        On a terminal a list that is longer than the screen goes through a pager. Raises UsageError for an unknown
        column.
        """
        every, form = list(rows), self._form
        found = every[:limit]
        columns = columns.picked(form.columns) if form.columns else columns
        if form.as_json:
            self.json(found)
        elif form.as_csv:
            self.verbatim(as_csv(columns, found))
        elif not found and empty:
            self.line(empty)
        elif found and not form.quiet:
            self._print(lay_out(columns, found, self._width(), time.time(), wide=form.wide))
        if len(every) > len(found) and (self._for_programs or not form.quiet):
            self.instruction(f"the first {limit}; --limit shows more")

    def _width(self) -> int | None:
        """Return the width of the terminal, or what COLUMNS says; None: lines may be of any length."""
        fits = self._is_terminal or os.environ.get("COLUMNS", "").isdecimal()
        return self._console.width if fits else None

    def _print(self, table: Table) -> None:
        if not self._is_terminal:
            for line in table.lines():
                click.echo(line)
            return
        with self._console.capture() as captured:
            self._console.print(Text("  ".join(table.head).rstrip(), "bold"))
            for cells in table.rows:
                self._console.print(_coloured(cells))
        if len(table.rows) + 1 < self._console.height or os.environ.get("PAGER") == "":
            click.echo(captured.get(), nl=False, color=True)
        else:
            # As git has it: what fits isn't paged, colours are shown, and what was read stays there.
            os.environ.setdefault("LESS", "FRSX" if self._form.wide else "FRX")
            click.echo_via_pager(captured.get())

    @contextmanager
    def progress(self, what: str, *, shown: bool) -> Iterator[Callable[[int], None]]:
        """Give a function that takes a count; with `shown` a terminal shows it as it grows, on standard error."""
        from rich.progress import Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        if not shown or not console.is_terminal or self._form.quiet:
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


def _coloured(cells: Sequence[str]) -> Text:
    """Return a line of a list, with colours for what is good or bad."""
    line = Text()
    for index, cell in enumerate(cells):
        line.append(f"{'  ' if index else ''}{cell}", _COLOURS.get(cell.strip(), ""))
    line.rstrip()
    return line


def timestamp(seconds: float) -> Moment:
    """Return seconds since the epoch as ISO 8601 in UTC, or '' for never."""
    return Moment(utc(seconds) if seconds else "")
