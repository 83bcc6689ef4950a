"""Client events found by filters: the newest first, in bounded time."""

import json
from collections.abc import Mapping
from typing import Any

from radtune.dataclass import dataclass
from radtune_web.index.database import Reader
from radtune_web.index.events_in import FIELDS

SECONDS = 0.06
"""Time for one search; then it ends with what was found."""
PROBE = 2000
"""Events of each filter that are counted, to begin with the rarest filter."""
SLACK = 1000
"""Events that may be out of order: processes write at the same time."""
NEVER = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Events, the newest first.

    newest, oldest: the numbers of the first and last of them; 0 for none
    is_all: the search came to its end
    """

    events: list[Mapping[str, Any]]
    newest: int
    oldest: int
    is_all: bool


NOTHING = Found([], NEVER, NEVER, is_all=True)


def find(
    index: Reader,
    filters: Mapping[str, tuple[str, ...]],
    count: int,
    *,
    since: float = 0.0,
    until: float = 0.0,
    before: int = 0,
    after: int = 0,
) -> Found:
    """Return `count` events at most.

    filters: by the columns of `FIELDS`, the words of which one has to be there
    since, until: seconds since the epoch, 0 for no bound
    before, after: numbers of events that the ones wanted are older, or newer than; 0 for no bound
    """
    wanted = {column: _numbers(index, words) for column, words in filters.items()}
    if not all(wanted.values()):
        return NOTHING
    rarest = min(wanted, key=lambda column: _count(index, column, wanted[column]), default="")
    terms, values = list[str](), list[Any]()
    for column, numbers in wanted.items():
        # A plus keeps SQLite from beginning with that column.
        terms.append(f"{'' if column == rarest else '+'}{column} IN ({', '.join('?' * len(numbers))})")
        values += numbers
    for term, bound in (("at >= ?", since), ("at <= ?", until), ("n < ?", before), ("n > ?", after)):
        if bound:
            terms.append(f"+{term}" if term.startswith("at") else term)
            values.append(bound)
    if since and (first := index.rows("SELECT n FROM event WHERE at >= ? ORDER BY at LIMIT 1", (since,))):
        terms.append("n >= ?")
        values.append(first[0][0] - SLACK)
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    statement = f"SELECT n, line FROM event {where} ORDER BY n DESC LIMIT ?"  # noqa: S608  # columns of ours
    rows, is_all = index.rows_within(SECONDS, statement, (*values, count))
    if not rows:
        return Found([], NEVER, NEVER, is_all)
    return Found([json.loads(line) for _, line in rows], rows[0][0], rows[-1][0], is_all)


def newest(index: Reader) -> int:
    """Return the number of the newest event, 0 for none."""
    return int(index.rows("SELECT coalesce(max(n), 0) FROM event")[0][0])


def _numbers(index: Reader, words: tuple[str, ...]) -> list[int]:
    marks = ", ".join("?" * len(words))
    select = f"SELECT id FROM word WHERE text IN ({marks})"  # noqa: S608  # marks alone
    return [number for (number,) in index.rows(select, [word.lower() for word in words])]


def _count(index: Reader, column: str, numbers: list[int]) -> int:
    if column not in FIELDS:
        raise ValueError(column)
    marks = ", ".join("?" * len(numbers))
    select = f"SELECT count(*) FROM (SELECT 1 FROM event WHERE {column} IN ({marks}) LIMIT ?)"  # noqa: S608  # as above
    return int(index.rows(select, (*numbers, PROBE))[0][0])
