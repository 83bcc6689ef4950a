"""The text of settings.yaml with one tenant's entry added, changed or removed, and everything else left as it is.

What comes out has to be read and compared before it is used: YAML has more ways to write a list than are known here.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from radtune.config.yaml_file import KeyPath
from radtune.config.yaml_places import Place, places

KEY = "intune"
Entry = Mapping[str, Any]
NasDirectory = Mapping[KeyPath, Place]
_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z/][\w./-]*(?::[\w./-]+)*", re.ASCII | re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SAMPLE = re.compile(rf"^#\s?{KEY}:.*$", re.MULTILINE)


def position(entries: Sequence[Entry], tenant: str) -> int | None:
    """Return where the tenant's entry stands in the list, or None; upper and lower case are the same."""
    names = [str(entry["tenant"]).lower() for entry in entries]
    return names.index(tenant.lower()) if tenant.lower() in names else None


def with_entry(text: str, entries: Sequence[Entry], entry: Entry) -> str:
    """Return the text with the entry behind the last one, or in place of the same tenant's; `entries` are in it now.

    Raises ValueError where the list isn't written in a way that can be changed line by line.
    """
    where = places(text, KEY)
    if not where:
        return _with_list(text, entry)
    _check_block(text, where)
    at = position(entries, entry["tenant"])
    if at is not None:
        return _with_changes(text, where, at, entries[at], entry)
    last = where[KEY, len(entries) - 1]
    dash, column = _column(text, where[KEY,].start), _column(text, last.start)
    if not where[KEY, len(entries) - 1].block:
        column = dash + 2
    return _insert(text, _end_with_comments(text, last.end, dash), _lines(entry, dash, column))


def without_entry(text: str, entries: Sequence[Entry], tenant: str) -> str:
    """Return the text without the tenant's entry, and without the list if that was its last; raises ValueError."""
    where = places(text, KEY)
    _check_block(text, where)
    at = position(entries, tenant)
    if at is None:
        raise ValueError(f"{tenant}: no such entry")
    dash = _column(text, where[KEY,].start)
    start = _dash_line(text, where[KEY, at].start, dash)
    text = text[:start] + text[_end_with_comments(text, where[KEY, at].end, dash) :]
    if len(entries) > 1:
        return text
    line = _line_start(text, where[KEY,].key)
    before, after = text[:line], text[_line_end(text, line) :]
    blank = re.search(r"(?:^|\n)(\r?\n)\Z", before)
    if blank and (not after or re.match(r"\r?\n", after)):
        before = before[: blank.start(1)]
    return before + after


def entry_lines(entry: Entry) -> list[str]:
    """Return the entry as a person would write it below `intune:`."""
    return _lines(entry, 2, 4)


def scalar(value: object) -> str:
    """Return a value as YAML reads it: plain where that is safe, or else in double quotes."""
    if isinstance(value, str) and (_PLAIN.fullmatch(value) or _GUID.fullmatch(value)):
        return value
    return json.dumps(value, ensure_ascii=False)


def _check_block(text: str, where: NasDirectory) -> None:
    if (KEY,) not in where or not where[KEY,].block:
        raise ValueError("the list stands in brackets")
    if text[where[KEY,].start] != "-":
        raise ValueError("the list doesn't begin with a dash")


def _with_list(text: str, entry: Entry) -> str:
    """Add the list where a comment shows an example of it, or else at the end."""
    lines = [f"{KEY}:", *entry_lines(entry)]
    sample = _SAMPLE.search(text)
    if sample is None:
        return _insert(text, len(text), lines)
    end = _line_end(text, sample.end())
    while text.startswith("#", end):
        end = _line_end(text, end)
    return _insert(text, end, ["", *lines])


def _with_changes(text: str, where: NasDirectory, at: int, old: Entry, new: Entry) -> str:
    """Change what differs, key by key from the last to the first, so that the places of those before stay."""
    item = where[KEY, at]
    if not item.block:
        return text[: item.start] + json.dumps(dict(new), ensure_ascii=False) + text[item.end :]
    added = {key: value for key, value in new.items() if key not in old}
    text = _insert(text, _line_end(text, item.end), _lines(added, _column(text, item.start) - 2, None))
    keys = list(old)
    kept = next(index for index, key in enumerate(keys) if key in new)
    for key in reversed(keys[kept:]):
        place = where[KEY, at, key]
        if key not in new:
            text = text[: _line_start(text, place.key)] + text[_line_end(text, place.end) :]
        elif new[key] != old[key]:
            text = text[: place.start] + scalar(new[key]) + text[place.end :]
    # The first key shares its line with the dash: the next one that stays moves there.
    return text[: where[KEY, at, keys[0]].key] + text[where[KEY, at, keys[kept]].key :]


def _lines(entry: Entry, dash: int, column: int | None) -> list[str]:
    """Return the entry's lines; the first has a dash unless `column` is None: these keys are added to others."""
    indent = " " * (dash + 2 if column is None else column)
    lines = [f"{indent}{key}: {scalar(value)}" for key, value in entry.items()]
    if column is not None:
        lines[0] = " " * dash + "-" + lines[0][dash + 1 :]
    return lines


def _insert(text: str, at: int, lines: Sequence[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text[:at] + (newline if lines and text[:at] and not text[:at].endswith("\n") else "")
    return before + "".join(line + newline for line in lines) + text[at:]


def _dash_line(text: str, at: int, column: int) -> int:
    """Return the start of the line with the dash of the entry that begins at `at`."""
    start = _line_start(text, at)
    while not re.compile(rf" {{{column}}}-\s").match(text, start):
        if start == 0:
            raise ValueError("no dash in front of the entry")
        start = _line_start(text, start - 1)
    return start


def _end_with_comments(text: str, at: int, dash: int) -> int:
    """Return the end of the line, and of the comments below it that are indented as what belongs to the entry."""
    end = _line_end(text, at)
    while re.compile(rf" {{{dash + 1},}}#").match(text, end):
        end = _line_end(text, end)
    return end


def _column(text: str, at: int) -> int:
    return at - _line_start(text, at)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
