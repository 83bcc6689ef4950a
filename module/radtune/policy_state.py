"""What a server says of the policy that it judges by."""

import json
from dataclasses import dataclass
from typing import Self

from radtune.record_json import plain_record, read_record


@dataclass(frozen=True, slots=True)
class PolicyState:
    """Which policy a server judges by (`Policy.fingerprint`), since when, and what is wrong with its file since when.

    `problem` is '' where nothing is. Times are seconds since the epoch.
    """

    fingerprint: str
    since: float
    problem: str = ""
    problem_since: float = 0.0

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(plain_record(self), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        state: Self = read_record(cls, json.loads(text))
        return state
