"""Tests that an operator writes as text: patterns with stars, comparisons of versions, and lengths of time."""

import re
from collections.abc import Callable, Iterable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, "!=": ne, ">": gt, "<": lt, "=": eq}
_COMPARISON = re.compile(r"(>=|<=|!=|>|<|=)\s*([^\s<>=!]\S*)")


def pattern_test(patterns: Iterable[str], *, ignore_case: bool = True) -> Callable[[str], bool]:
    """Compile alternatives; one has to fit the whole text. `*` is any text, `?` one character.

    The cost of a test grows with the text's length, not with the number of stars.
    """
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    fullmatch = re.compile("|".join(f"(?:{_regex(pattern)})" for pattern in patterns), flags).fullmatch
    return lambda text: fullmatch(text) is not None


def _regex(pattern: str) -> str:
    # Atomic groups: what stands between two stars is taken at the first place where it fits; nothing is tried twice.
    first, *rest = (re.escape(piece).replace(r"\?", ".") for piece in re.split(r"\*+", pattern))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{piece})" for piece in middle) + f".*{last}"


def comparisons(text: str) -> list[tuple[Callable[[object, object], bool], str]]:
    """Read `>= 10.0, < 11`: comparisons that must all hold. Raises ValueError."""
    found = []
    for part in text.split(","):
        match = _COMPARISON.fullmatch(part.strip())
        if match is None:
            raise ValueError(
                f"{part.strip() or text!r}: expected a comparison such as '>= 10', with >=, <=, >, <, = or !="
            )
        found.append((_COMPARISONS[match[1]], match[2]))
    return found


def compared(texts: Iterable[str], read: Callable[[str], Any]) -> Callable[[Any], bool]:
    """Compile alternatives such as `>= 10.0, < 11` into a test; `read` makes a value of a bound. Raises ValueError."""
    alternatives = [[(compare, read(bound)) for compare, bound in comparisons(text)] for text in texts]
    return lambda value: any(all(compare(value, bound) for compare, bound in demands) for demands in alternatives)


def version(text: str) -> tuple[int, ...] | None:
    """Return a dotted version as numbers to compare, without zeros at its end; None if it is no version.

    What follows the numbers is ignored: `14.5.1 (23F79)` is 14.5.1, `12-rc1` is 12.
    """
    match = re.match(r"\d{1,18}(?:\.\d{1,18})*", text)
    if match is None:
        return None
    numbers = [int(number) for number in match[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def duration(text: str) -> int:
    """Return the seconds of `30s`, `5m`, `8h` or `14d`; raises ValueError."""
    match = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if match is None:
        raise ValueError(f"{text!r}: expected a number and s, m, h or d, such as 14d")
    return int(match[1]) * _UNITS[match[2]]
