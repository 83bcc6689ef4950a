"""Pages with made parts. A part stands between two comments, of which the first says how it is made."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from textwrap import fill

from manual import commands, events, files, findings, messages, metrics, settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
WIDTH = 120
PART = re.compile(r"<!-- made by make manual: (.+?) -->\n(?:(?!<!--).)*<!-- end -->", re.DOTALL)
MAKERS: Mapping[str, Callable[..., Iterable[str]]] = {
    "commands": commands.index,
    "command": commands.one,
    "options": commands.shared,
    "exit-codes": commands.exit_codes,
    "settings": settings.section,
    "messages": messages.listed,
    "metrics": metrics.listed,
    "files": files.listed,
    "event": events.fields,
    "doctor": findings.listed,
}
"""The maker of each kind of part: it takes the words behind the kind, and yields paragraphs and tables."""


def made(page: str) -> str:
    """Return the page with each of its parts made anew."""
    return PART.sub(lambda part: _part(part[1]), page)


def parts(page: str) -> list[str]:
    """Return how the parts of the page are made: the words of each."""
    return [part[1] for part in PART.finditer(page)]


def _part(how: str) -> str:
    kind, *words = how.split()
    blocks = [f"<!-- made by make manual: {how} -->", *MAKERS[kind](*words), "<!-- end -->"]
    return "\n\n".join(block if block.startswith("|") else _wrapped(block) for block in blocks)


def _wrapped(paragraph: str) -> str:
    return fill(paragraph, WIDTH, break_on_hyphens=False, break_long_words=False)
