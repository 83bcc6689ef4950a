"""A YAML file -> plain data, with the line of every key, or every fault with file, line and key."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from radtune.errors import ConfigurationError, NotPermittedError, Problem

KeyPath = tuple[str | int, ...]

_TEXT, _MERGE, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:int"


class _Loader(yaml.SafeLoader):
    """YAML without dates: nothing in radtune's files is one, and 2024-13-45 would end the reading."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(slots=True)
class Document:
    """What a file says (`data`), on which line each key stands, and the faults found so far."""

    file: Path
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Sequence[str | int], message: str) -> None:
        """Note a fault at this key; a key that isn't in the file is put on the line of what should hold it."""
        at = tuple(path)
        while at and at not in self.lines:
            at = at[:-1]
        problem = Problem(self.file, self.lines.get(at, 1), _dotted(path), message)
        # The first fault found at a key is the nearest to what was meant.
        if all((problem.line, problem.key) != (known.line, known.key) or not known.key for known in self.problems):
            self.problems.append(problem)

    def keys(self, *path: str) -> dict[str, Any]:
        """Return the mapping at this path; an empty one where something else is there, which the schema tells of."""
        value = self._at(path)
        return value if isinstance(value, dict) else {}

    def items(self, *path: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
        """Yield the mappings in the list at this path, each with its own path."""
        value = self._at(path)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                yield (*path, index), item

    def _at(self, path: Sequence[str]) -> Any:
        value = self.data
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def raise_problems(self) -> None:
        """Raise ConfigurationError with all faults noted so far, if there are any."""
        if self.problems:
            raise ConfigurationError(self.problems)


def _dotted(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_yaml(file: Path) -> Document:
    """Read the file; what is wrong in it so far is noted in the document.

    A key given twice is a fault, and a key that isn't text, and text that can't be printed, and a number that YAML
    doesn't read as it stands there (0750 is 488, 1:30 is 90). Raises ConfigurationError where it isn't YAML,
    NotPermittedError where it may not be read.
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
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _note(document, node, (), ())
            document.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigurationError([Problem(file, line, "", f"not YAML: {error.problem or error.context}")]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigurationError([Problem(file, line, "", f"not YAML: {error.reason}")]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError([Problem(file, 1, "", f"not YAML: {error}")]) from error
    return document


def _note(document: Document, node: yaml.Node, path: KeyPath, above: tuple[int, ...]) -> None:
    """Note the line of every key, and the faults that YAML passes over; `above` are the nodes around this one."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in above:
        problem = Problem(document.file, node.start_mark.line + 1, _dotted(path), "an alias that contains itself")
        raise ConfigurationError([problem])
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            document.lines[(*path, name)] = key.start_mark.line + 1
            if key.tag not in (_TEXT, _MERGE):
                document.problem((*path, name), f"a key has to be text; write '{name}'")
            if name in seen:
                document.problem((*path, name), "given twice")
            seen.add(name)
            _note(document, value, (*path, name), above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note(document, item, (*path, index), above)
    elif node.tag == _INT and not re.fullmatch(r"-?(0|[1-9][0-9]*)", node.value):
        document.problem(path, f"{node.value}: write the number in plain decimal digits")
    elif not node.value.isprintable():
        document.problem(path, f"{node.value}: has characters in it that can't be printed")
