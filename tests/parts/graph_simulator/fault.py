"""A fault: which requests it meets, and what happens to them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from parts.graph_simulator.kinds import Kind
from parts.graph_simulator.messages import Cut

# Bounds what a test or an operator waits for at most.
LONGEST_SECONDS: Final = 600.0


class InvalidFaultError(ValueError):
    """A fault's text that can't be read, or that asks for what can't be."""


class Change(StrEnum):
    """What may happen to one page of a walk."""

    EMPTY_PAGE = "empty-page"
    REPEAT_LINK = "repeat-link"
    FOREIGN_LINK = "foreign-link"
    NO_VALUE = "no-value"
    RENAME = "rename"
    END = "end"


@dataclass(frozen=True, slots=True)
class Shape:
    """A change of one page; `host` is where a foreign link leads."""

    change: Change
    host: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in place of the real one, or half of the real one.

    `retry_after` is the header's value, or `date+SECONDS`; None sends none. `claims` adds a challenge for claims to a
    withdrawn token.
    """

    how: Literal["status", "aadsts", "withdraw", "not-json", "half-json"]
    status: int = 200
    code: int = 0
    retry_after: str | None = None
    body: Literal["json", "nested", "html", "empty"] = "json"
    claims: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as its text says. None in what it meets stands for any, in `times` for always."""

    text: str
    kind: Kind | None = None
    path: re.Pattern[str] | None = None
    page: int | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = 1
    slow: float = 0
    answer: Answer | None = None
    shape: Shape | None = None
    cut: Cut | None = None

    def meets(self, kind: Kind, path: str, page: int | None, *, inner: bool) -> bool:
        """Tell whether a request is one that this fault counts; a connection can't break inside of a batch."""
        return (
            (self.kind is None or self.kind == kind)
            and (self.path is None or self.path.fullmatch(path) is not None)
            and (self.page is None or self.page == page)
            and not (inner and self.cut is not None)
        )

    def is_due(self, count: int, met: int) -> bool:
        """Tell whether it happens to the request that is the `count`th it meets, after it happened `met` times."""
        if self.times is not None and met >= self.times:
            return False
        return count % self.every == 0 if self.every is not None else count >= (self.nth or 1)
