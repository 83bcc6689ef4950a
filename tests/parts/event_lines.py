"""The lines of an event log, read as simply as can be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def newest_events(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the events, newest first; a line that isn't JSON is passed over."""
    for line in reversed(file.read_text().splitlines()):
        try:
            yield json.loads(line)
        except ValueError:
            continue
