"""The policy in force: read again when its files change, and never exchanged for one with faults."""

import hashlib
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.yaml_file import signature
from radtune.dataclass import dataclass, replace
from radtune.errors import RadtuneError
from radtune.file_access import read_file
from radtune.policy.decide import Policy
from radtune.records.moves_and_states import PolicyState
from radtune.text import counted

LOOK_SECONDS = 2.0
"""The least time between two looks at the files, and how long a changed file must stay the same to be read."""
SHOUT_SECONDS = 600.0
"""The time between two log messages about a policy with faults."""
SHOWN_LINES = 20
"""Faults in the log and in `radtune status`; `radtune policy check` shows all."""

_Files = Iterable[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class PolicyRead:
    """A changed policy that was read.

    hash: SHA-256 of the file, in hex; '' if it can't be read
    rules: how many the policy has that is in force now
    problem: why it is another one, '' if it is this one
    """

    file: Path
    hash: str
    rules: int
    problem: str


class PolicyWatch:
    """Holds the policy that a server judges by, and follows its file and the lists that it refers to."""

    def __init__(
        self,
        file: Path,
        policy: Policy,
        context: PolicyContext,
        log: Callable[[str], None],
        log_info: Callable[[str], None],
        note: Callable[[PolicyRead, float], None],
    ) -> None:
        """Take the policy as it was read.

        log: takes what is wrong with a later one
        log_info: takes that a later one is in force
        note: takes each change that was read, and when
        """
        self._file = file
        self._context = context
        self._log = log
        self._log_info = log_info
        self._note = note
        self._policy = policy
        self._files = dict(policy.files)
        self._seen: dict[str, tuple[int, ...]] = {}
        self._looked = self._shouted = 0.0
        self.state = PolicyState(policy.fingerprint, 0.0)
        """The policy in force, for `radtune status`; another object once it changes."""

    def policy(self, now: float) -> Policy:
        """Return the policy in force at `now` (seconds since the epoch); looks at the files, at a bounded rate."""
        if not self.state.since:
            self.state = replace(self.state, since=now)
        if abs(now - self._looked) >= LOOK_SECONDS:
            self._looked = now
            self._look(now)
        return self._policy

    def _look(self, now: float) -> None:
        """Read the policy again if its files have changed, and stay the same since the look before."""
        current = {file: signature(Path(file)) for file in self._files}
        # A file that still changes may be half written; one that is gone doesn't change.
        written = max((found[3] / 1e9 for found in current.values() if found), default=0.0)
        if current != self._files and (current == self._seen or written <= now - LOOK_SECONDS):
            self._load(now)
        self._seen = current
        if self.state.problem and abs(now - self._shouted) >= SHOUT_SECONDS:
            self._shout(now)

    def _load(self, now: float) -> None:
        itself = ((str(self._file), signature(self._file)),)
        try:
            policy = read_policy(self._file, self._context)
        except RadtuneError as error:
            self._keep(now, str(error), getattr(error, "files", ()) or itself)
        except Exception:  # noqa: BLE001  # a bug met while reading must not refuse the request that happened to look
            self._keep(now, f"a bug in radtune; please report this:\n{traceback.format_exc()}", itself)
        else:
            if signature(self._file) == policy.files[0][1]:
                self._take(now, policy)

    def _take(self, now: float, policy: Policy) -> None:
        before = self.state
        if before.problem:
            self._log_info(f"{self._file}: mended")
            self.state = replace(before, problem="", problem_since=0.0)
        if policy.fingerprint != self._policy.fingerprint:
            self.state = PolicyState(policy.fingerprint, now)
            self._log_info(f"{self._file}: changed and read again; in force: {counted(len(policy.rules), 'rule')}")
        self._policy, self._files = policy, dict(policy.files)
        if self.state is not before:
            self._note_read(now)

    def _keep(self, now: float, problem: str, files: _Files) -> None:
        """Go on with the policy before, and say why; `files` are those to follow until it is mended."""
        self._files = dict(files)
        lines = problem.splitlines()
        more = [f"and {len(lines) - SHOWN_LINES} more"] if len(lines) > SHOWN_LINES else []
        problem = "\n".join((*lines[:SHOWN_LINES], *more))
        if problem != self.state.problem:
            self.state = replace(self.state, problem=problem, problem_since=now)
            self._shout(now)
            self._note_read(now)

    def _note_read(self, now: float) -> None:
        try:
            found = hashlib.sha256(read_file(self._file)[0]).hexdigest()
        except RadtuneError:
            found = ""
        self._note(PolicyRead(self._file, found, len(self._policy.rules), self.state.problem), now)

    def _shout(self, now: float) -> None:
        self._shouted = now
        self._log(
            "the changed policy can't be used. The server goes on with the one before, but would not start again with "
            f"this one; `radtune policy check` says when it is mended:\n{self.state.problem}"
        )
