"""The sessions of a server that can't be written at once, kept in its memory until they can be."""

from collections.abc import Callable
from itertools import islice
from threading import RLock

from radtune.dataclass import replace
from radtune.errors import StoreBusyError, StoreError, StoreTextError
from radtune.records.device_and_client import Session
from radtune.records.session_key import client_of, is_wireless, nas_key
from radtune.stores.sessions import SessionStore

MOST = 1000
"""Sessions that are kept; of more, those are lost that have waited longest."""
AT_ONCE = 16
"""Waiting sessions that one request writes at most."""
MOST_ON_NAS = 8
"""Sessions of one client on one NAS; of more, those are forgotten that the NAS doesn't account for."""
MOST_ACCOUNTED = 64
"""Sessions of one client on one NAS, whatever the NAS says of them."""
ACCOUNTED_FOR = 3600.0
"""Seconds after its last packet for which the NAS is taken to account for a session."""


class WriteRetryQueue:
    """The session store as the server sees it: a session that waits counts before the one in the store.

    Without it a client would keep the session of its last login but one, and be taken for where it was before. No
    request waits for a lock of the store more than once.

    waiting: the sessions that wait, by their keys
    failure: why this request can't write; set at the first failure, so that nothing else of the request waits again
    lock: held while something is written; and from the reading on, if what is written depends on that
    """

    def __init__(self, sessions: SessionStore) -> None:
        """Take the store that the sessions go into."""
        self.sessions = sessions
        self.failure: StoreError | None = None
        self.lock = RLock()
        self.waiting: dict[str, Session] = {}

    def take_up(self) -> None:
        """Begin a request: take the store up as it is now, and write what waits. Raises StoreError."""
        with self.lock:
            self.failure = None
            try:
                self.sessions.look()
            except StoreError as error:
                self.failure = error
                raise
            if self.waiting:
                self.catch_up()
                self.check()

    def get_including_ended(self, key: str) -> Session | None:
        """Return the session of this key, even if it is over; raises StoreError."""
        return self.waiting.get(key) or self.sessions.get_including_ended(key)

    def of_client(self, nas: str, client: str) -> list[Session]:
        """Return every session of a client (`client_of`) on a NAS (`nas_key`), even those that are over."""
        kept = self.waiting.items()
        waiting = [key for key, each in kept if (nas_key(each.facts), client_of(each.facts)) == (nas, client)]
        keys = dict.fromkeys((*self.sessions.ids_of(nas, client), *waiting))
        return [session for key in keys if (session := self.get_including_ended(key)) is not None]

    def begin(self, session: Session) -> list[Session]:
        """Write the session of a login, in place of what it replaces, or keep it and raise StoreError.

        Returns the sessions that had to be forgotten for it, though they may still be there.

        On a port the new login replaces the one before. Without one, it may be at another port if its id is another:
        then the earlier session stays as superseded, so that accounting can revive it.
        """
        facts, key = session.facts, session.key
        under_any_id = facts.acct_session_id != "" and (session.port != "" or is_wireless(facts))
        forgotten: list[Session] = []
        with self.lock:
            self._keep(key, session)
            # One statement in most cases: the session is the only one of its client there.
            if not self._write(key, lambda each: self.sessions.put_alone(key, each, under_any_id=under_any_id)):
                try:
                    forgotten = self._make_room(session)
                except StoreBusyError as error:
                    self.failure = error
                    raise
                except StoreError:
                    # A damaged row gives way; the next write raises what else is wrong.
                    pass
                self._write(key, self.sessions.put)
            if self.waiting:
                self.catch_up()
        return forgotten

    def put(self, session: Session) -> None:
        """Write the session, or keep it and raise StoreError."""
        with self.lock:
            self._keep(session.key, session)
            self._write(session.key, self.sessions.put)
            self.catch_up()

    def _keep(self, key: str, session: Session) -> None:
        """Keep the session, as the newest; raises StoreError if this request can't write it."""
        self.waiting.pop(key, None)
        self.waiting[key] = session
        if len(self.waiting) > MOST:
            del self.waiting[next(iter(self.waiting))]
        self.check()

    def _make_room(self, session: Session) -> list[Session]:
        nas, client = nas_key(session.facts), client_of(session.facts)
        ids = self.sessions.ids_of(nas, client)
        new, key = session.facts.acct_session_id, session.key
        keys = {*ids, key}
        if new and ids.get(key, new) not in ("", new) and not session.port and not is_wireless(session.facts):
            before = self.sessions.get_including_ended(key)
            if before is not None:
                before = replace(before, superseded=True, over_at=session.granted_at)
                self.sessions.put(before)
                keys.add(before.key)
        # By its key, for a port may be called `#A1`, too.
        again = replace(session, port="", superseded=True).key
        if again != key and ids.get(again, "") == new != "":
            self.end(again)
            keys.discard(again)
        return self._forget_some(session) if len(keys) > MOST_ON_NAS else []

    def _forget_some(self, session: Session) -> list[Session]:
        """Forget those of too many sessions that matter least for a new one; return those that may still be there.

        Nobody can hide a session by logins of its MAC on other ports: what the NAS accounts for stays, and what was
        granted something else goes last of the rest.
        """

        def worth(each: Session) -> tuple[bool, bool, bool, float]:
            there = each.over_at < each.heard_at
            accounted = there and each.accounted_at > 0 and session.granted_at - each.heard_at < ACCOUNTED_FOR
            return accounted, there, each.granted != session.granted, each.heard_at

        on_nas = self.of_client(nas_key(session.facts), client_of(session.facts))
        others = sorted((each for each in on_nas if each.key != session.key), key=worth)
        gone = [
            each
            for index, each in enumerate(others)
            if len(others) + 1 - index > (MOST_ACCOUNTED if worth(each)[0] else MOST_ON_NAS)
        ]
        for each in gone:
            self.end(each.key)
        return [each for each in gone if each.over_at < each.heard_at]

    def end(self, key: str) -> bool:
        """Forget the session; tell whether there was one. Raises StoreError."""
        with self.lock:
            self.check()
            found = self.sessions.end(key)
            return self.waiting.pop(key, None) is not None or found

    def check(self) -> None:
        """Raise what this request has met already."""
        if self.failure is not None:
            raise self.failure

    def catch_up(self, most: int = 0) -> None:
        """Write `most` of the sessions that wait, else AT_ONCE, as far as that goes."""
        with self.lock:
            for key in list(islice(self.waiting, most or AT_ONCE)) if self.waiting else ():
                try:
                    self._write(key, self.sessions.put)
                except StoreError:
                    # It was reported when it came. It waits behind the others now, in case it is at fault.
                    self.waiting[key] = self.waiting.pop(key)
                    return

    def flush(self) -> list[Session]:
        """Write all that waits, unless `take_up` has waited for the lock already; return what could not be written."""
        with self.lock:
            if not isinstance(self.failure, StoreBusyError):
                self.catch_up(MOST)
            return list(self.waiting.values())

    def _write(self, key: str, write: Callable[[Session], bool | None]) -> bool:
        """Write the session of this key, and keep it no longer, unless `write` says False: then it didn't."""
        try:
            written = write(self.waiting[key]) is not False
        except StoreTextError:
            del self.waiting[key]
            raise
        except StoreError as error:
            self.failure = error
            raise
        if written:
            del self.waiting[key]
        return written
