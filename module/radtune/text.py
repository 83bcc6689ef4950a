"""Text from elsewhere, made fit for a log or a terminal; words that aren't known; times."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

SHOWN = 40
"""Known words that a message lists."""


def printable(text: str) -> str:
    """Return the text with escapes in place of what can't be printed: names may come from anybody's device."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def without_password(text: str) -> str:
    """Return the text without name and password, which stand before an @ in a URL or in what may be one."""
    return re.sub(r"(?<=//)\S*(?=@)|[^\s\"']*:\S*(?=@)", "…", text)


def utc(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC, or as seconds if no calendar goes that far."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds after 1970"


def counted(count: int, what: str, plural: str = "") -> str:
    """Return the count with its word: 1 session, 2 sessions; `plural` if that is more than an s."""
    return f"{count} {what if count == 1 else plural or f'{what}s'}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?` with the known word that is nearest whatever the case, or ''."""
    from difflib import get_close_matches  # few runs need it

    spelled = {name.lower(): name for name in reversed([*known])}
    near = get_close_matches(word.lower(), spelled, n=1)
    return f"; did you mean {spelled[near[0]]}?" if near else ""


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """Return the sentence for a word that isn't among the known ones: with the nearest that is, or else with them."""
    known = list(known)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    listed = f" (known: {', '.join(known[:SHOWN])}{more})"
    return f"unknown {what} {word}{nearest(word, known) or listed}"
