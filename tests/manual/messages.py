"""The messages that say by themselves what to do, in lists: by the wing that says them."""

from collections.abc import Iterator

from manual.table import table
from parts.messages import explained, missing, plain, said_by_code


def listed(*wings: str) -> Iterator[str]:
    """Yield the table of what these wings say, but for what the pages about troubles explain."""
    said = {plain(each.text) for each in missing(said_by_code(), explained()) if each.where.startswith(wings)}
    yield table(["the words"], ([f"`{text}`"] for text in sorted(said, key=lambda text: text.lstrip("…:;,. ").lower())))
