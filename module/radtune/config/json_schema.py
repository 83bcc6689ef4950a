"""JSON Schema (draft 7), as far as radtune's own schemas use it.

The library for all of it takes longer to import than most commands take to run.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

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


def faults(value: Any, part: Part, root: Part, path: Path = (), around: str = "") -> Iterator[Fault]:
    """Yield every fault that a part of the schema `root` finds in a value at this path, the value's own first.

    around: the description of the alternatives that the part is one of
    """
    part = _resolved(part, root)
    described = part.get("description", around)
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
        yield from faults(inner, inner_part, root, (*path, *step), around)


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


def _is_address(text: str, form: str) -> bool:
    try:
        return form != "ip" or bool(ip_address(text))
    except ValueError:
        return False


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
    "format": (str, _is_address),
    "minItems": (list, lambda value, wanted: len(value) >= wanted),
    "uniqueItems": (list, lambda value, _: len({repr(item) for item in value}) == len(value)),
    "minProperties": (dict, lambda value, wanted: len(value) >= wanted),
    "maxProperties": (dict, lambda value, wanted: len(value) <= wanted),
    "minimum": (int | float, lambda value, wanted: not _is(value, "number") or value >= wanted),
    "maximum": (int | float, lambda value, wanted: not _is(value, "number") or value <= wanted),
}
KEYWORDS = {*_TESTS, "oneOf", "required", "additionalProperties", "properties", "propertyNames", "items", "$ref"}
"""The keywords that count; a test holds the schemas to these and to the ones that only describe."""
