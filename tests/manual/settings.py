"""The keys of settings.yaml as their JSON Schema tells of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from manual.table import table
from radtune.config.schema import schema

Schema = Mapping[str, Any]
HEAD = ("key", "type", "default", "meaning", "example")
END = "...\n"
"""What follows a value that is no list and has no keys, in YAML."""
TIME = "[smhd]$"
"""The end of the pattern of a time."""


def section(name: str = "") -> Iterator[str]:
    """Yield the meaning and the keys of a section, or without a name the keys that stand in none."""
    if name:
        part = schema("settings")["properties"][name]
        yield part["description"]
        yield table(HEAD, _rows(name, part))
    else:
        keys = {key: part for key, part in schema("settings")["properties"].items() if not _keys(part)}
        yield table(HEAD, (_row(key, part, required=_requires(schema("settings"), key)) for key, part in keys.items()))


def sections() -> list[str]:
    """Return the names of the sections: the keys that hold keys."""
    return [key for key, part in schema("settings")["properties"].items() if _keys(part)]


def _rows(path: str, part: Schema) -> Iterator[list[str]]:
    """Yield a row for each key below this path, those of a key right behind it."""
    within, path = (_resolved(part["items"]), f"{path}[]") if part.get("type") == "array" else (part, path)
    for key, raw in within["properties"].items():
        inner = _resolved(raw)
        yield _row(f"{path}.{key}", inner, required=_requires(within, key))
        if _keys(inner):
            yield from _rows(f"{path}.{key}", _first(inner))


def _requires(part: Schema, key: str) -> bool:
    return key in part.get("required", ())


def _row(path: str, part: Schema, *, required: bool) -> list[str]:
    default = "required" if required else _yaml(part["default"]) if "default" in part else ""
    examples = [_yaml(example) for example in part.get("examples", ())]
    return [f"`{path}`", _type(part), default, part["description"], ", ".join(examples)]


def _yaml(value: Any) -> str:
    """Return a value as it stands in settings.yaml."""
    return f"`{yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False).removesuffix(END).strip()}`"


def _resolved(part: Schema) -> Schema:
    """Return the definition that a part refers to, or itself."""
    named = part.get("$ref", "").rpartition("/")[2]
    return schema("settings")["definitions"][named] if named else part


def _first(part: Schema) -> Schema:
    """Return the first of alternatives, or the part itself."""
    return _resolved(part["oneOf"][0]) if "oneOf" in part else part


def _keys(part: Schema) -> Schema:
    """Return the keys that stand below this one, or none."""
    first = _first(part)
    inner = _resolved(first["items"]) if first.get("type") == "array" else first
    keys: Schema = inner.get("properties", {})
    return keys


def _type(part: Schema) -> str:
    first = _first(part)
    if "oneOf" in part:
        return f"{_type(first)}, or a list of such"
    if "enum" in part:
        return "one of " + ", ".join(f"`{value}`" for value in part["enum"])
    if part["type"] in ("integer", "number"):
        return _number(part)
    kinds = {"boolean": "`true` or `false`", "object": "keys", "array": "list"}
    return kinds[part["type"]] if part["type"] != "string" else _text(part)


def _number(part: Schema) -> str:
    unit = part.get("unit", "")
    kind = f"number in {unit}" if part["type"] == "number" else f"whole number{f' of {unit}' if unit else ''}"
    return f"{kind}, {part['minimum']} to {part['maximum']}" if "maximum" in part else f"{kind}, from {part['minimum']}"


def _text(part: Schema) -> str:
    words = {"ip": "IP address", "file": "file", "directory": "directory"}
    if part.get("pattern", "").endswith(TIME):
        return "time" if part["pattern"].startswith("^[1-9]") else "time, or 0"
    return words.get(part.get("format", ""), "text")
