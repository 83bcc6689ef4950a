"""The names of the reasons to worry, and the findings of `radtune status`: parts, lines, reasons."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

from radtune.dataclass import dataclass, field
from radtune.errors import ExitCode, RadtuneError

ReasonName = Literal[
    "server_down",
    "server_unknown",
    "server_code",
    "server_settings",
    "server_store",
    "server_denies_all",
    "server_devices",
    "server_sessions",
    "server_quarantines",
    "server_events",
    "server_certificates",
    "server_bug",
    "store_directory",
    "event_log",
    "policy",
    "policy_mismatch",
    "devices",
    "stale",
    "sync",
    "credential",
    "nas_secret",
    "sessions",
    "apply",
    "not_enforced",
    "push",
]
REASON_NAMES: tuple[str, ...] = get_args(ReasonName)
"""docs/monitor.md has the cause and the remedy of each."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to worry; `unknown`: it is unknown whether anything is wrong."""

    name: ReasonName
    message: str
    unknown: bool = False


@dataclass(slots=True)
class Health:
    """The findings so far.

    is_server_user: the server's user looks, so that what can't be read is a reason to worry
    parts: for programs
    lines: for people
    rules: the names of the policy's rules
    """

    is_server_user: bool = True
    parts: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    rules: tuple[str, ...] = ()

    @property
    def state(self) -> Literal["healthy", "unhealthy", "unknown"]:
        """Unknown means that nothing is known to be wrong, but not everything can be seen."""
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
        """Note an error as a reason; raise it if only this user may not do it."""
        if error.exit_code == ExitCode.NOT_PERMITTED and not self.is_server_user:
            raise error
        self.worry(name, f"{said}{error}", unknown=unknown)

    @contextmanager
    def noting(self, part: Literal["policy", "devices", "sessions"]) -> Iterator[None]:
        """Note errors within as reasons, so that a part that can't be read doesn't hide the others.

        Raises NotPermittedError or StoreAccessError if only this user may not read it.
        """
        try:
            yield
        except RadtuneError as error:
            self.say(part, None, "can't be read")
            self.fail(part, f"{part}: ", error, unknown=error.exit_code == ExitCode.NOT_PERMITTED)
