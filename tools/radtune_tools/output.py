"""The answer of a command: lists and lines for people, JSON or CSV for programs."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from radtune.errors import UsageError
from radtune.text import printable, utc
from radtune_tools.context import Form
from radtune_tools.listing import Columns, Moment, Row, Table, as_csv, lay_out, one_line

_CLEAR_LINE = "\r\x1b[K"
_COLOURS = {
    "compliant": "green",
    "noncompliant": "red",
    "enforced": "green",
    "acknowledged": "green",
    "moved": "green",
    "login_allowed": "green",
    "login_denied": "red",
    "unanswered": "red",
    "refused": "red",
    "deny": "red",
}


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
        self._shows_progress = False

    def json(self, value: object) -> None:
        """Print one JSON value."""
        click.echo(json.dumps(value, indent=2))

    def line(self, text: str) -> None:
        """Print a line for people; nothing with JSON, CSV or quiet."""
        if not self._for_programs and not self._form.quiet:
            self._clear()
            click.echo(printable(text))

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

    def row(self, columns: Columns, row: Row) -> None:
        """Print a row by itself, while a list grows: as cells, one line of JSON, or one of CSV."""
        columns = columns.picked(self._form.columns) if self._form.columns else columns
        if self.as_json:
            click.echo(json.dumps(row))
        elif self._form.as_csv:
            self.verbatim(as_csv(columns, [row]).partition("\n")[2])
        elif not self._form.quiet:
            click.echo(one_line(columns, row, wide=self._form.wide))

    def _width(self) -> int | None:
        """Return the width of the terminal, or what COLUMNS says; None: lines may be of any length."""
        fits = self._is_terminal or os.environ.get("COLUMNS", "").isdecimal()
        return _size().columns if fits else None

    def _print(self, table: Table) -> None:
        lines = _coloured(table) if self._is_terminal and not os.environ.get("NO_COLOR") else table.lines()
        text = "".join(f"{line}\n" for line in lines)
        if not self._is_terminal or len(table.rows) + 1 < _size().lines or os.environ.get("PAGER") == "":
            click.echo(text, nl=False)
        else:
            # As git has it: what fits isn't paged, colours are shown, and what was read stays there.
            os.environ.setdefault("LESS", "FRSX" if self._form.wide else "FRX")
            click.echo_via_pager(text)

    @contextmanager
    def progress(self, what: str, *, shown: bool) -> Iterator[Callable[[int], None]]:
        """Give a function that takes a count; with `shown` a terminal shows it as it grows, on standard error."""
        if not shown or not sys.stderr.isatty() or self._form.quiet:
            yield lambda _: None
            return
        started = time.monotonic()
        self._shows_progress = True
        try:
            yield lambda count: click.echo(
                f"{_CLEAR_LINE}{printable(what)} {count} {time.monotonic() - started:.0f}s", nl=False, err=True
            )
        finally:
            self._clear()
            self._shows_progress = False

    def _clear(self) -> None:
        """Take the count away before a line is printed."""
        if self._shows_progress:
            click.echo(_CLEAR_LINE, nl=False, err=True)

    def problem(self, text: str) -> None:
        """Print a problem on standard error, each line by itself."""
        self._clear()
        for line in text.splitlines():
            click.echo(f"radtune: {printable(line)}", err=True)


def _size() -> os.terminal_size:
    from shutil import get_terminal_size

    return get_terminal_size()


def _coloured(table: Table) -> Iterator[str]:
    """Yield the lines of a list, with colours for what is good or bad."""
    yield click.style("  ".join(table.head).rstrip(), bold=True)
    for row in table.rows:
        cells = [f"  {cell}" if index else cell for index, cell in enumerate(row)]
        cells[-1] = cells[-1].rstrip()
        yield "".join(
            click.style(cell, fg=_COLOURS[cell.strip()]) if cell.strip() in _COLOURS else cell for cell in cells
        )


def timestamp(seconds: float) -> Moment:
    """Return seconds since the epoch as ISO 8601 in UTC, or '' for never."""
    return Moment(utc(seconds) if seconds else "")
