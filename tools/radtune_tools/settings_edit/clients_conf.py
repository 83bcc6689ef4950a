"""FreeRADIUS's clients.conf -> the clients in it, and the home servers of type coa that they name."""

import re
from bisect import bisect_right
from pathlib import Path

from radtune.dataclass import dataclass, field
from radtune.errors import FaultyFileError
from radtune.file_access import read_file
from radtune_tools.raddb_edit.config_tree import INCLUDED_NAME

_QUOTED = r"""\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`"""
_BETWEEN = re.compile(r"(?:[\s,;]|#[^\n]*)+")
_INCLUDE = re.compile(rf"(\$-?INCLUDE)[ \t]+({_QUOTED}|\S+)", re.IGNORECASE)
# A value without quotes ends at a space or a comma, and everything else in it stands for itself.
_ASSIGN = re.compile(rf"""([^\s{{}}="'`\#,:+]+)[ \t]*(?::=|\+=|==|=)[ \t]*({_QUOTED}|(?![ \t]*["'`])[^\s,]+)""")
_SECTION = re.compile(rf"([^\s{{}}=]+)[ \t]*({_QUOTED}|[^\s{{}}]+)?[^\n{{}}]*\{{")
_TEMPLATE = re.compile(r"\$template[ \t]+(\S+)")
_OTHER = re.compile(r"[^\n}]+")
_OPEN_QUOTE = re.compile(r"""[^\s{}="'`#]+[ \t]*[:+=]?=[ \t]*["'`]""")
_MAX_DEPTH = 10
_KINDS = ("client", "home_server", "home_server_pool")


@dataclass(slots=True, eq=False)
class Section:
    """A section of the configuration: `kind name { ... }`, with its assignments.

    words: each value as it is written, with its quotes; as in the server, the first of a key counts.
    template: the name behind `$template`; the server adds what that has.
    """

    kind: str
    name: str
    file: Path
    line: int
    words: dict[str, str] = field(default_factory=dict)
    template: str = ""

    def get(self, key: str) -> str:
        """Return a value without its quotes, '' if there is none."""
        return plain(self.words.get(key, ""))


def plain(word: str) -> str:
    """Return what a server reads that knows one escape only: that of the quotes around a word."""
    quote = word[:1]
    return word[1:-1].replace(f"\\{quote}", quote) if quote in ('"', "'", "`") and len(word) > 1 else word


def unescaped(word: str) -> str:
    """Return what a server reads that knows the escapes of C in double quotes, too; bytes that are no UTF-8 escaped."""
    if word[:1] != '"':
        return plain(word)
    read = re.sub(rb"\\([0-7]{3}|.)", lambda match: _escaped_byte(match[1]), word[1:-1].encode(), flags=re.DOTALL)
    return read.decode(errors="surrogateescape")


def _escaped_byte(code: bytes) -> bytes:
    if len(code) == 3:
        return bytes([int(code, 8) & 0xFF])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(code, code)


def read_sections(file: Path) -> list[Section]:
    """Return the client, home_server and home_server_pool sections of a file and of all it includes.

    Raises ConfigurationError where a file is missing or can't be understood, NotPermittedError.
    """
    found: list[Section] = []
    _read(file, found, [], 0)
    return found


def _read(file: Path, found: list[Section], open_sections: list[Section], depth: int) -> None:
    """Read a file that stands inside of the sections `open_sections`."""
    if depth > _MAX_DEPTH:
        raise FaultyFileError(file, "too many files that include one another")
    text, joints = _joined(_text(file))
    position, outside = 0, len(open_sections)
    while position < len(text):
        line = 1 + text.count("\n", 0, position) + bisect_right(joints, position)
        if match := _INCLUDE.match(text, position):
            for path in _included(file, line, match[1], plain(match[2])):
                _read(path, found, open_sections, depth + 1)
        elif match := _BETWEEN.match(text, position):
            pass
        elif text[position] == "}":
            _close(file, line, open_sections, outside)
        else:
            match = _statement(file, line, text, position, open_sections)
            found += [each for each in open_sections[-1:] if each.kind in _KINDS and each not in found]
        position = match.end() if match else position + 1
    if len(open_sections) > outside:
        said = f"{open_sections[-1].kind} {open_sections[-1].name}".strip()
        raise FaultyFileError(file, f"{said} is never closed", open_sections[-1].line)


def _close(file: Path, line: int, open_sections: list[Section], outside: int) -> None:
    if len(open_sections) == outside:
        raise FaultyFileError(file, "a closing brace without an opening one", line)
    open_sections.pop()


def _statement(file: Path, line: int, text: str, position: int, open_sections: list[Section]) -> re.Match[str] | None:
    """Read an assignment into the innermost open section, or open a section; return what was read."""
    if match := _ASSIGN.match(text, position):
        if open_sections:
            open_sections[-1].words.setdefault(match[1], match[2])
    elif match := _TEMPLATE.match(text, position):
        if open_sections:
            open_sections[-1].template = match[1]
    elif _OPEN_QUOTE.match(text, position):
        raise FaultyFileError(file, "a quote that isn't closed", line)
    elif match := _SECTION.match(text, position):
        open_sections.append(Section(match[1], plain(match[2] or ""), file, line))
    else:
        match = _OTHER.match(text, position)
    return match


def _included(file: Path, line: int, word: str, name: str) -> list[Path]:
    # What the server calls confdir and raddbdir is where clients.conf is, too.
    path = file.parent / re.sub(r"^\$\{(?:confdir|raddbdir)\}/", "", name)
    if "${" in str(path) or "$ENV{" in str(path):
        raise FaultyFileError(file, f"$INCLUDE {name}: radtune can't tell where that is", line)
    if path.is_dir():
        return [each for each in sorted(path.iterdir()) if INCLUDED_NAME.fullmatch(each.name) and each.is_file()]
    if not path.exists() and word.startswith("$-"):
        return []
    if not path.exists():
        raise FaultyFileError(file, f"$INCLUDE {name}: there is no such file {path}", line)
    return [path]


def _joined(text: str) -> tuple[str, list[int]]:
    """Join lines that end in a backslash with the next; return the text, and the places of the joints in it.

    A comment on a line of its own goes on nowhere.
    """
    parts, joints, length = [], list[int](), 0
    for line in text.splitlines(keepends=True):
        inside = bool(joints) and joints[-1] == length
        if line.endswith("\\\n") and (inside or not line.lstrip().startswith("#")):
            line = line[:-2]  # noqa: PLW2901  # as it counts from here on
            joints.append(length + len(line))
        parts.append(line)
        length += len(line)
    return "".join(parts), joints


def _text(file: Path) -> str:
    try:
        return read_file(file)[0].decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FaultyFileError(file, f"can't be read: {error}") from error
