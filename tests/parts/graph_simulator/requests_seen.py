"""What the simulator was asked, so that a test can tell how a client paged."""

import threading
from dataclasses import asdict, dataclass

from parts.graph_simulator.messages import JsonObject


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One answered request: `path` is path and query as sent, `status` what was answered."""

    method: str
    path: str
    status: int

    def as_json(self) -> JsonObject:
        """Give the fields as a JSON object."""
        return asdict(self)


class RequestsSeen:
    """A log that several threads may write; an entry is there before its answer leaves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[SeenRequest] = []

    def add(self, entry: SeenRequest) -> None:
        """Append one entry."""
        with self._lock:
            self._entries.append(entry)

    def all(self) -> list[SeenRequest]:
        """Give all entries so far, oldest first."""
        with self._lock:
            return list(self._entries)
