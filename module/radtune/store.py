"""The two stores on disk: devices, written by sync alone, and sessions, written by the server and by the reconcile.

Each is a diskcache directory that holds nothing but short strings. diskcache would pickle other values and execute
them on reading (CVE-2025-69872), so nothing else is written and a row that claims to be a pickle is refused.
"""

import json
import os
import pwd
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import diskcache

from radtune.errors import StoreAccessError, StoreBusyError, StoreError
from radtune.records import FORMAT, Device, Move, Session

HOOK_TIMEOUT = 0.03
"""Seconds that a hook waits for a lock; it stalls every request that needs Python."""
TOOL_TIMEOUT = 10.0
"""Seconds that a command waits for a lock."""

IndexKind = Literal["entra_id", "serial", "name", "mac"]


class _StringsOnly(diskcache.Disk):  # type: ignore[misc]  # diskcache ships no types
    """Rows of plain strings, kept inside the database whatever their length."""

    def store(self, value: Any, read: bool, key: Any = diskcache.UNKNOWN) -> tuple[int, int, None, str]:  # noqa: FBT001  # diskcache's signature
        if type(value) is not str or read:
            raise TypeError(f"only str goes into a radtune store, not {type(value).__name__} ({key!r})")
        return 0, diskcache.core.MODE_RAW, None, value

    def put(self, key: Any) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError(f"only str is a key of a radtune store, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: bool) -> str:  # noqa: FBT001  # diskcache's signature
        if not raw or type(key) is not str:
            raise StoreError(f"{self._directory}: a key that radtune did not write; delete the store and sync again")
        return key

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> str:  # noqa: FBT001  # diskcache's signature
        if mode != diskcache.core.MODE_RAW or filename is not None or type(value) is not str or read:
            raise StoreError(f"{self._directory}: a row that radtune did not write; delete the store and sync again")
        return value


def _owner(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _check_access(directory: Path) -> None:
    """Refuse a directory that this process could not write; SQLite would leave half a store there."""
    for path in (directory, *directory.glob("cache.db*")):
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise StoreAccessError(f"{path}: this user may not use it; it belongs to {_owner(path)}. Run as that user")


class _Store:
    """A diskcache directory with radtune's settings, and its errors in radtune's words."""

    def __init__(self, directory: Path, *, create: bool, timeout: float) -> None:
        """Open the store; with `create`, make it (mode 0700) where it is missing.

        Raises StoreError (missing, damaged, other format), StoreAccessError or StoreBusyError.
        """
        self.directory = directory
        if not (directory / "cache.db").exists():
            if not create:
                raise StoreError(f"{directory}: there is no store; run `radtune sync` as the server's user first")
            try:
                directory.mkdir(mode=0o700, parents=False, exist_ok=True)
            except FileNotFoundError as error:
                raise StoreError(f"{directory.parent}: no such directory; make it for the server's user") from error
            except PermissionError as error:
                owner = _owner(directory.parent)
                raise StoreAccessError(f"{directory.parent} belongs to {owner}; run as that user") from error
        _check_access(directory)
        with self._errors():
            self._cache = diskcache.Cache(
                str(directory),
                timeout=timeout,
                disk=_StringsOnly,
                eviction_policy="none",
                cull_limit=0,
                statistics=0,
                tag_index=0,
                size_limit=2**50,
            )
            if (found := self._cache.get("format")) != FORMAT:
                if found is not None or len(self._cache):
                    self._cache.close()
                    raise StoreError(f"{directory}: format {found}, this radtune reads {FORMAT}; delete it, then sync")
                self._cache.set("format", FORMAT)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except diskcache.Timeout as error:
            raise StoreBusyError(f"{self.directory}: locked by another process; try again") from error
        except sqlite3.OperationalError as error:
            kind = StoreBusyError if "locked" in str(error) else StoreError
            raise kind(f"{self.directory}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.directory}: damaged ({error}); delete it and run `radtune sync`") from error

    def _get(self, key: str) -> str | None:
        with self._errors():
            value: str | None = self._cache.get(key)
            return value

    def _keys(self, prefix: str) -> Iterator[str]:
        with self._errors():
            for key in self._cache.iterkeys():
                if key.startswith(prefix):
                    yield key

    def close(self) -> None:
        """Close this thread's connection."""
        self._cache.close()


def _damaged(directory: Path, key: str, error: Exception) -> StoreError:
    return StoreError(f"{directory}: {key}: not a record of radtune ({error!r}); delete the store and sync again")


class DeviceStore(_Store):
    """The devices that Intune manages, by id, with an index of each other thing that names a device."""

    def get(self, device_id: str) -> Device | None:
        """Return the device with this Intune id (lower-case GUID)."""
        text = self._get(f"device/{device_id}")
        try:
            return Device.from_json(text) if text is not None else None
        except (ValueError, TypeError, KeyError) as error:
            raise _damaged(self.directory, f"device/{device_id}", error) from error

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices whose Entra id, serial, name (both in lower case) or MAC is `value`."""
        ids = self._get(f"{kind}/{value}")
        if not ids:
            return ()
        devices = (self.get(device_id) for device_id in ids.split(" "))
        return tuple(device for device in devices if device is not None)

    def synced_at(self) -> dict[str, float]:
        """Return, for each tenant, when its last complete sync was published (seconds since the epoch)."""
        text = self._get("synced_at")
        try:
            return {str(tenant): float(at) for tenant, at in json.loads(text).items()} if text else {}
        except (ValueError, TypeError, AttributeError) as error:
            raise _damaged(self.directory, "synced_at", error) from error

    def devices(self) -> Iterator[Device]:
        """Yield every device, ordered by id."""
        for key in self._keys("device/"):
            device = self.get(key.removeprefix("device/"))
            if device is not None:
                yield device

    def publish(
        self, tenant: str, changed: Iterable[tuple[Device | None, Device]], gone: Iterable[Device], synced_at: float
    ) -> None:
        """Write the changes of one tenant (each with what was stored before) in one transaction: all or nothing."""
        index: dict[str, tuple[set[str], set[str]]] = {}

        def unlist(device: Device) -> None:
            for key in _index_keys(device):
                index.setdefault(key, (set(), set()))[0].add(device.id)

        with self._errors(), self._cache.transact():
            for before, after in changed:
                if before is not None:
                    unlist(before)
                for key in _index_keys(after):
                    index.setdefault(key, (set(), set()))[1].add(after.id)
                self._cache.set(f"device/{after.id}", after.to_json())
            for device in gone:
                unlist(device)
                self._cache.delete(f"device/{device.id}")
            for key, (old, new) in index.items():
                self._reindex(key, old, new)
            self._cache.set("synced_at", json.dumps({**self.synced_at(), tenant: synced_at}))

    def _reindex(self, key: str, old: set[str], new: set[str]) -> None:
        listed = set((self._cache.get(key) or "").split())
        ids = sorted((listed - old) | new)
        if not ids:
            self._cache.delete(key)
        elif ids != sorted(listed):
            self._cache.set(key, " ".join(ids))


def _index_keys(device: Device) -> list[str]:
    keys = [f"mac/{mac}" for mac in device.macs]
    for kind, value in (("entra_id", device.entra_id), ("serial", device.serial), ("name", device.name)):
        if value:
            keys.append(f"{kind}/{value.lower()}")
    return keys


class SessionStore(_Store):
    """The sessions that the server has let in, and the moves that are under way for them."""

    def get(self, key: str) -> Session | None:
        """Return the session of this key (`Session.key`)."""
        text = self._get(f"session/{key}")
        try:
            return Session.from_json(text) if text is not None else None
        except (ValueError, TypeError, KeyError) as error:
            raise _damaged(self.directory, f"session/{key}", error) from error

    def put(self, session: Session) -> None:
        """Write the session under its key."""
        with self._errors():
            self._cache.set(f"session/{session.key}", session.to_json())

    def end(self, key: str) -> bool:
        """Forget the session; tell whether there was one."""
        with self._errors():
            return bool(self._cache.delete(f"session/{key}"))

    def sessions(self) -> Iterator[Session]:
        """Yield every session, ordered by key."""
        for key in self._keys("session/"):
            session = self.get(key.removeprefix("session/"))
            if session is not None:
                yield session

    def moves(self) -> Iterator[Move]:
        """Yield every move that is under way, ordered by key."""
        for key in self._keys("move/"):
            text = self._get(key)
            if text is not None:
                try:
                    yield Move.from_json(text)
                except (ValueError, TypeError) as error:
                    raise _damaged(self.directory, key, error) from error

    def put_move(self, move: Move) -> None:
        """Write the move under its session's key."""
        with self._errors():
            self._cache.set(f"move/{move.key}", move.to_json())

    def end_move(self, key: str) -> None:
        """Forget the move of this session."""
        with self._errors():
            self._cache.delete(f"move/{key}")
