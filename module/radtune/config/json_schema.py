"""JSON Schema (draft 7), as far as radtune's own schemas use it.

The library for all of it takes longer to import than most commands take to run.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from ipaddress import ip_address
from typing import Any

from radtune.dataclass import dataclass
from radtune.policy.hours import minutes_of_day, time_zone
from radtune.policy.nas_directory import nas_network

Path = tuple[str | int, ...]
Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that a schema doesn't let through.

    path: the keys and indices that lead to the value
    part, keyword: the part of the schema that finds it, and its keyword, such as maximum
    wanted: what stands behind the keyword; for `required` the missing key, for `additionalProperties` the unknown one
    description: that of the part, or of the alternatives that it is one of; or ''
    alternatives: for `oneOf`, the faults that each of them finds
    """

    path: Path
    value: Any
    part: Part
    keyword: str
    wanted: Any
    description: str
    alternatives: tuple[tuple["Fault", ...], ...] = ()


def faults(value: Any, part: Part, root: Part, path: Path = (), parent_description: str = "") -> Iterator[Fault]:
    """Yield every fault that a part of the schema `root` finds in a value at this path, the value's own first.

    parent_description: that of the alternatives that the part is one of
    """
    part = _resolved(part, root)
    described = part.get("description", parent_description)
    for keyword, wanted in part.items():
        if keyword == "oneOf":
            found = tuple(tuple(faults(value, each, root, path, described)) for each in wanted)
            if all(found):
                yield Fault(path, value, part, keyword, wanted, described, found)
        elif keyword in _TESTS:
            kind, fits = _TESTS[keyword]
            if isinstance(value, kind) and not fits(value, wanted):
                yield Fault(path, value, part, keyword, wanted, described)
        elif isinstance(value, dict):
            for key in _wrong_keys(value, keyword, wanted, part):
                yield Fault(path, value, part, keyword, key, described)
    for step, inner, inner_part in _within(value, part):
        yield from faults(inner, inner_part, root, (*path, *step), parent_description)


def _resolved(part: Part, root: Part) -> Part:
    while "$ref" in part:
        part = root["definitions"][part["$ref"].rpartition("/")[2]]
    return part


def _wrong_keys(value: dict[str, Any], keyword: str, wanted: Any, part: Part) -> list[str]:
    """Return the keys that are missing, or unknown."""
    if keyword == "required":
        return [key for key in wanted if key not in value]
    if keyword == "additionalProperties" and wanted is False:
        return [key for key in value if key not in part["properties"]]
    return []


def _within(value: Any, part: Part) -> Iterator[tuple[Path, Any, Part]]:
    """Yield the values within a value, each with the step to it and its part of the schema; keys are at no step."""
    if isinstance(value, list) and "items" in part:
        for index, item in enumerate(value):
            yield (index,), item, part["items"]
    if isinstance(value, dict):
        known, others = part.get("properties", {}), part.get("additionalProperties")
        for key, inner in value.items():
            if "propertyNames" in part:
                yield (), key, part["propertyNames"]
            if key in known or others:
                yield (key,), inner, known.get(key, others)


def _is(value: Any, kinds: str | list[str]) -> bool:
    return any(_TYPES[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def a_day(text: str) -> str:
    """Return a date such as 2027-05-01; raises ValueError for anything else."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text}: expected a date such as 2027-05-01") from None


def moment(text: str) -> float:
    """Return a time such as 2026-01-31T18:30:00+01:00 in seconds since the epoch; raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text}: expected a time such as 2026-01-31T18:30:00+01:00") from None
    if at.tzinfo is None:
        raise ValueError(f"{text}: give its zone, such as +01:00 or Z, so that it is the same time on every machine")
    return at.timestamp()


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "ip": ip_address,
    "date": a_day,
    "moment": moment,
    "hours": minutes_of_day,
    "timezone": time_zone,
    "nas": nas_network,
}
"""The formats that are checked; each function raises ValueError with a sentence."""


def format_problem(text: str, form: str) -> str:
    """Return why a text is not of this format, or ''."""
    try:
        _FORMATS.get(form, str)(text)
    except ValueError as error:
        return str(error)
    return ""


# For JSON Schema 750.0 is an integer, and would go into a reply as 750.0; and .nan is a number.
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) is int or (type(value) is float and math.isfinite(value)),
}
_TESTS: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
    "type": (object, _is),
    "enum": (object, lambda value, wanted: value in wanted),
    "const": (object, lambda value, wanted: value == wanted),
    "minLength": (str, lambda value, wanted: len(value) >= wanted),
    "maxLength": (str, lambda value, wanted: len(value) <= wanted),
    # All of the text: with `search` a line end would pass behind `$`.
    "pattern": (str, lambda value, wanted: re.fullmatch(wanted, value)),
    "format": (str, lambda value, wanted: not format_problem(value, wanted)),
    "minItems": (list, lambda value, wanted: len(value) >= wanted),
    "uniqueItems": (list, lambda value, _: len({repr(item) for item in value}) == len(value)),
    "minProperties": (dict, lambda value, wanted: len(value) >= wanted),
    "maxProperties": (dict, lambda value, wanted: len(value) <= wanted),
    "minimum": (int | float, lambda value, wanted: not _is(value, "number") or value >= wanted),
    "maximum": (int | float, lambda value, wanted: not _is(value, "number") or value <= wanted),
}
KEYWORDS = {*_TESTS, "oneOf", "required", "additionalProperties", "properties", "propertyNames", "items", "$ref"}
"""The keywords that count; a test holds the schemas to these and to the ones that only describe."""
