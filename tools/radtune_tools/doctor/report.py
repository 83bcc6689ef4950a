"""The report: what each check has found, what it could not know, and facts; each in bounded time."""

import re
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from radtune.dataclass import dataclass, field
from radtune.errors import ExitCode, RadtuneError
from radtune_tools.doctor.kinds import KINDS
from radtune_tools.graph.deadline import Deadline, DeadlineError

CheckName = Literal[
    "programs",
    "interpreter",
    "configuration",
    "eap",
    "sites",
    "certificates",
    "machine",
    "settings",
    "files",
    "policy",
    "status",
    "running",
    "data",
    "network devices",
    "microsoft",
    "coa",
]
Sort = Literal["tenant", "nas", "path", "host", "server", "site", "name"]
"""What a private text names; its word in the archive begins with it."""


@dataclass(frozen=True, slots=True)
class Private:
    """A text that may tell of a person, a device or a place. The archive has a word such as nas-1 for it."""

    sort: Sort
    text: str

    def __str__(self) -> str:
        return self.text


class Word(str):
    """A text that stands in radtune's own code, or is a number with dots: it goes into the archive as it is."""

    __slots__ = ()


Value = bool | int | float | Private | Word | str
"""A text that is neither private nor a word is left out of the archive."""
Fact = Value | list["Fact"] | dict[Word, "Fact"]


def one_of(text: str, known: Collection[str]) -> Word:
    """Return the text if it is one of the known ones, else the word `other`."""
    return Word(text if text in known else "other")


def number(text: str) -> Word:
    """Return the text if it is a number, or a version of three at most, else the word `other`; no address is one."""
    return Word(text if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,4}){0,2}", text) else "other")


def moment(text: str) -> Word:
    """Return the text if it is a time in ISO 8601 in UTC, else the word `other`."""
    return Word(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?", text) else "other")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. Its words are those of its kind, with the fields filled in."""

    kind: str
    fields: Mapping[str, Value]

    @property
    def what(self) -> str:
        """What is wrong, and where."""
        return KINDS[self.kind].what.format_map(self.fields)

    @property
    def why(self) -> str:
        """What it leads to."""
        return KINDS[self.kind].why.format_map(self.fields)

    @property
    def mend(self) -> str:
        """A command that mends it, or what to do."""
        return KINDS[self.kind].mend.format_map(self.fields)


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Something that can't be known: a sentence on why, and the kind of its cause, for the archive."""

    why: str
    cause: Word


@dataclass(slots=True)
class Check:
    """A check: what it has found so far.

    said: how things are, in a few words for people
    facts: for the archive and for programs
    """

    name: CheckName
    said: str = ""
    findings: list[Finding] = field(default_factory=list)
    not_known: list[NotKnown] = field(default_factory=list)
    facts: dict[Word, Fact] = field(default_factory=dict)

    def find(self, kind: str, **fields: Value) -> None:
        """Note a finding."""
        self.findings.append(Finding(kind, fields))

    def find_missing(self, kind: str, unread: Sequence[str], **fields: Value) -> None:
        """Note that something is missing; if there are files that weren't read, it may be in them."""
        if unread:
            self.unknown(f"whether {Finding(kind, fields).what}: it may be in a file that wasn't read", "unread")
        else:
            self.find(kind, **fields)

    def unknown(self, why: str, cause: str = "obstacle") -> None:
        """Note that something can't be known; `cause` is a word of the code."""
        self.not_known.append(NotKnown(why, Word(cause)))

    def fact(self, name: str, value: Fact) -> None:
        """Note a fact; `name` is a word of the code."""
        self.facts[Word(name)] = value

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what keeps the block from its end as not known."""
        try:
            yield
        except RadtuneError as error:
            self.unknown(str(error), type(error).__name__)
        except ModuleNotFoundError as error:
            self.unknown(f"the Python module {error.name} is missing", "ModuleNotFoundError")
        except OSError as error:
            where = f"{error.filename}: " if error.filename is not None else ""
            advice = "; run as root" if isinstance(error, PermissionError) else ""
            self.unknown(f"{where}{error.strerror or error}{advice}", type(error).__name__)


def look(name: CheckName, call: Callable[[Check], None], seconds: float = 10.0) -> Check:
    """Run a check; what it hasn't looked at within these seconds is not known. Raises nothing."""
    check = Check(name)

    def run() -> None:
        with check.noting():
            call(check)

    late = f"not done within {seconds:.0f} seconds"
    try:
        Deadline(seconds, "of radtune doctor").within(run)
    except DeadlineError:
        # The thread runs until the process ends; what it still notes is dropped.
        check = Check(name, check.said, [*check.findings], [*check.not_known], {**check.facts})
        check.unknown(late, "late")
    except Exception:  # noqa: BLE001  # the other checks say what they can
        check.unknown(f"bug in the doctor; please report this:\n{traceback.format_exc()}", "bug")
    return check


@dataclass(slots=True)
class Report:
    """All checks."""

    checks: list[Check] = field(default_factory=list)

    @property
    def findings(self) -> list[tuple[Check, Finding]]:
        """Every finding, with its check."""
        return [(check, finding) for check in self.checks for finding in check.findings]

    @property
    def not_known(self) -> list[tuple[Check, NotKnown]]:
        """Everything that can't be known, with its check."""
        return [(check, each) for check in self.checks for each in check.not_known]

    @property
    def state(self) -> Word:
        """Return unhealthy for a finding, unknown if nothing is found and something isn't known, or healthy."""
        return Word("unhealthy" if self.findings else "unknown" if self.not_known else "healthy")

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that says the state."""
        codes = {"healthy": ExitCode.OK, "unhealthy": ExitCode.DIFFERENCE, "unknown": ExitCode.UNKNOWN}
        return codes[self.state]

    def plain(self) -> dict[str, Any]:
        """Return the report as --json prints it."""
        return {
            "state": self.state,
            "findings": [
                {"kind": each.kind, "check": check.name, "what": each.what, "why": each.why, "mend": each.mend}
                for check, each in self.findings
            ],
            "not_known": [{"check": check.name, "why": each.why} for check, each in self.not_known],
            "checks": [{"check": check.name, **plain(check.facts)} for check in self.checks],
        }


def plain(fact: Fact) -> Any:
    """Return a fact as JSON has it, private texts included."""
    if isinstance(fact, dict):
        return {str(name): plain(value) for name, value in fact.items()}
    if isinstance(fact, list):
        return [plain(value) for value in fact]
    return str(fact) if isinstance(fact, Private | str) else fact
