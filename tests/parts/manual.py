"""The manual as its tests read it: README.md and the pages of docs/."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^ {4,}\S.*\n(?:^ {4,}.*\n|^\n(?= {4}))*", re.MULTILINE)


def page(name: str) -> str:
    """Return the text of a page of docs/, named without its suffix."""
    return (PROJECT / "docs" / f"{name}.md").read_text()


def manual() -> str:
    """Return the text of all pages."""
    return "\n".join(each.read_text() for each in PAGES)


def fenced(text: str, language: str) -> list[str]:
    """Return the samples that are fenced and of this language."""
    return [sample for named, sample in FENCE.findall(text) if named == language]


def blocks(text: str) -> list[str]:
    """Return the indented blocks: what is typed at a shell."""
    return [match.group() for match in BLOCK.finditer(FENCE.sub("", text))]


def shell_lines(text: str, first_word: str) -> list[str]:
    """Return the lines to type that begin with this word; a line that goes on behind a backslash is one."""
    lines = [line.partition(" #")[0].strip() for block in blocks(text) for line in _joined(block).splitlines()]
    return [line for line in lines if line.split(" ")[0] == first_word]


def _joined(block: str) -> str:
    return re.sub(r"\\\n *", "", block)
