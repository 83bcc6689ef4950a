"""The record of the last run over the sessions."""

import json
from dataclasses import dataclass
from typing import Self

from radtune.records.record_json import plain_record, read_record


@dataclass(frozen=True, slots=True)
class LastRun:
    """When sessions were last moved where policy wants them (seconds since the epoch).

    `refusals` says what was not let happen, `held` how many moves were held back by a hold-down or a window.
    """

    at: float
    refusals: tuple[str, ...] = ()
    held: int = 0

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(plain_record(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        run: Self = read_record(cls, json.loads(text))
        return run
