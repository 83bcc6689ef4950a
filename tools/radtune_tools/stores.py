"""The device store and the session store, opened for a command."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

from radtune.config.settings import Settings
from radtune.policy.quarantines import Quarantines
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune.stores.devices import DeviceStore
from radtune.stores.quarantines import QuarantineReader
from radtune.stores.sessions import SessionStore
from radtune.stores.store import TOOL_TIMEOUT

NO_DEVICE = (
    "no device in the store has this id, Entra id, serial number, name or MAC; radtune devices lists them, "
    "radtune sync fetches new ones"
)


def open_devices(settings: Settings) -> "closing[DeviceStore]":
    """Open the device store for a block of `with`; raises StoreError if there is none, or it can't be used."""
    return closing(DeviceStore(settings.device_store, create=False, timeout=TOOL_TIMEOUT))


def open_sessions(settings: Settings, *, create: bool = False) -> "closing[SessionStore]":
    """Open the session store for a block of `with`, and make it first with `create`; raises StoreError."""
    silence = settings.silence
    return closing(SessionStore(settings.session_store, create=create, timeout=TOOL_TIMEOUT, silence=silence))


def find_devices(store: DeviceStore, word: str) -> Iterator[Device]:
    """Yield the devices that `word` names in any way, each once."""
    mac, lower = parse_mac(word), word.lower()
    direct = store.get(lower)
    found = [direct] if direct else []
    found += [*store.find("entra_id", lower), *store.find("serial", lower), *store.find("name", lower)]
    found += store.find("mac", mac) if mac else ()
    yield from {device.id: device for device in found}.values()


class Stores(ExitStack):
    """Both stores, until the block of `with` ends."""

    def __init__(self, settings: Settings) -> None:
        """Open them; raises StoreError if there is no device store, or one of them can't be used."""
        super().__init__()
        try:
            self.devices = self.enter_context(open_devices(settings))
            self.sessions = self.enter_context(open_sessions(settings, create=True))
        except BaseException:
            self.close()
            raise
        self._quarantines = QuarantineReader(self.sessions)

    def quarantines(self) -> Quarantines:
        """Return the quarantines; raises StoreError."""
        return self._quarantines.read()
