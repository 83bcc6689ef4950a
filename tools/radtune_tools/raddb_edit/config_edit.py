"""Lines put into a file of the configuration, and values replaced; every other byte stays as it is."""

from collections.abc import Iterable
from typing import NamedTuple

from radtune_tools.raddb_edit.config_tree import ConfigText, Item, NotUnderstoodError


class Edit(NamedTuple):
    """The text from `start` to `end` is replaced by `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with these edits; of two at one place the first stands first. No two overlap."""
    for start, end, new in reversed(sorted(edits, key=lambda edit: edit[:2])):  # noqa: C413  # keeps their order
        text = text[:start] + new + text[end:]
    return text


def insert_before(file: ConfigText, item: Item, line: str) -> Edit:
    """Put a line before a statement, and before the comment that stands right above it. Raises NotUnderstoodError."""
    place = _line_start(file, item.start)
    above = place
    while above and file.text[(before := file.text.rfind("\n", 0, above - 1) + 1) : above].lstrip().startswith("#"):
        above = before
    end = _line_end(file.text)
    blank = "" if above == place else end
    return Edit(above, above, f"{file.text[place : item.start]}{line}{end}{blank}")


def insert_first(file: ConfigText, section: Item, lines: str) -> Edit:
    """Put lines at the beginning of a section. Raises NotUnderstoodError."""
    begin, end = section.body
    behind = file.text.find("\n", begin, end) + 1
    rest = file.text[begin : behind - 1].strip() if behind else "}"
    if (rest and not rest.startswith("#")) or rest.endswith("\\"):
        raise NotUnderstoodError(file.line(begin), "a section that begins and goes on in one line")
    return Edit(behind, behind, _indented(file, section, lines))


def insert_last(file: ConfigText, section: Item, lines: str) -> Edit:
    """Put lines at the end of a section, before its closing brace. Raises NotUnderstoodError."""
    place = _line_start(file, section.body[1])
    if place < section.body[0]:
        raise NotUnderstoodError(file.line(place), "a section that ends in the line in which it begins")
    return Edit(place, place, _indented(file, section, lines))


def set_value(file: ConfigText, pair: Item, value: str) -> Edit:
    """Replace what a pair is set to, and keep its quotes."""
    start, end = pair.value
    quote = file.text[start] if file.text[start : start + 1] in ("'", '"') else ""
    return Edit(start, end, f"{quote}{value}{quote}")


def _line_start(file: ConfigText, position: int) -> int:
    """Return where the line begins on which a statement begins, if it is the first of it."""
    if not file.begins_line(position):
        raise NotUnderstoodError(file.line(position), "several statements in one line")
    return file.text.rfind("\n", 0, position) + 1


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indented(file: ConfigText, section: Item, lines: str) -> str:
    """Return lines with the indentation of what is in the section, or a tab more than the section's own."""
    own = file.text[file.text.rfind("\n", 0, section.start) + 1 : section.start]
    indent = f"{own if not own.strip() else ''}\t"
    for item in section.items:
        if file.begins_line(item.start):
            indent = file.text[file.text.rfind("\n", 0, item.start) + 1 : item.start]
            break
    end = _line_end(file.text)
    return "".join(f"{indent if line else ''}{line}{end}" for line in lines.split("\n"))
