"""What `radtune status` has to say: parts, lines, and reasons to worry."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from radtune.errors import RadtuneError


@dataclass(slots=True)
class Health:
    """What there is to say: for programs by part, for people a line each, and every reason to worry."""

    parts: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def say(self, part: str, value: object, line: str) -> None:
        """Note a part."""
        self.parts[part] = value
        self.lines.append(f"{part}: {line}")

    @contextmanager
    def noting(self, part: str) -> Iterator[None]:
        """Take what goes wrong within for a reason: one part that can't be read must not hide the others."""
        try:
            yield
        except RadtuneError as error:
            self.say(part, None, "can't be read")
            self.reasons.append(f"{part}: {error}")
