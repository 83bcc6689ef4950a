"""The report of a server on itself, at a bounded rate. It never waits, never raises, and never changes an answer."""

import os
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress

from radtune import __version__
from radtune.config.settings import Settings
from radtune.dataclass import replace
from radtune.records.moves_and_states import PolicyState
from radtune.server.faults import Faults
from radtune.server.state import CODE, HookTimes, Logins, ServerState, code_fingerprint, settings_fingerprints
from radtune.server.state_file import StateFile

WRITE_SECONDS = 5.0
"""Seconds between two writes of the file while requests come, unless something else has changed."""


class ServerReport:
    """The state of this process, and its file."""

    def __init__(
        self,
        settings: Settings,
        open_files: Callable[[], Mapping[str, str]],
        faults: Faults,
        log: Callable[[str], None],
    ) -> None:
        """Take what was loaded, what returns the open files of the stores, and the faults of this process.

        `log` takes what stands in the way of the file.
        """
        self.logins = Logins()
        self.hook_times = HookTimes()
        self._faults = faults
        self._open_files = open_files
        self._log = log
        self._file = StateFile(settings.store)
        self._directory = settings.store
        self._written_at = self._heard_at = 0.0
        self._recoveries = 0
        self._written_news: tuple[object, ...] = ()
        self._failed = ""
        self._state = ServerState(
            pid=os.getpid(),
            version=__version__,
            started_at=0.0,
            written_at=0.0,
            code=str(CODE),
            code_fingerprint=code_fingerprint(CODE),
            settings_file=str(settings.file),
            settings=settings_fingerprints(settings),
            stores={},
            policy=PolicyState("", 0.0),
            logins=self.logins,
        )

    def start(self, policy: PolicyState, now: float) -> None:
        """Say that this process has begun; `now` is in seconds since the epoch."""
        self._state = replace(self._state, policy=policy)
        self._guarded(self._file.tidy)
        self._write(now)

    def allowed(self, now: float) -> None:
        """Count a login that was let in."""
        self._recoveries += self.logins.denies_everybody
        self.logins.allow(now)

    def heard(self, policy: PolicyState, now: float) -> None:
        """Note that a request was answered under this policy, and write the file if it is time to."""
        has_counted = bool(self.logins.allowed or self.logins.denied)
        news = (policy, self._faults.changes, self._recoveries, has_counted)
        self._heard_at = now
        if news != self._written_news or abs(now - self._written_at) >= WRITE_SECONDS:
            self._written_news = news
            self._state = replace(self._state, policy=policy)
            self._write(now)

    def stop(self, now: float) -> None:
        """Say that this process was told to stop."""
        self._state = replace(self._state, stopped_at=now)
        if self._heard_at:
            self._write(now)

    def close(self) -> None:
        """Let go of the file; a process that had no request leaves none."""
        self._guarded(lambda: self._file.close(forget=not self._heard_at))

    def _write(self, now: float) -> None:
        self._written_at = now
        self._guarded(lambda: self._file.write(self._now(now)))

    def _now(self, now: float) -> ServerState:
        self._state = replace(
            self._state,
            started_at=self._state.started_at or now,
            written_at=now,
            heard_at=self._heard_at,
            stores=self._open_files(),
            faults=self._faults.current(),
            hook=self.hook_times.counts(),
            errors=dict(self._faults.met),
        )
        return self._state

    def _guarded(self, call: Callable[[], None]) -> None:
        """Call it; an error is logged once, until the call succeeds or fails otherwise."""
        failed = ""
        try:
            call()
        except OSError as error:
            said = f"the server's state can't be written there ({error.strerror}); status doesn't have it"
            failed = f"{self._directory}: {said}"
        except Exception:  # noqa: BLE001  # an answer must not depend on it
            failed = f"bug in server_report; please report this:\n{traceback.format_exc()}"
        if failed and failed != self._failed:
            with suppress(Exception):
                self._log(failed)
        self._failed = failed
