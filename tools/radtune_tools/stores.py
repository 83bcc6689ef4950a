"""The device store and the session store, opened for a command that asks both."""

from contextlib import ExitStack

from radtune.config.settings import Settings
from radtune.policy.quarantines import Quarantines
from radtune.stores.devices import DeviceStore
from radtune.stores.quarantines import QuarantineReader
from radtune.stores.sessions import SessionStore
from radtune.stores.store import TOOL_TIMEOUT


class Stores(ExitStack):
    """Both stores, until the block of `with` ends."""

    def __init__(self, settings: Settings) -> None:
        """Open them; raises StoreError if there is no device store, or one of them can't be used."""
        super().__init__()
        silence = settings.sessions.silence
        try:
            self.devices = DeviceStore(settings.device_store, create=False, timeout=TOOL_TIMEOUT)
            self.callback(self.devices.close)
            self.sessions = SessionStore(settings.session_store, create=True, timeout=TOOL_TIMEOUT, silence=silence)
            self.callback(self.sessions.close)
        except BaseException:
            self.close()
            raise
        self._quarantines = QuarantineReader(self.sessions)

    def quarantines(self) -> Quarantines:
        """Return the quarantines; raises StoreError."""
        return self._quarantines.read()
