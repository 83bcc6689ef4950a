"""Moves of sessions, and the states of syncs, runs and servers, as they are kept.

Times are seconds since the epoch, 0 for never.
"""

from collections.abc import Mapping
from typing import Literal

from radtune.dataclass import dataclass, field
from radtune.records.json_record import Record

MoveState = Literal["pending", "sent", "acknowledged", "refused", "unanswered", "not_enforced"]
"""Of a move: not sent, sent without an answer yet, ACK, NAK, no answer at all, every method was tried."""


@dataclass(frozen=True, slots=True)
class Move(Record):
    """A session that has to get another outcome, from the moment it is planned until it is enforced.

    answer: what the NAS said, or why nothing was sent
    attempts: how often anything was sent
    method: the one that was tried last
    tries: how often since that method was taken up
    next_at: when it may be sent again by itself, 0 for not before a person or the device does something
    given_up_at: when it came to not_enforced
    cause: the Error-Cause of the last answer, 0 for none
    client: how client events name the session, which may be gone by then
    changed_at: when the sync began that first saw the change that is the cause; 0 if anything else is
    """

    key: str
    before: str
    after: str
    reason: str
    state: MoveState
    planned_at: float
    sent_at: float = 0.0
    attempts: int = 0
    answer: str = ""
    method: str = ""
    tries: int = 0
    next_at: float = 0.0
    given_up_at: float = 0.0
    cause: int = 0
    client: Mapping[str, str] = field(default_factory=dict)
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class LastRun(Record):
    """The last run over the sessions.

    blocked_by: the limits and other obstacles that kept moves back, in words
    held: how many moves a hold-down or a window kept back
    """

    at: float
    blocked_by: tuple[str, ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class SyncState(Record):
    """The syncs of one tenant.

    whole_at, changes_at: when the last whole sync, and the last look at changes, began
    whole_before: when the whole sync before that did
    watermark: Graph's own clock then
    failures: the syncs in a row that failed, since `failing_since`, lastly for `problem`
    whole_failed: a whole sync is among them, and only another one clears them
    refused: a limit stood in the way of one
    missing, lost_compliance: devices missing, or compliant no more, by the changes since the last whole sync
    cursor: the device up to which Ethernet MACs were asked for
    entra_link: where Entra's changes go on
    counts: devices by compliance state
    whole_seconds, changes_seconds: how long the last whole sync, and the last look at changes, took until it wrote
    """

    tenant: str
    linked_at: int = 0
    whole_at: int = 0
    whole_before: int = 0
    changes_at: int = 0
    watermark: int = 0
    failures: int = 0
    failing_since: int = 0
    problem: str = ""
    whole_failed: bool = False
    refused: bool = False
    missing: int = 0
    lost_compliance: int = 0
    cursor: str = ""
    entra_link: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    whole_seconds: float = 0.0
    changes_seconds: float = 0.0

    @property
    def devices(self) -> int:
        """The number of the tenant's devices in the store."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class PolicyState(Record):
    """The policy that a server judges by (`Policy.fingerprint`), and what is wrong with its file, '' for nothing."""

    fingerprint: str
    since: float
    problem: str = ""
    problem_since: float = 0.0
