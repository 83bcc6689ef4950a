"""A limit on sign-ins that fail."""

from collections import deque
from threading import Lock

SECONDS = 600.0
MOST_BY_ADDRESS, MOST_BY_USER = 10, 30
"""Failures in that time after which an address or a name is refused; more for a name, or an attacker could lock it."""
MOST_KNOWN = 10_000


class Throttle:
    """The failures of the last minutes."""

    def __init__(self) -> None:
        """Begin without any."""
        self._failures: dict[tuple[str, str], deque[float]] = {}
        self._lock = Lock()

    def refuses(self, address: str, user: str, now: float) -> bool:
        """Tell whether this address or user has failed too often."""
        with self._lock:
            by_address = self._count(("address", address), now) >= MOST_BY_ADDRESS
            return by_address or self._count(("user", user), now) >= MOST_BY_USER

    def note_failure(self, address: str, user: str, now: float) -> None:
        """Count a sign-in that failed."""
        with self._lock:
            if len(self._failures) >= MOST_KNOWN:
                for key in list(self._failures):
                    self._count(key, now)
            for key in (("address", address), ("user", user)):
                # With so many at once, that are all recent, an attack is under way; those known are enough.
                if key in self._failures or len(self._failures) < MOST_KNOWN:
                    self._failures.setdefault(key, deque(maxlen=MOST_BY_USER)).append(now)

    def _count(self, key: tuple[str, str], now: float) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        while times and not now - SECONDS < times[0] <= now:
            times.popleft()
        if not times:
            del self._failures[key]
        return len(times)
