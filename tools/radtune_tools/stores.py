"""The device store and the session store, opened for a command that asks both."""

from radtune.config.settings import Settings
from radtune.identity.matching import Match
from radtune.policy.quarantines import Quarantines
from radtune.records.device_and_client import Facts
from radtune.server.session_recorder import recall
from radtune.stores.devices import DeviceStore
from radtune.stores.disk import TOOL_TIMEOUT
from radtune.stores.quarantines import QuarantineReader
from radtune.stores.sessions import SessionStore


class Stores:
    """Both stores. Use it as a context manager."""

    def __init__(self, settings: Settings) -> None:
        """Open them; raises StoreError where there is no device store, or one of them can't be used."""
        self.devices = DeviceStore(settings.device_store, create=False, timeout=TOOL_TIMEOUT)
        try:
            self.sessions = SessionStore(
                settings.session_store, create=True, timeout=TOOL_TIMEOUT, silence=settings.sessions.silence
            )
        except BaseException:
            self.devices.close()
            raise
        self._quarantines = QuarantineReader(self.sessions)

    def __enter__(self) -> "Stores":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both."""
        self.devices.close()
        self.sessions.close()

    def known(self, facts: Facts, means: frozenset[str]) -> Match | None:
        """Return what the server last knew of this client by these means."""
        return recall(self.sessions, facts, means)

    def quarantines(self) -> Quarantines:
        """Return what people have said of devices; raises StoreError."""
        return self._quarantines.read()
