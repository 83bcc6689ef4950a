"""A document held against its JSON Schema, and the schema's faults in words for an operator."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from radtune.config.json_schema import Fault, faults, format_problem
from radtune.config.yaml_file import Document
from radtune.errors import ConfigurationError, Problem
from radtune.policy.labels import alternatives
from radtune.text import SHOWN, unknown, without_password

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


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of this name, such as `policy` or `settings`."""
    text = Path(__file__).with_name("schemas").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
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
    whole = schema(name)
    _check_kind(document, whole)
    try:
        for fault in faults(document.data, whole, whole):
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


def _explain(document: Document, fault: Fault) -> None:
    path, wanted = fault.path, fault.wanted
    if fault.keyword == "additionalProperties":
        document.problem((*path, str(wanted)), unknown("key", str(wanted), fault.part["properties"]))
    elif fault.keyword == "required":
        document.problem(path, f"the key {wanted} is missing")
    elif fault.keyword == "enum" and not isinstance(fault.value, str):
        # What YAML has made of the word, and how a number is written, is of no help to who meant one of these.
        document.forget(path)
        document.problem(path, f"isn't text: expected one of {', '.join(wanted)}")
    elif fault.keyword == "oneOf" and (nearest := _nearest(fault)):
        for inner in nearest:
            _explain(document, inner)
    else:
        document.problem(path, _sentence(fault))


def _nearest(fault: Fault) -> list[Fault]:
    """Return the faults of the alternatives that the operator seems to have meant: those whose type fits."""
    fitting = (
        each
        for each in fault.alternatives
        if all(inner.keyword != "type" or inner.path != fault.path for inner in each)
    )
    return [inner for each in fitting for inner in each]


def _sentence(fault: Fault) -> str:
    said, wanted = _shown(fault.value), fault.wanted
    if fault.keyword == "enum":
        return unknown("value", str(fault.value), wanted)
    if fault.keyword == "type":
        found = "is empty" if fault.value is None else said
        expected = " or ".join(_KINDS[kind] for kind in alternatives(wanted))
        return f"{found}: expected {expected}{f': {fault.description}' if fault.description else ''}"
    if fault.keyword == "format":
        return format_problem(fault.value, wanted)
    return f"{said}: expected: {fault.description or f'{fault.keyword} {wanted}'}"


def _shown(value: object) -> str:
    """Return a value as a message shows it: only simple ones, short, and without a password."""
    if isinstance(value, dict | list) and value:
        return "keys with values" if isinstance(value, dict) else "a list"
    text = without_password(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
