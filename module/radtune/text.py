"""Text from elsewhere, made fit for a log or a terminal; and times."""

import re
from datetime import UTC, datetime


def printable(text: str) -> str:
    """Return the text with what can't be printed as escapes: names come from devices that nobody vouches for."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def without_password(text: str) -> str:
    """Return the text without what stands before an @ in a URL, or in what may be one: name and password."""
    return re.sub(r"(?<=//)\S*(?=@)|[^\s\"']*:\S*(?=@)", "…", text)


def utc(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC; as seconds, where no calendar goes that far."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds after 1970"
