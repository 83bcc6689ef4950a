"""The table."""

from collections.abc import Sequence

from bench.measure import Row

TITLE_WIDTH = 52
HEAD = ("server", "spread", "helper", "to (a)", "to (b)")


def table(rows: Sequence[Row]) -> str:
    """Give the table: CPU in µs a request, medians of the rounds; ratios of the server's CPU to rows (a) and (b)."""
    base = {row.variant.key: row for row in rows}
    lines = [_line("CPU of a login, µs", HEAD)]
    for row in rows:
        cells = [f"{row.cost:.1f}", f"{row.spread:.0%}", "-" if row.helpers is None else f"{row.helpers:.1f}"]
        cells += [f"{row.ratio(base[key]):.2f}" for key in ("a", "b")]
        lines.append(_line(row.variant.label, cells))
    return "\n".join(lines)


def mebibytes(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / 2**20:.1f} MiB"


def _line(title: str, cells: Sequence[str]) -> str:
    return title.ljust(TITLE_WIDTH) + "".join(cell.rjust(8) for cell in cells)
