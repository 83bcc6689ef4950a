"""FreeRADIUS's clients.conf -> the clients in it, and the home servers of type coa that they name."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from radtune.errors import ConfigurationError, NotPermittedError, Problem

_QUOTED = r"""\"(?:[^"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`"""
_BETWEEN = re.compile(r"(?:[\s,;]|#[^\n]*)+")
_INCLUDE = re.compile(rf"(\$-?INCLUDE)[ \t]+({_QUOTED}|\S+)", re.IGNORECASE)
# A value without quotes ends at a space or a comma, and everything else in it stands for itself.
_ASSIGN = re.compile(rf"""([^\s{{}}="'`\#,:+]+)[ \t]*(?::=|\+=|==|=)[ \t]*({_QUOTED}|(?![ \t]*["'`])[^\s,]+)""")
_SECTION = re.compile(rf"([^\s{{}}=]+)[ \t]*({_QUOTED}|[^\s{{}}]+)?[^\n{{}}]*\{{")
_OTHER = re.compile(r"[^\n}]+")
_OPEN_QUOTE = re.compile(r"""[^\s{}="'`#]+[ \t]*[:+=]?=[ \t]*["'`]""")
_MAX_DEPTH = 10
_KINDS = ("client", "home_server", "home_server_pool")


@dataclass(slots=True, eq=False)
class Section:
    """A section of the configuration: `kind name { ... }`, with its assignments; the last of a key counts."""

    kind: str
    name: str
    file: Path
    line: int
    values: dict[str, str] = field(default_factory=dict)


def read_sections(file: Path) -> list[Section]:
    """Return the client, home_server and home_server_pool sections of a file and of all it includes.

    Raises ConfigurationError where a file is missing or can't be understood, NotPermittedError.
    """
    found: list[Section] = []
    _read(file, found, 0)
    return found


def _read(file: Path, found: list[Section], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise ConfigurationError([Problem(file, 1, "", "too many files that include one another")])
    text, position = _text(file), 0
    around: list[Section] = []
    while position < len(text):
        line = text.count("\n", 0, position) + 1
        if match := _INCLUDE.match(text, position):
            _include(file, line, match[1], _value(match[2]), found, depth)
        elif match := _BETWEEN.match(text, position):
            pass
        elif text[position] == "}":
            _close(file, line, around)
        else:
            match = _statement(file, line, text, position, around)
            found += [each for each in around[-1:] if each.kind in _KINDS and each not in found]
        position = match.end() if match else position + 1
    if around:
        said = f"{around[-1].kind} {around[-1].name}".strip()
        raise ConfigurationError([Problem(file, around[-1].line, "", f"{said} is never closed")])


def _close(file: Path, line: int, around: list[Section]) -> None:
    if not around:
        raise ConfigurationError([Problem(file, line, "", "a closing brace without an opening one")])
    around.pop()


def _statement(file: Path, line: int, text: str, position: int, around: list[Section]) -> re.Match[str] | None:
    """Read an assignment into the section around it, or open a section; return what was read."""
    if match := _ASSIGN.match(text, position):
        if around:
            around[-1].values[match[1].lower()] = _value(match[2])
    elif _OPEN_QUOTE.match(text, position):
        raise ConfigurationError([Problem(file, line, "", "a quote that isn't closed")])
    elif match := _SECTION.match(text, position):
        around.append(Section(match[1], _value(match[2] or ""), file, line))
    else:
        match = _OTHER.match(text, position)
    return match


def _include(file: Path, line: int, word: str, name: str, found: list[Section], depth: int) -> None:
    # What the server calls confdir and raddbdir is where clients.conf is, too.
    path = file.parent / re.sub(r"^\$\{(?:confdir|raddbdir)\}/", "", name)
    if "${" in str(path):
        raise ConfigurationError([Problem(file, line, "", f"$INCLUDE {name}: radtune can't tell where that is")])
    if path.is_dir():
        # As the server does: no file whose name holds other characters than these.
        inside = sorted(each for each in path.iterdir() if re.fullmatch(r"[A-Za-z0-9_.]+", each.name))
        for each in inside:
            if each.is_file() and not each.name.startswith("."):
                _read(each, found, depth + 1)
    elif path.exists():
        _read(path, found, depth + 1)
    elif not word.startswith("$-"):
        raise ConfigurationError([Problem(file, line, "", f"$INCLUDE {name}: there is no such file {path}")])


def _value(text: str) -> str:
    """Return what the server makes of a word: in quotes only a quote of the same kind can be escaped."""
    quote = text[:1]
    return text[1:-1].replace(f"\\{quote}", quote) if quote in ('"', "'", "`") and len(text) > 1 else text


def _text(file: Path) -> str:
    try:
        # A backslash at its end continues a line.
        return file.read_text(encoding="utf-8").replace("\\\n", "")
    except FileNotFoundError:
        raise ConfigurationError([Problem(file, 1, "", "there is no such file")]) from None
    except PermissionError as error:
        raise NotPermittedError(f"{file}: this user may not read it; run as root") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(file, 1, "", f"can't be read: {error}")]) from error
