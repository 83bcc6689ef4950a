"""A run of the command in the process of the tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unit.samples import MAC

ROOT = Path(__file__).resolve().parents[2]
KEY = f"192.0.2.1/{MAC}"


class Ran:
    """What a run of the command came to."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """The one JSON value on standard output."""
        return json.loads(self.out)


Run = Callable[..., Ran]
