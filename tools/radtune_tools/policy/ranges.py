"""Comparisons of versions and ages that can never hold, or that everything fits."""

from collections.abc import Callable, Iterator
from typing import Any

from radtune.config.yaml_file import KeyPath
from radtune.policy.labels import alternatives
from radtune.policy.patterns import comparisons, duration, version

KINDS = {"os_version": "version", "last_check_in": "age", "enrolled": "age"}
"""The kinds of labels that compare, and what they do."""

_Demands = list[tuple[Callable[[object, object], bool], Any]]


def range_slips(kind: str, value: Any) -> Iterator[tuple[KeyPath, str]]:
    """Yield what is wrong with the value of such a label without faults, and where in it that is."""
    texts, thing = alternatives(value), KINDS[kind]
    read: Callable[[str], Any] = version if thing == "version" else duration
    each: list[_Demands] = [[(compare, read(bound)) for compare, bound in comparisons(text)] for text in texts]
    bounds = [bound for demands in each for _, bound in demands]
    points = _versions(bounds) if thing == "version" else _ages(bounds)
    for index, demands in enumerate(each):
        if not any(_holds(demands, point) for point in points):
            path: KeyPath = (index,) if isinstance(value, list) else ()
            yield path, f"{texts[index]}: no {thing} fits, for the parts of one text have to hold together"
    if all(any(_holds(demands, point) for demands in each) for point in points):
        named = " or ".join(texts)
        why = ", for the texts of a list are alternatives; what has to hold together goes into one text"
        yield (), f"{named}: every {thing} fits{why if len(texts) > 1 else ''}"


def _holds(demands: _Demands, point: object) -> bool:
    return all(compare(point, bound) for compare, bound in demands)


def _versions(bounds: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the least version, each bound, and a version between it and the next: there is no other to tell apart."""
    longest = max(map(len, bounds))
    return [(), *bounds, *((*bound, *(0 for _ in range(longest)), 1) for bound in bounds)]


def _ages(bounds: list[int]) -> list[float]:
    """Return the same of ages, which aren't whole numbers of seconds."""
    return [0, *bounds, *(bound + 0.5 for bound in bounds)]
