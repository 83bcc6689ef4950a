"""A document held against its JSON Schema, and the schema's faults in words for an operator."""

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from ipaddress import ip_address
from typing import Any

import jsonschema

from radtune.config.yaml_file import Document
from radtune.errors import ConfigurationError, Problem
from radtune.policy.labels import alternatives
from radtune.text import without_password

SHOWN = 40
"""Known words that a message lists."""
LONGEST = 100
"""Characters of a value that a message shows."""

_KINDS = {
    "object": "keys with values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false, without quotes",
}

_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("ip", raises=ValueError)
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(ip_address(value))


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    """Hold the whole text against the pattern; the library's own check lets a line end pass behind `$`."""
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern}")


# For JSON Schema 750.0 is an integer, and would go into a reply as 750.0; and .nan is a number.
_TYPES = {
    "integer": lambda _, value: type(value) is int,
    "number": lambda _, value: type(value) is int or (type(value) is float and math.isfinite(value)),
}
_extend: Any = jsonschema.validators.extend
_Validator = _extend(
    jsonschema.Draft7Validator,
    validators={"pattern": _pattern},
    type_checker=jsonschema.Draft7Validator.TYPE_CHECKER.redefine_many(_TYPES),
)


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of this name, such as `policy` or `settings`."""
    text = resources.files("radtune.config").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def with_defaults(data: Any, part: Mapping[str, Any]) -> Any:
    """Return data that this part of a schema lets through, with the defaults of all keys that aren't given."""
    if isinstance(data, list):
        return [with_defaults(item, part.get("items", {})) for item in data]
    if not isinstance(data, dict):
        return data
    filled = dict(data)
    for key, inner in part.get("properties", {}).items():
        if key in data:
            filled[key] = with_defaults(data[key], inner)
        elif "default" in inner:
            filled[key] = inner["default"]
        elif inner.get("type") == "object":
            filled[key] = with_defaults({}, inner)
    return filled


def check_schema(document: Document, name: str) -> None:
    """Note in the document every fault that the schema finds.

    Raises ConfigurationError for a file of another kind: nothing of what it holds is shown.
    """
    _check_kind(document, schema(name))
    try:
        for fault in _Validator(schema(name), format_checker=_FORMATS).iter_errors(document.data):
            _explain(document, fault)
            if document.full:
                return
    except RecursionError:
        document.problem((), "nested too deeply")


def _check_kind(document: Document, wanted: dict[str, Any]) -> None:
    known = wanted["properties"]
    if not isinstance(document.data, dict) or not known.keys() & document.data.keys():
        first = wanted.get("required", known)
        said = f"has none of the keys that belong here ({', '.join(list(first)[:SHOWN])}); is this the right file?"
        raise ConfigurationError(
            [Problem(document.file, 1, "", said if document.data is not None else f"is empty; it {said}")]
        )


def _explain(document: Document, fault: Any) -> None:
    path = tuple(fault.absolute_path)
    if fault.validator == "additionalProperties":
        known = fault.schema.get("properties", {})
        for key in set(fault.instance) - set(known):
            document.problem((*path, str(key)), unknown("key", str(key), known))
    elif fault.validator == "required":
        for key in fault.validator_value:
            if key not in fault.instance and f"'{key}'" in fault.message:
                document.problem(path, f"the key {key} is missing")
    elif fault.validator == "enum" and not isinstance(fault.instance, str):
        # What YAML has made of the word, and how a number is written, is of no help to who meant one of these.
        document.forget(path)
        document.problem(path, f"isn't text: expected one of {', '.join(map(str, fault.validator_value))}")
    elif fault.validator == "oneOf" and (nearest := _nearest(fault)):
        for inner in nearest:
            _explain(document, inner)
    else:
        document.problem(path, _sentence(fault))


def _nearest(fault: Any) -> list[Any]:
    """Return the faults of the alternative that the operator seems to have meant: the one whose type fits."""
    unfit = {inner.schema_path[0] for inner in fault.context if inner.validator == "type" and not inner.relative_path}
    return [inner for inner in fault.context if inner.schema_path[0] not in unfit]


def _sentence(fault: Any) -> str:
    said = _shown(fault.instance)
    if fault.validator == "enum":
        return unknown("value", str(fault.instance), [str(value) for value in fault.validator_value])
    described = fault.schema.get("description") or (fault.parent and fault.parent.schema.get("description"))
    if fault.validator == "type":
        found = "is empty" if fault.instance is None else said
        expected = " or ".join(_KINDS.get(kind, kind) for kind in alternatives(fault.validator_value))
        return f"{found}: expected {expected}{f': {described}' if described else ''}"
    return f"{said}: expected: {described or f'{fault.validator} {fault.validator_value}'}"


def _shown(value: object) -> str:
    """Return a value as a message shows it: only simple ones, short, and without a password."""
    if isinstance(value, dict | list) and value:
        return "keys with values" if isinstance(value, dict) else "a list"
    text = without_password(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """Return the sentence for a word that isn't among the known ones, with the nearest that is."""
    known = [str(name) for name in known]
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"unknown {what} {word}{hint} (known: {', '.join(known[:SHOWN])}{more})"
