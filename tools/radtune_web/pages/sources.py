"""What the pages are made of: settings, the index, the stores and the policy."""

import json
import time
from pathlib import Path
from threading import Lock
from typing import Any

from flask import current_app

from radtune.config.policy_file import load_policy
from radtune.config.settings import Settings
from radtune.config.yaml_file import Document, signature
from radtune.dataclass import dataclass, field
from radtune.policy.decide import Policy
from radtune_tools.stores import Stores
from radtune_web.index.database import Reader, open_database
from radtune_web.index.schema import FILE, SCHEMA, VERSION


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the index has noted last under a name; `at` is when, in seconds since the epoch, 0 for never."""

    at: float
    value: Any


@dataclass(slots=True)
class Sources:
    """Of one app. Stores and policy are opened when they are first needed, and shared by all threads."""

    settings: Settings
    index: Reader
    _lock: Any = field(default_factory=Lock)
    _stores: Stores | None = None
    _policy: tuple[Document, Policy] | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Sources":
        """Return the sources of these settings; an index that isn't there yet is made, empty."""
        file = settings.web.state / FILE
        open_database(file, SCHEMA, VERSION).close()
        return cls(settings, Reader(file))

    def stores(self) -> Stores:
        """Return the stores; raises StoreError."""
        with self._lock:
            if self._stores is None:
                self._stores = Stores(self.settings)
            self._stores.devices.look()
            self._stores.sessions.look()
            return self._stores

    def policy(self) -> Policy:
        """Return the policy as it is in its files now; raises ConfigurationError, NotPermittedError."""
        return self.policy_document()[1]

    def policy_document(self) -> tuple[Document, Policy]:
        """Return the policy's file, too."""
        with self._lock:
            known = self._policy
            if known is None or any(signature(Path(name)) != found for name, found in known[1].files):
                known = self._policy = load_policy(self.settings.policy, self.settings.policy_context)
            return known

    def snapshot(self, name: str) -> Snapshot:
        """Return what the index has noted last under this name."""
        rows = self.index.rows("SELECT at, value FROM snapshot WHERE name = ?", (name,))
        return Snapshot(rows[0][0], json.loads(rows[0][1])) if rows else Snapshot(0.0, None)

    def close(self) -> None:
        """Close the stores, and the index for this thread."""
        self.index.close()
        if self._stores is not None:
            self._stores.close()


def sources() -> Sources:
    """Return the sources of the app that answers now."""
    found: Sources = current_app.extensions["sources"]
    return found


def now() -> float:
    """Return the time, in seconds since the epoch."""
    return time.time()
