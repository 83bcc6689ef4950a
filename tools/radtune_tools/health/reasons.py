"""What `radtune status` has to say: parts, lines, and reasons to worry."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from radtune.errors import ExitCode, RadtuneError

ReasonName = Literal[
    "server_down",
    "server_unknown",
    "server_code",
    "server_settings",
    "server_store",
    "server_refuses_all",
    "server_devices",
    "server_sessions",
    "server_quarantines",
    "server_events",
    "server_certificates",
    "server_bug",
    "store_directory",
    "event_log",
    "policy",
    "policy_in_force",
    "devices",
    "stale",
    "sync",
    "credential",
    "nas_secret",
    "sessions",
    "apply",
    "not_enforced",
]
REASON_NAMES: tuple[str, ...] = get_args(ReasonName)
"""The names of all reasons; docs/monitor.md has what causes and what mends each."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to worry; `unknown` is one by which nobody can say whether something is wrong."""

    name: ReasonName
    message: str
    unknown: bool = False


@dataclass(slots=True)
class Health:
    """What there is to say: for programs by part, for people a line each, and every reason to worry.

    `own`: whether the server's user looks. What that user may not read is a reason to worry; what another one may not
    read says nothing of the server.
    """

    own: bool = True
    parts: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return `healthy`, `unhealthy`, or `unknown` where nothing is known to be wrong but not all can be seen."""
        if not self.reasons:
            return "healthy"
        return "unknown" if all(reason.unknown for reason in self.reasons) else "unhealthy"

    def say(self, part: str, value: object, line: str) -> None:
        """Note a part."""
        self.parts[part] = value
        self.lines.append(f"{part}: {line}")

    def worry(self, name: ReasonName, message: str, *, unknown: bool = False) -> None:
        """Note a reason."""
        self.reasons.append(Reason(name, message, unknown))

    def fail(self, name: ReasonName, said: str, error: RadtuneError, *, unknown: bool = False) -> None:
        """Note as a reason what went wrong; raise it where this user may not do what the server's user may."""
        if error.exit_code == ExitCode.NOT_PERMITTED and not self.own:
            raise error
        self.worry(name, f"{said}{error}", unknown=unknown)

    @contextmanager
    def noting(self, part: Literal["policy", "devices", "sessions"]) -> Iterator[None]:
        """Take what goes wrong within for a reason: one part that can't be read must not hide the others.

        Raises NotPermittedError or StoreAccessError where only this user may not read it.
        """
        try:
            yield
        except RadtuneError as error:
            self.say(part, None, "can't be read")
            self.fail(part, f"{part}: ", error, unknown=error.exit_code == ExitCode.NOT_PERMITTED)
