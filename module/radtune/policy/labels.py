"""A client as the policy judges it, and what a rule matches: labels, `not` and `any`."""

from collections.abc import Callable
from typing import Any

from radtune.dataclass import dataclass
from radtune.identity.matching import Match
from radtune.policy.nas_directory import NasDirectory, NasPlace
from radtune.policy.patterns import pattern_test
from radtune.records.device_and_client import ComplianceState, Device, Facts

UNRESOLVED_STATES: frozenset[ComplianceState] = frozenset(("ambiguous", "stale", "unavailable"))
"""The states in which it is unknown which device the client is, or what is true of that device now."""

Truth = bool | None
"""None: unknown. Then neither the term nor its `not` holds."""


@dataclass(eq=False)
class ClientContext:
    """One client at one moment: all that a label may ask.

    now: seconds since the epoch
    quarantined: a person's quarantine decided the compliance state
    """

    facts: Facts
    match: Match
    compliance: ComplianceState
    now: float
    nas_directory: NasDirectory
    quarantined: bool = False

    def __post_init__(self) -> None:
        self.is_known = self.compliance not in UNRESOLVED_STATES
        """The device is known, or it is known that Intune has none."""
        self.device: Device | None = self.match.device if self.match.state == "found" else None
        self.nas: NasPlace = self.nas_directory.find(self.facts)
        """The place of the NAS, as settings tell of it."""


Condition = tuple[Callable[[ClientContext], Truth], Callable[[ClientContext], str]]
"""Functions for a label: `holds` and `seen`."""
Kind = Callable[[Any], Condition]
"""Compiles a label's value, which the schema lets through; raises ValueError for faults that the schema can't see."""
Test = Callable[[list[Any]], Callable[[str], bool]]
"""Compiles the alternatives of a label into a test of a text."""


def alternatives(value: Any) -> list[Any]:
    """Return the alternatives of a label's value: a list as it is, anything else as the only one."""
    return value if isinstance(value, list) else [value]


def one_of(words: list[str]) -> Callable[[str], bool]:
    """Return the test for one of these words."""
    return frozenset(words).__contains__


def fitting(patterns: list[str]) -> Callable[[str], bool]:
    """Return the test against patterns in any case; the empty text fits none."""
    fit = pattern_test(patterns)
    return (lambda text: text != "" and fit(text)) if fit("") else fit


def about_client(what: str, read: Callable[[ClientContext], str], test: Test, absent: str = "not known") -> Kind:
    """Return a kind of label that tests a text of the client; `absent` stands in `seen` if there is none."""

    def compile_label(value: Any) -> Condition:
        fits = test(alternatives(value))
        return lambda client: fits(read(client)), lambda client: f"{what} is {read(client) or absent}"

    return compile_label


@dataclass(frozen=True, slots=True)
class Label:
    """A question about a client, with its name.

    kind: the key under which the policy gives its value
    holds: answers the question
    seen: says in a few words what the answer rests on
    """

    name: str
    kind: str
    holds: Callable[[ClientContext], Truth]
    seen: Callable[[ClientContext], str]

    def __str__(self) -> str:
        return self.name

    def labels(self) -> "tuple[tuple[Label, bool], ...]":
        """Return the labels in a term, each with whether it is negated."""
        return ((self, False),)


@dataclass(frozen=True, slots=True)
class Not:
    """`not:` holds if its term doesn't."""

    term: "Term"

    def holds(self, client: ClientContext) -> Truth:
        """Answer the opposite of the term; unknown stays unknown."""
        truth = self.term.holds(client)
        return None if truth is None else not truth

    def __str__(self) -> str:
        return f"not {self.term}"

    def labels(self) -> tuple[tuple[Label, bool], ...]:
        """Return the labels in a term, each with whether it is negated."""
        return tuple((label, not negated) for label, negated in self.term.labels())


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`any:` holds if one of its terms does."""

    terms: tuple["Term", ...]

    def holds(self, client: ClientContext) -> Truth:
        """Answer yes if one term holds; else unknown if one is unknown."""
        answer: Truth = False
        for term in self.terms:
            truth = term.holds(client)
            if truth:
                return True
            if truth is None:
                answer = None
        return answer

    def __str__(self) -> str:
        return f"any of ({', '.join(map(str, self.terms))})"

    def labels(self) -> tuple[tuple[Label, bool], ...]:
        """Return the labels in a term, each with whether it is negated."""
        return tuple(label for term in self.terms for label in term.labels())


Term = Label | Not | AnyOf


def why(client: ClientContext, *terms: Term) -> str:
    """Return what the answers of the terms rest on, each thing once."""
    return "; ".join(dict.fromkeys(label.seen(client) for term in terms for label, _ in term.labels()))
