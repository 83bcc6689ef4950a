"""A YAML file -> plain data, with the line of every key, or every fault with file, line and key."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from radtune.config.yaml_errors import explain, not_utf8
from radtune.dataclass import dataclass, field
from radtune.errors import ConfigurationError, FaultyFileError, Problem
from radtune.file_access import read_file

KeyPath = tuple[str | int, ...]

MOST_PROBLEMS = 100
"""Faults that are reported of one file."""
MOST_NODES = 500_000
"""Values that one file may hold."""

_TEXT, _MERGE, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:int"

# libyaml's reader is eight times as fast; a server waits for it when the policy is replaced.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]  # one of two classes of PyYAML
    """YAML without dates: 2024-13-45 would end the reading."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(slots=True)
class Document:
    """The content of a file (`data`), the line of each key, and the faults found so far.

    nodes: the number of values that were read so far
    signature: `signature` of the file from right before it was read
    included: list items from another file, by their paths here, each with that file and its path there
    """

    file: Path
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0
    signature: tuple[int, ...] = ()
    included: dict[KeyPath, tuple["Document", KeyPath]] = field(default_factory=dict)

    def include(self, other: "Document", key: str) -> None:
        """Add the items of a list in another file to the list here; their faults keep their own place."""
        items = self.data.setdefault(key, [])
        for index, item in enumerate(other.data[key]):
            self.included[key, len(items)] = (other, (key, index))
            items.append(item)

    def origin(self, path: KeyPath) -> tuple["Document", KeyPath]:
        """Return the file that this key stands in, and the path of the key there."""
        other, start = self.included.get(path[:2], (self, path[:2]))
        return other, (*start, *path[2:])

    @property
    def full(self) -> bool:
        """So many faults were found that more are of no use."""
        return len(self.problems) >= MOST_PROBLEMS

    def problem(self, path: KeyPath, message: str) -> None:
        """Note a fault at this key. A key that isn't in the file gets the line of the key that should hold it."""
        if self.full:
            return
        origin, there = self.origin(path)
        problem = Problem(origin.file, origin.line(there), dotted(there), message)
        # The first fault found at a key is the nearest to what was meant.
        place = (problem.file, problem.line, problem.key)
        if all(place != (known.file, known.line, known.key) or not known.key for known in self.problems):
            self.problems.append(problem)

    def note(self, problems: Iterable[Problem]) -> None:
        """Add faults of another file, each once."""
        self.problems += [each for each in problems if each not in self.problems]

    def forget(self, path: KeyPath) -> None:
        """Drop what was noted at this key, for something that says more."""
        origin, there = self.origin(path)
        place = (origin.file, dotted(there))
        self.problems = [known for known in self.problems if (known.file, known.key) != place]

    def faulty(self, path: KeyPath) -> bool:
        """Tell whether a fault was noted at this key or within it."""
        origin, there = self.origin(path)
        key = dotted(there)
        found = (known.key for known in self.problems if known.file == origin.file)
        return any(each == key or each.startswith((f"{key}.", f"{key}[")) for each in found)

    def line(self, path: KeyPath) -> int:
        """Return the line of this key, or of what should hold it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def keys(self, *path: str) -> dict[str, Any]:
        """Return the mapping at this path; an empty one if something else is there, which the schema reports."""
        value = self.data
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    def items(self, *path: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
        """Yield the mappings in the list at this path, each with its own path."""
        value = self.keys(*path[:-1]).get(path[-1])
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                yield (*path, index), item

    def check_unique(self, entries: str, key: str, fold: Callable[[str], str] = str) -> None:
        """Note each entry of a list whose text under this key, folded, is that of an entry before."""
        first: dict[str, KeyPath] = {}
        for path, entry in self.items(entries):
            text = fold(str(entry.get(key, "")))
            if text and first.setdefault(text, path) != path:
                origin, there = self.origin((*first[text], key))
                place = "line " if origin is self.origin(path)[0] else f"{origin.file}:"
                self.problem((*path, key), f"{text}: given at {place}{origin.line(there)} already")

    def raise_problems(self) -> None:
        """Raise ConfigurationError with all faults noted so far, if there are any."""
        if self.problems:
            raise ConfigurationError(self.problems)


def dotted(path: KeyPath) -> str:
    """Return the path of a key as messages show it: `rules[1].match[2]`, counted from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _read(file: Path) -> str:
    content, _ = read_file(file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FaultyFileError(file, f"can't be read: {not_utf8(error.object, error.start)}", line) from error


def signature(file: Path) -> tuple[int, ...]:
    """Return a value that changes when a file is written or replaced; () for a missing file."""
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def read_lines(file: Path) -> list[tuple[int, str]]:
    """Return the lines of a list, each with its number; `#` begins a comment, and empty lines are left out.

    Raises ConfigurationError if it isn't text or its last line has no end; NotPermittedError if it may not be read.
    """
    content = _read(file)
    if content and not content.endswith("\n"):
        said = "the last line has no line end; was the file cut off?"
        raise FaultyFileError(file, said, content.count("\n") + 1)
    texts = ((number, line.partition("#")[0].strip()) for number, line in enumerate(content.splitlines(), 1))
    return [(number, text) for number, text in texts if text]


def read_yaml(file: Path) -> Document:
    """Read the file, and note what YAML passes over: keys given twice, unprintable text, numbers such as 0750 (488).

    Raises ConfigurationError if it isn't YAML, NotPermittedError if it may not be read.
    """
    document = Document(file, signature=signature(file))
    text = _read(file)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _note(document, node, (), ())
            document.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        # A quote that isn't closed, and a key without a colon, is where it begins.
        unclosed = error.context_mark if str(error.context).endswith(("quoted scalar", "simple key")) else None
        mark: Any = unclosed or error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        said = explain(text, str(error.problem or error.context), line, column)
        raise FaultyFileError(file, f"not YAML: {said}", line + 1) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        said = f"a control character ({ord(text[error.position]):#04x}); remove it"
        raise FaultyFileError(file, f"not YAML: {said}", line) from error
    except RecursionError:
        raise FaultyFileError(file, "nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise FaultyFileError(file, f"not YAML: {error}") from error
    return document


def _check_size(document: Document, node: yaml.Node, path: KeyPath, above: tuple[int, ...]) -> None:
    """Refuse what aliases make endless, or far larger than the file."""
    document.nodes += 1
    if document.nodes <= MOST_NODES and id(node) not in above:
        return
    said = f"more than {MOST_NODES} values, each counted as often as an alias stands for it"
    said = "an alias that contains itself" if id(node) in above else said
    raise ConfigurationError([Problem(document.file, node.start_mark.line + 1, dotted(path), said)])


def _note(document: Document, node: yaml.Node, path: KeyPath, above: tuple[int, ...]) -> None:
    """Note the line of every key, and the faults that YAML passes over; `above` are the nodes around this one."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    _check_size(document, node, path, above)
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
        document.problem(path, f"{node.value}: write the number in plain decimal digits, or quote it")
    elif not node.value.isprintable():
        document.problem(path, f"{node.value}: has characters in it that can't be printed")
