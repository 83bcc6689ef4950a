"""What radtune says to an operator, collected from the code and from raddb; and whether a page has it by its words."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from parts.manual import FENCE, PROJECT, page

CODE = ("module/radtune", "tools/radtune_tools")
EXPLAINED = ("troubleshoot", "troubleshoot-moves", "troubleshoot-sync", "troubleshoot-server")
"""The pages that say of each message what it means and what to do."""
GAP = "…"
"""Stands for what a message says of one case."""
FEWEST_WORDS = 4
"""A shorter text is a part of a message that is found by another part."""
NO_MESSAGES = frozenset(
    (
        *("compile", "match", "fullmatch", "search", "sub", "findall"),  # patterns
        *(
            "query",
            "execute",
            "_execute",
            "executescript",
            "option",
            "wait_option",
            "limit_option",
            "form_flag",
            "argument",
            "command",
            "group",
            "Choice",
            "Option",
            "AssertionError",
        ),  # SQL, help, bugs
    )
)
"""Functions whose texts nobody reads as a message."""
ALL_IS_WELL = frozenset(("line", "say"))
"""Functions that tell what a command does and has done."""
DOCTORS = ("doctor/paths.py", "doctor/kinds.py", "doctor/status_kinds.py")
"""The tables that docs/files.md and docs/doctor.md are made of."""
NO_MESSAGES_IN = ("link/registration.py", "health/metric_names.py", "cli/root.py", *DOCTORS)
"""The steps that `radtune link` prints, the help of the metrics and of the commands, and the doctor's tables."""


class Message(NamedTuple):
    """One text, with `GAP` for what is filled in, and where it stands: file and line."""

    text: str
    where: str


def words(text: str) -> int:
    """Count the words of a text."""
    return len(re.findall(r"[A-Za-z][A-Za-z'-]+", text))


@cache
def said_by_code(fewest: int = FEWEST_WORDS, *, all_is_well: bool = False) -> tuple[Message, ...]:
    """Return every text of the code with so many words at least, but for help texts, patterns and the like.

    With `all_is_well` also what a command says when nothing is wrong.
    """
    passed_over = NO_MESSAGES if all_is_well else NO_MESSAGES | ALL_IS_WELL
    files = [file for part in CODE for file in sorted((PROJECT / part).rglob("*.py"))]
    found: dict[str, str] = {}
    for file in files:
        if str(file).endswith(NO_MESSAGES_IN):
            continue
        for text, line in _texts(ast.parse(file.read_text()), passed_over):
            if words(text) >= fewest and not re.match(
                r"\s*(?:PRAGMA|SELECT|INSERT|UPDATE|DELETE|DROP|SET|ON|mode) |text/|[0-9.]+="
                r"|.*\{\d,\}|tuple\[|\(\?|[^ ]*$",
                text,
            ):
                found.setdefault(text, f"{file.relative_to(PROJECT)}:{line}")
    return tuple(Message(*each) for each in sorted(found.items(), key=lambda pair: pair[1]))


@cache
def said_by_raddb() -> tuple[Message, ...]:
    """Return what unlang refuses with."""
    file = PROJECT / "raddb/mods-config/radtune/unlang"
    said = re.compile(r'&(?:Module-Failure-Message|Reply-Message) :?= "(.*)"')
    return tuple(
        Message(re.sub(r"%\{.*?\}+", GAP, match[1]).removeprefix("radtune: "), f"{file.relative_to(PROJECT)}:{number}")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (match := said.search(line))
    )


def _texts(tree: ast.AST, passed_over: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield the texts with their lines, but for blocks of lines; what is filled into a text may hold texts, too."""
    for node in _children(tree, passed_over):
        text = _template(node)
        if text is None:
            yield from _texts(node, passed_over)
        elif not re.search(r"\n\s", text):
            yield text, getattr(node, "lineno", 0)
        for part in node.values if isinstance(node, ast.JoinedStr) else ():
            yield from _texts(part, passed_over)


def _children(tree: ast.AST, passed_over: frozenset[str]) -> Iterator[ast.AST]:
    """Yield what is in a part of the code, but for docstrings, what is passed over, and the parts of a text.

    Of pairs in a tuple only the second: what radtune says where others say the first.
    """
    for child in () if isinstance(tree, ast.Constant) else ast.iter_child_nodes(tree):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Call) and _called(child) in passed_over:
            continue
        if isinstance(child, ast.Tuple) and all(isinstance(e, ast.Tuple) and len(e.elts) == 2 for e in child.elts):
            yield from (pair.elts[1] for pair in child.elts if isinstance(pair, ast.Tuple))
        else:
            yield child


def _template(node: ast.AST) -> str | None:
    """Return the text of a node, with `GAP` for what is filled in; None if it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_part, node.values))
    return None


def _part(part: ast.expr) -> str:
    """Return a part of a text; `counted(number, noun)` is a gap and the noun of many."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    call = part.value if isinstance(part, ast.FormattedValue) else None
    if isinstance(call, ast.Call) and _called(call) == "counted":
        return f"{GAP} {ast.literal_eval(call.args[1])}s"
    return GAP


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def plain(text: str) -> str:
    """Return a text as a page shows it: without backticks and line breaks."""
    return " ".join(text.replace("`", "").split())


def keys(text: str) -> list[str]:
    """Return what a page of messages is searched by: the code in the first cells of its tables."""
    rows = re.findall(r"^\| (`.*?`(?: \(\d+\))?) \|", FENCE.sub("", text), re.MULTILINE)
    return [key.replace("\\|", "|") for row in rows for key in re.findall(r"`([^`]+)`", row)]


@cache
def explained() -> tuple[str, ...]:
    """Return the messages of which the pages say what they mean and what to do."""
    return tuple(key for name in EXPLAINED for key in keys(page(name)))


def has(key: str, text: str) -> bool:
    """Tell whether one of two texts holds the other, where `GAP` stands for anything."""
    (plain_key, in_key), (plain_text, in_text) = _pattern(key), _pattern(text)
    return bool(in_key.search(plain_text) or in_text.search(plain_key))


def is_in(key: str, whole: str) -> bool:
    """Tell whether a whole message, as it is printed, has these words."""
    return bool(_pattern(key)[1].search(whole))


@cache
def _pattern(text: str) -> tuple[str, re.Pattern[str]]:
    """Return the text as a page shows it, and what finds it in another one."""
    pieces = [piece.strip() for piece in plain(text).split(GAP)]
    return plain(text), re.compile(".*".join(re.escape(piece) for piece in pieces if piece))


def missing(said: Iterable[Message], known: Iterable[str]) -> list[Message]:
    """Return what is said, and that no key has."""
    listed = list(known)
    return [each for each in said if not any(has(key, each.text) for key in listed)]
