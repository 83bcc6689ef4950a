"""The fields of client events as their JSON Schema tells of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from manual.table import table
from radtune.config.schema import schema

Schema = Mapping[str, Any]
EVERY = ("time", "event", "id")
TYPES = {"string": "text", "boolean": "true or false", "array": "list of texts", "integer": "number"}


def kinds() -> list[str]:
    """Return the kinds of events."""
    return [kind for group in _groups() for kind in group["properties"]["event"]["enum"]]


def fields(kind: str = "") -> Iterator[str]:
    """Yield the table of the fields of this kind; without a kind, that of the fields that every event has."""
    group = next(each for each in _groups() if not kind or kind in each["properties"]["event"]["enum"])
    shown = [name for name in group["properties"] if (name in EVERY) != bool(kind)]
    yield table(("field", "type", "meaning"), (_row(name, group["properties"][name]) for name in shown))


def _groups() -> list[Schema]:
    return [_resolved(each) for each in schema("event")["oneOf"]]


def _row(name: str, part: Schema) -> list[str]:
    found = _resolved(part)
    kind = found.get("type", "string")
    return [f"`{name}`", TYPES[kind if isinstance(kind, str) else kind[0]], found["description"]]


def _resolved(part: Schema) -> Schema:
    named = part.get("$ref", "").rpartition("/")[2]
    return schema("event")["definitions"][named] if named else part
