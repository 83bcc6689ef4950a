"""A YAML file and a JSON Schema -> plain data, or every fault with its file, line and key."""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from radtune.errors import ConfigurationError, NotPermittedError, Problem

KeyPath = tuple[str | int, ...]

_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("ip", raises=ValueError)
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(ip_address(value))


@dataclass(slots=True)
class Document:
    """What a file says (`data`), and on which line each key stands."""

    file: Path
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Sequence[str | int], message: str) -> None:
        """Note a fault at this key."""
        line, at = 1, tuple(path)
        while at and at not in self.lines:
            at = at[:-1]
        line = self.lines.get(at, 1)
        self.problems.append(Problem(self.file, line, _dotted(path), message))

    def raise_problems(self) -> None:
        """Raise ConfigurationError with all faults noted so far, if there are any."""
        if self.problems:
            raise ConfigurationError(self.problems)


def _dotted(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of this name (`policy` or `settings`)."""
    text = resources.files("radtune").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def read_document(file: Path, schema_name: str) -> Document:
    """Read the file and hold it against the schema.

    Raises ConfigurationError with every fault in it, NotPermittedError where it may not be read. A key given twice is a
    fault, and so is a number that YAML doesn't read as it stands there (0750 is 488, 1:30 is 90).
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError([Problem(file, 1, "", "there is no such file")]) from None
    except PermissionError as error:
        raise NotPermittedError(f"{file}: this user may not read it; give the server's group read access") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(file, 1, "", f"can't be read: {error}")]) from error
    document = Document(file)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is not None:
            _note(document, node, ())
            document.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigurationError([Problem(file, line, "", f"not YAML: {error.problem or error.context}")]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError([Problem(file, 1, "", f"not YAML: {error}")]) from error
    validator = jsonschema.Draft7Validator(schema(schema_name), format_checker=_FORMATS)
    for fault in validator.iter_errors(document.data):
        _explain(document, fault)
    document.raise_problems()
    return document


def _note(document: Document, node: yaml.Node, path: KeyPath) -> None:
    """Note the line of every key, and the faults that YAML itself passes over."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            document.lines[(*path, name)] = key.start_mark.line + 1
            if name in seen:
                document.problem((*path, name), "given twice")
            seen.add(name)
            _note(document, value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note(document, item, (*path, index))
    elif node.tag == "tag:yaml.org,2002:int" and not re.fullmatch(r"-?(0|[1-9][0-9]*)", node.value):
        document.problem(path, f"{node.value}: write the number in plain decimal digits")


def _explain(document: Document, fault: Any) -> None:
    """Turn a fault of the schema library into a sentence for an operator."""
    path = tuple(fault.absolute_path)
    if fault.validator == "additionalProperties":
        for key in set(fault.instance) - set(fault.schema.get("properties", {})):
            document.problem((*path, str(key)), _unknown("key", str(key), fault.schema.get("properties", {})))
    elif fault.validator == "required":
        for key in fault.validator_value:
            if key not in fault.instance and f"'{key}'" in fault.message:
                document.problem(path, f"the key {key} is missing")
    elif fault.validator == "oneOf" and (nearest := _nearest(fault)):
        for inner in nearest:
            _explain(document, inner)
    else:
        document.problem(path, _sentence(fault))


def _nearest(fault: Any) -> list[Any]:
    """Return the faults of the alternative that the operator seems to have meant: the one whose type fits."""
    unfit = {inner.schema_path[0] for inner in fault.context if inner.validator == "type" and not inner.relative_path}
    return [inner for inner in fault.context if inner.schema_path[0] not in unfit]


def _unknown(what: str, word: str, known: Sequence[str] | dict[str, Any]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown {what} {word}{hint} (known: {', '.join(known)})"


def _sentence(fault: Any) -> str:
    said = json.dumps(fault.instance, default=str)
    if fault.validator == "enum":
        return _unknown("value", str(fault.instance), [str(value) for value in fault.validator_value])
    described = fault.schema.get("description") or (fault.parent and fault.parent.schema.get("description"))
    if fault.validator == "type":
        found = "is empty" if fault.instance is None else said
        return f"{found}: expected {_article(fault.validator_value)}" + (f": {described}" if described else "")
    return f"{said}: expected: {described}" if described else f"{said}: {fault.message}"


def _article(kind: str) -> str:
    words = {"object": "keys with values", "array": "a list", "string": "text", "integer": "a whole number"}
    return words.get(kind, kind)


def unknown_label(name: str, known: Sequence[str]) -> str:
    """Return the sentence for a label that no one defined, with the nearest that someone did."""
    return _unknown("label", name, known)


def seconds(duration: str) -> float:
    """Return `24h` and the like (s, m, h, d) in seconds."""
    return int(duration[:-1]) * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}[duration[-1]]


def each(document: Document, *path: str) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the items of the list at this path, each with its own path; nothing where there is no list."""
    value = document.data
    for step in path:
        value = value.get(step, ()) if isinstance(value, dict) else ()
    for index, item in enumerate(value or ()):
        yield (*path, index), item
