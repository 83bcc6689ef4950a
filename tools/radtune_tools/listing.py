"""Rows -> lines of a list: the columns that fit a width, long cells cut, times with their age; and CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import category, east_asian_width

from radtune.dataclass import dataclass
from radtune.errors import UsageError
from radtune.text import printable, unknown, utc

WIDE = 40
"""The width of a column with long cells; it is wider if there is room."""
LONG = 20
"""A longer cell is cut to make room for a further column, if most cells of its own are shorter."""
SHORT = 8
"""A cell of so many characters is cut only if nothing else can be."""
_USUAL = 14
"""The width of a column whose other rows aren't known."""
_GAP = "  "
_UNITS = (("y", 31_557_600), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))

Row = Mapping[str, Any]


class Moment(str):
    """A time in ISO 8601 in UTC, '' for never: a list for people shows its age beside it."""


@dataclass(frozen=True)
class Columns:
    """The columns of a list.

    few: the columns that are always shown
    more: further ones, in the order in which they are added if there is room
    """

    few: tuple[str, ...]
    more: tuple[str, ...]

    def picked(self, names: Sequence[str]) -> "Columns":
        """Return these columns alone, in their order; raises UsageError for one that the list doesn't have."""
        known = (*self.few, *self.more)
        for name in names:
            if name not in known:
                raise UsageError(f"--columns: {unknown('column', name, known)}")
        return Columns(tuple(names), ())


@dataclass(frozen=True)
class Table:
    """A list that is laid out: the cells of each row, as wide as their columns."""

    head: list[str]
    rows: list[list[str]]

    def lines(self) -> Iterator[str]:
        """Yield the lines, the head first."""
        return (_GAP.join(cells).rstrip() for cells in (self.head, *self.rows))


def lay_out(columns: Columns, rows: Sequence[Row], width: int | None, now: float, *, wide: bool) -> Table:
    """Lay the rows out.

    width: characters of a line; columns without any value are left out, and times are short; None: no limit
    now: seconds since the epoch
    wide: show all columns, and cut nothing
    """
    short = width is not None and not wide
    names = [*columns.few, *(columns.more if wide or short else ())]
    texts = {name: [_cell(row.get(name), now, short=short) for row in rows] for name in names}
    if width is not None and columns.more:
        names = [name for name in names if set(texts[name]) != {"-"}]
    sizes = {name: sorted(max(len(name), cell_len(text)) for text in texts[name]) for name in names}
    widths = {name: min(size[-1], WIDE) for name, size in sizes.items()}
    if width is not None and not wide:
        times = {name for name in names if any(isinstance(row.get(name), Moment) and row[name] for row in rows)}
        widths = _fit(sizes, {*columns.few}, times, width)
    last = next(reversed(widths), "")
    cells = [
        _cells([name.replace("_", " "), *texts[name]], size, cut=short, pad=name != last)
        for name, size in widths.items()
    ]
    head, *body = map(list, zip(*cells, strict=True))
    return Table(head, body)


def one_line(columns: Columns, row: Row, *, wide: bool) -> str:
    """Return a row by itself; short cells are as wide as most of their column may be."""
    names = [*columns.few, *(columns.more if wide else ())]
    return _GAP.join((_text(row.get(name)) or "-").ljust(_USUAL) for name in names).rstrip()


def as_csv(columns: Columns, rows: Iterable[Row]) -> str:
    """Return all columns of the rows as CSV (RFC 4180, but lines end with LF), their names first."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = (*columns.few, *columns.more)
    writer.writerow(names)
    writer.writerows([_text(row.get(name)) for name in names] for row in rows)
    return stream.getvalue()


def age(seconds: float) -> str:
    """Return a length of time in one unit, such as 3h; of one to come, `in 3h`."""
    ahead, left = ("in ", -seconds) if seconds <= -1 else ("", max(0.0, seconds))
    unit, size = next((each for each in _UNITS if left >= each[1]), _UNITS[-1])
    return f"{ahead}{left / size:.0f}{unit}" if unit == "s" else f"{ahead}{int(left // size)}{unit}"


def aged(seconds: float, now: float) -> str:
    """Return a time in ISO 8601 with its age, such as 2026-01-31T18:30:00Z (3h); '' for never."""
    return f"{utc(seconds)} ({age(now - seconds)})" if seconds else ""


def _fit(sizes: Mapping[str, Sequence[int]], needed: set[str], times: set[str], width: int) -> dict[str, int]:
    """Return the widths of the needed columns, and of others if there is room.

    A few long cells take no room from other columns. If the needed ones have no room, each is first cut to the size
    of most of its cells. Then the widest are made narrower, one by one. Short cells and times stay whole as long as
    others can give way.
    sizes: the sizes of each column's cells, the smallest first
    times: the columns of times
    """
    usual = {name: cells[-1] if name in times else cells[3 * (len(cells) - 1) // 4] for name, cells in sizes.items()}
    widths: dict[str, int] = {}
    for name, cells in sorted(sizes.items(), key=lambda column: column[0] not in needed):
        trial = {**widths, name: cells[-1] if cells[-1] <= LONG else min(max(usual[name], SHORT), WIDE)}
        if name in needed or _total(trial) <= width:
            widths = trial
    for name in sorted(widths, key=lambda name: -widths[name]):
        widths[name] -= max(0, min(widths[name] - max(usual[name], SHORT), _total(widths) - width))
    while _total(widths) > width and max(widths.values()) > 1:
        widths[max(widths, key=lambda name: (name not in times and widths[name] > SHORT, widths[name]))] -= 1
    for name in widths:
        widths[name] += max(0, min(sizes[name][-1] - widths[name], width - _total(widths)))
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _cells(texts: Sequence[str], size: int, *, cut: bool, pad: bool) -> list[str]:
    cells = [_cut(text, size) if cut else text for text in texts]
    return [cell + " " * (size - cell_len(cell)) if pad else cell for cell in cells]


def cell_len(text: str) -> int:
    """Return the columns that a text takes on a terminal; a Chinese character takes two, a combining one none."""
    if text.isascii():
        return len(text)
    return sum((category(char) not in ("Mn", "Me", "Cf")) * (1 + (east_asian_width(char) in "WF")) for char in text)


def _cut(text: str, size: int) -> str:
    if cell_len(text) <= size:
        return text
    text = text[:size]
    while text and cell_len(text) >= size:
        text = text[:-1]
    return f"{text}…"


def _cell(value: object, now: float, *, short: bool) -> str:
    """Return a cell for people: a time with its age, and a dash for nothing."""
    if isinstance(value, Moment) and value:
        return _time(value, now, short=short)
    return _text(value) or "-"


def _time(moment: Moment, now: float, *, short: bool) -> str:
    try:
        at = datetime.fromisoformat(moment)
        today = datetime.fromtimestamp(now, UTC)
    except ValueError:
        return printable(moment)
    if not short:
        text = str(moment)
    elif at.date() == today.date():
        text = f"{at:%H:%M:%SZ}"
    else:
        text = f"{at:%m-%d %H:%MZ}" if abs(today - at) < timedelta(days=300) else f"{at:%Y-%m-%d}"
    return f"{text} ({age(now - at.timestamp())})"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
