"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a | in a cell is escaped."""
    escaped = ([cell.replace("|", r"\|") for cell in row] for row in rows)
    lines = [_line(head), f"|{'---|' * len(head)}", *map(_line, escaped)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
