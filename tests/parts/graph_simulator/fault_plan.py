"""The faults that are set for one tenant, and what they have met so far."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from parts.graph_simulator import fault_spec
from parts.graph_simulator.fault import Fault
from parts.graph_simulator.kinds import Kind


@dataclass(frozen=True, slots=True)
class FaultState:
    """One fault as it was set, how many requests it has counted, and to how many it has happened."""

    fault: str
    counted: int
    happened: int


@dataclass(slots=True)
class _Entry:
    fault: Fault
    counted: int = 0
    happened: int = 0


class FaultPlan:
    """Faults in the order they were set. Every method is safe to call from any thread.

    Each fault counts the requests it meets, from the moment it is set. To one request at most one fault happens, the
    first that is due; the others count it all the same.
    """

    def __init__(self, faults: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._entries = _entries(faults)

    def replace(self, faults: Iterable[str]) -> None:
        """Set these faults and forget the others; InvalidFaultError, and then nothing has changed."""
        entries = _entries(faults)
        with self._lock:
            self._entries = entries

    def add(self, faults: Iterable[str]) -> None:
        """Set these faults behind the others; InvalidFaultError, and then nothing has changed."""
        entries = _entries(faults)
        with self._lock:
            self._entries += entries

    def state(self) -> list[FaultState]:
        """Tell what has become of each fault."""
        with self._lock:
            return [FaultState(entry.fault.text, entry.counted, entry.happened) for entry in self._entries]

    def meet(self, kind: Kind, path: str, page: int | None, *, inner: bool = False) -> Fault | None:
        """Count a request and give the fault that happens to it, if one does."""
        due: Fault | None = None
        with self._lock:
            for entry in self._entries:
                if not entry.fault.meets(kind, path, page, inner=inner):
                    continue
                entry.counted += 1
                if due is None and entry.fault.is_due(entry.counted, entry.happened):
                    entry.happened += 1
                    due = entry.fault
        return due


def _entries(faults: Iterable[str]) -> list[_Entry]:
    return [_Entry(fault_spec.read(text)) for text in faults]
