"""Charts as stacked columns: numbers for the SVG that a template draws, and the same numbers as a table."""

from collections.abc import Mapping, Sequence

from radtune.dataclass import dataclass

WIDTH, HEIGHT = 1000.0, 200.0
"""The units of the drawing; it is stretched to its place."""
GAP = 0.18
"""The share of a column that stays empty, if there are no more columns than FEW."""
FEW = 48
MOST_SERIES = 6
MARKS = 5
OTHERS = "others"
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    top: the number at its upper edge
    marks: words below the columns, the first and last at the edges
    series: the names of what is stacked, from the bottom, each with its colour and its sum
    rows: the columns as a table, for those who don't see the chart
    """

    bars: tuple[Bar, ...]
    top: float
    marks: tuple[str, ...]
    series: tuple[tuple[str, str, float], ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]

    @property
    def is_empty(self) -> bool:
        """There is nothing in it."""
        return not self.bars


def stacked(
    columns: Sequence[tuple[str, Mapping[str, float]]],
    colours: Mapping[str, str],
    *,
    marks: Sequence[str] = (),
    unit: str = "",
) -> Chart:
    """Return the chart of these columns, each with its word and its numbers by series.

    colours: the class of a series; others get neutral ones in turn. The largest series come first.
    marks: the words below the columns; five of the columns' own unless given
    """
    names = _series([numbers for _, numbers in columns], colours)
    filled = [(word, _folded(numbers, names)) for word, numbers in columns]
    highest = max((sum(numbers.values()) for _, numbers in filled), default=0.0)
    top, step, bars = _ceiling(highest), WIDTH / max(len(columns), 1), list[Bar]()
    chosen, gap = _colours(names, colours), GAP if len(columns) <= FEW else 0.0
    for place, (word, numbers) in enumerate(filled):
        base = HEIGHT
        for name in names:
            height = numbers[name] / top * HEIGHT if top else 0.0
            if height > 0:
                base -= height
                title = f"{word}: {numbers[name]:,.0f} {name}{unit}"
                bars.append(Bar((place + gap / 2) * step, base, step * (1 - gap), height, chosen[name], title))
    sums = tuple((name, chosen[name], sum(numbers[name] for _, numbers in filled)) for name in names)
    rows = tuple((word, tuple(numbers[name] for name in names)) for word, numbers in filled)
    words = tuple(marks) or _marks([word for word, _ in columns])
    return Chart(tuple(bars), top, words, sums, rows)


def _series(columns: Sequence[Mapping[str, float]], colours: Mapping[str, str]) -> list[str]:
    """Return the names of the series: those with a colour of their own in its order, then the largest."""
    sums: dict[str, float] = {}
    for numbers in columns:
        for name, value in numbers.items():
            sums[name] = sums.get(name, 0.0) + value
    order = {name: place for place, name in enumerate(colours)}
    named = sorted((name for name in sums if sums[name]), key=lambda name: (order.get(name, len(order)), -sums[name]))
    return named if len(named) <= MOST_SERIES else [*named[: MOST_SERIES - 1], OTHERS]


def _folded(numbers: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    found = {name: numbers.get(name, 0.0) for name in names}
    if OTHERS in found:
        found[OTHERS] += sum(value for name, value in numbers.items() if name not in found)
    return found


def _colours(names: Sequence[str], colours: Mapping[str, str]) -> dict[str, str]:
    free = iter(f"s{number}" for number in range(1, MOST_SERIES + 1))
    return {name: colours.get(name) or ("neutral" if name == OTHERS else next(free)) for name in names}


def _ceiling(highest: float) -> float:
    """Return the next round number from there up."""
    if highest <= 0:
        return 0.0
    power = 1.0
    while power * 10 < highest:
        power *= 10
    return next(step * power for step in _STEPS if step * power >= highest)


def _marks(words: Sequence[str]) -> tuple[str, ...]:
    if len(words) <= MARKS:
        return tuple(words)
    last = len(words) - 1
    return tuple(words[round(last * place / (MARKS - 1))] for place in range(MARKS))
