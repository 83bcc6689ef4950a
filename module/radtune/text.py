"""Text from elsewhere, made fit for a log or a terminal; and times."""

import re
from datetime import UTC, datetime


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
