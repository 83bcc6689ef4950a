"""The policy in force: read again when its file is replaced, and never exchanged for a bad one."""

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from radtune.config.label_file import PolicyContext
from radtune.config.policy_file import read_policy
from radtune.config.yaml_file import signature
from radtune.errors import ConfigurationError, RadtuneError
from radtune.policy.decide import Policy
from radtune.records.states import PolicyState

LOOK_SECONDS = 2.0
"""How often the files are looked at, at the most, and how long a changed file has to have been the same to be read."""
SHOUT_SECONDS = 600.0
"""How often the log is told that a bad policy waits to be mended."""
TOLD_LINES = 20
"""Faults that the log and `radtune status` are told; `radtune policy check` tells them all."""


def _written(signatures: tuple[tuple[int, ...], ...]) -> float:
    """Return when the last of these files was written, in seconds since the epoch; one that is gone is so for good."""
    return max((found[3] / 1e9 for found in signatures if found), default=0.0)


class PolicyWatch:
    """Holds the policy that a server judges by, and follows its file and the lists that it refers to."""

    def __init__(
        self, file: Path, policy: Policy, around: PolicyContext, log: Callable[[str], None], told: Callable[[str], None]
    ) -> None:
        """Take the policy as it was read; `log` takes what is wrong with a later one, `told` that one is in force."""
        self._file = file
        self._around = around
        self._log = log
        self._told = told
        self._policy = policy
        self._files = policy.files
        self._seen: tuple[tuple[int, ...], ...] = ()
        self._looked = self._shouted = 0.0
        self.state = PolicyState(policy.fingerprint, 0.0)
        """What is in force, for `radtune status`; another object once it changes."""

    def policy(self, now: float) -> Policy:
        """Return the policy in force at `now` (seconds since the epoch); looks at the files, at a bounded rate."""
        if not self.state.since:
            self.state = replace(self.state, since=now)
        if abs(now - self._looked) >= LOOK_SECONDS:
            self._looked = now
            self._look(now)
        return self._policy

    def _look(self, now: float) -> None:
        """Read the policy again if what it was read from is another now, and has been so at the look before."""
        current = tuple(signature(Path(file)) for file, _ in self._files)
        # A file that still changes may be half written.
        settled = current == self._seen or _written(current) <= now - LOOK_SECONDS
        if settled and current != tuple(found for _, found in self._files):
            self._load(now)
        self._seen = current
        if self.state.problem and abs(now - self._shouted) >= SHOUT_SECONDS:
            self._shout(now)

    def _load(self, now: float) -> None:
        try:
            policy = read_policy(self._file, self._around)
        except ConfigurationError as error:
            # The policy's own file stands for all where not even that could be read.
            self._keep(now, str(error), error.files or ((str(self._file), signature(self._file)),))
            return
        except RadtuneError as error:
            self._keep(now, str(error), ((str(self._file), signature(self._file)),))
            return
        except Exception:  # noqa: BLE001  # a bug met while reading must not refuse the request that happened to look
            problem = f"a bug in radtune; please report this:\n{traceback.format_exc()}"
            self._keep(now, problem, ((str(self._file), signature(self._file)),))
            return
        if signature(self._file) != policy.files[0][1]:
            return
        if self.state.problem:
            self._told(f"{self._file}: mended")
            self.state = replace(self.state, problem="", problem_since=0.0)
        if policy.fingerprint != self._policy.fingerprint:
            self.state = PolicyState(policy.fingerprint, now)
            self._told(f"{self._file}: changed and read again; {len(policy.rules)} rules are in force")
        self._policy, self._files = policy, policy.files

    def _keep(self, now: float, problem: str, files: tuple[tuple[str, tuple[int, ...]], ...]) -> None:
        """Go on with the policy before, and say why; `files` are those to follow until it is mended."""
        self._files = files
        lines = problem.splitlines()
        more = [f"and {len(lines) - TOLD_LINES} more"] if len(lines) > TOLD_LINES else []
        problem = "\n".join((*lines[:TOLD_LINES], *more))
        if problem != self.state.problem:
            self.state = replace(self.state, problem=problem, problem_since=now)
            self._shout(now)

    def _shout(self, now: float) -> None:
        self._shouted = now
        self._log(
            "the changed policy can't be used. The server goes on with the one before, but would not start again with "
            f"this one; `radtune policy check` says when it is mended:\n{self.state.problem}"
        )
