"""What the simulator was asked, so that a test can tell how a client paged, waited and tried again."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

from parts.graph_simulator.messages import JsonObject

# Entries kept; the counts go on.
MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One answered request: `path` is path and query as sent, `status` what was answered.

    What follows says more, and makes no difference to whether two are equal: the kind, the page of a walk, the text
    of the fault that happened, the moment it came (seconds since 1970), the caller's id for it, and whether it came
    inside of a batch. The status of a connection that was reset before the answer is 0.
    """

    method: str
    path: str
    status: int
    kind: str = field(default="", compare=False)
    page: int | None = field(default=None, compare=False)
    fault: str | None = field(default=None, compare=False)
    at: float = field(default=0, compare=False)
    client_request_id: str = field(default="", compare=False)
    inner: bool = field(default=False, compare=False)

    def as_json(self) -> JsonObject:
        """Give the fields as a JSON object."""
        return asdict(self)


class RequestsSeen:
    """A log that several threads may write; an entry is there before its answer leaves.

    `listener` is called with each entry.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[SeenRequest] = deque(maxlen=MOST)
        self._counts: Counter[str] = Counter()
        self.listener: Callable[[SeenRequest], None] = lambda _entry: None

    def add(self, entry: SeenRequest) -> None:
        """Append one entry."""
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.kind] += 1
        self.listener(entry)

    def all(self) -> list[SeenRequest]:
        """Give the entries so far, oldest first; the last 100,000 of them."""
        with self._lock:
            return list(self._entries)

    def counts(self) -> Counter[str]:
        """Count the requests by kind."""
        with self._lock:
            return Counter(self._counts)

    def forget(self) -> None:
        """Begin anew with an empty log."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
