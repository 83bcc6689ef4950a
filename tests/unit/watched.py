"""A server that follows its policy's file, a clock, and what it logs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from radtune.config import policy_watch
from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.policy_watch import LOOK_SECONDS, PolicyRead, PolicyWatch
from unit.samples import NOW, POLICY

OTHER = POLICY.replace("vlan: 750", "vlan: 760")
BAD = POLICY.replace("vlan: 750", "vlan: 0")


@dataclass
class Server:
    """A server that judges now and then."""

    file: Path
    watch: PolicyWatch
    logged: list[str]
    noted: list[PolicyRead]
    now: float = NOW
    reads: list[float] = field(default_factory=list)

    def after(self, seconds: float) -> str:
        """Return the VLAN of the first rule, as the server judges so many seconds later."""
        self.now += seconds
        vlan = self.watch.policy(self.now).rules[0].grant.vlan
        assert vlan is not None
        return vlan.default

    def write(self, text: str) -> None:
        """Replace the file, as an editor does that cares."""
        new = self.file.with_suffix(".new")
        new.write_text(text)
        os.utime(new, (self.now, self.now))
        new.replace(self.file)

    def touch(self, file: Path, text: str) -> None:
        """Write into a file as it stands."""
        file.write_text(text)
        os.utime(file, (self.now, self.now))

    def settle(self) -> str:
        """Let two looks pass."""
        self.after(LOOK_SECONDS)
        return self.after(LOOK_SECONDS)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    os.utime(file, (NOW - 100, NOW - 100))
    logged: list[str] = []
    noted: list[PolicyRead] = []
    context = PolicyContext()
    policy = read_policy(file, context)
    watch = PolicyWatch(file, policy, context, logged.append, logged.append, lambda read, _: noted.append(read))
    made = Server(file, watch, logged, noted)

    def counted(*arguments: object) -> object:
        made.reads.append(made.now)
        return read_policy(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(policy_watch, "read_policy", counted)
    made.settle()
    made.reads.clear()
    yield made
