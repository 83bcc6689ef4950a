"""How the syncs of a tenant went, as the store keeps it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from radtune.records.record_json import plain_record, read_record


@dataclass(frozen=True, slots=True)
class SyncState:
    """What is known of a tenant's syncs. Times are seconds since the epoch, 0 for never.

    `full_at` and `changes_at` are when the last complete list, and the last look at changes, began, `full_before` when
    the complete list before that did; `watermark` is Graph's own clock then. `failures` counts the syncs in a row that
    failed, since `failing_since`, lastly for `problem`; with `full_failed` a complete list is among them, and only
    another one clears them; with `refused` a limit stood in the way of one. `missing` and `turned` count the devices
    that looks at changes since the last complete list found to be there, or compliant, no longer. `counts` are the
    devices by compliance state; `cursor` is the device up to which Ethernet MACs were asked for; `entra_link` is where
    Entra's changes go on.
    """

    tenant: str
    linked_at: int = 0
    full_at: int = 0
    full_before: int = 0
    changes_at: int = 0
    watermark: int = 0
    failures: int = 0
    failing_since: int = 0
    problem: str = ""
    full_failed: bool = False
    refused: bool = False
    missing: int = 0
    turned: int = 0
    cursor: str = ""
    entra_link: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        """How many devices the store has of this tenant."""
        return sum(self.counts.values())

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps({**plain_record(self), "counts": dict(self.counts)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain: Any = json.loads(text)
        counts = plain.pop("counts", {}) if isinstance(plain, dict) else None
        if not isinstance(counts, dict) or not all(type(count) is int for count in counts.values()):
            raise ValueError(f"not a SyncState: {text}")
        state: Self = read_record(cls, plain, counts=counts)
        return state
