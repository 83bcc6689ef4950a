"""The sessions of a server that can't be written at once, kept in its memory until they can be."""

from itertools import islice
from threading import RLock

from radtune.errors import StoreError
from radtune.records import Session
from radtune.session_store import SessionStore

MOST = 1000
"""Sessions that are kept; of more, those are lost that have waited longest."""
AT_ONCE = 16
"""Sessions that are written behind another one: no request waits for all of them."""


class Backlog:
    """The session store as the server sees it: what couldn't be written counts before what is there.

    Without it a client would keep the session of its last login but one, and be taken for where it was before. No call
    waits for a lock of the store more than once.
    """

    def __init__(self, sessions: SessionStore) -> None:
        """Take the store that the sessions go into."""
        self._sessions = sessions
        self._kept: dict[str, Session] = {}
        self.lock = RLock()
        """Held by whoever writes, and by whoever writes what it makes of what it has read."""

    def written(self, key: str) -> Session | None:
        """Return the session of this key, even where it is over; raises StoreError."""
        return self._kept.get(key) or self._sessions.written(key)

    def put(self, session: Session) -> None:
        """Write the session, or keep it and raise StoreError."""
        with self.lock:
            # The newest waits at the end.
            self._kept.pop(session.key, None)
            self._kept[session.key] = session
            if len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
            self._write(session.key)
            self.catch_up()

    def end(self, key: str) -> bool:
        """Forget the session; tell whether there was one. Raises StoreError."""
        with self.lock:
            found = self._sessions.end(key)
            return self._kept.pop(key, None) is not None or found

    def catch_up(self) -> None:
        """Write some of what is kept, as far as that goes."""
        if not self._kept:
            return
        with self.lock:
            for key in list(islice(self._kept, AT_ONCE)):
                try:
                    self._write(key)
                except StoreError:
                    # Somebody was told of it when it came. It waits behind the others now, should it be at fault.
                    self._kept[key] = self._kept.pop(key)
                    return

    def _write(self, key: str) -> None:
        self._sessions.put(self._kept[key])
        del self._kept[key]
