"""The record of a session that has to get another outcome."""

import json
from dataclasses import dataclass
from typing import Self

from radtune.records.record_json import plain_record, read_record


@dataclass(frozen=True, slots=True)
class Move:
    """A session that has to get another outcome, from the moment it is planned until it is enforced.

    `state`: pending (not sent, `answer` says why), sent (no answer yet), acknowledged, refused (NAK), unanswered,
    not_enforced (every method was tried). `method` was tried last, `tries` times since it was taken up; `attempts`
    counts them all. Times are seconds since the epoch: `sent_at` 0 for never, `next_at` when it may be sent again by
    itself, 0 for not before a person or the device does something, `given_up_at` when it came to not_enforced.
    `cause` is the Error-Cause of the last answer, 0 for none.
    """

    key: str
    before: str
    after: str
    reason: str
    state: str
    planned_at: float
    sent_at: float = 0.0
    attempts: int = 0
    answer: str = ""
    method: str = ""
    tries: int = 0
    next_at: float = 0.0
    given_up_at: float = 0.0
    cause: int = 0

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(plain_record(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        move: Self = read_record(cls, json.loads(text))
        return move
