"""Labels: named conditions, and how a rule puts them together."""

from collections.abc import Callable
from dataclasses import dataclass

from radtune.policy.client_context import ClientContext

Answer = bool | None
"""Whether something holds; None where that can't be told, and then neither it nor its opposite counts."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about a client: `holds` answers it, `seen` says in a few words what it was answered by."""

    holds: Callable[[ClientContext], Answer]
    seen: Callable[[ClientContext], str]


@dataclass(frozen=True, slots=True)
class Label:
    """A condition with the name that the operator gave it; `kind` is the key it was written with."""

    name: str
    kind: str
    condition: Condition

    def holds(self, subject: ClientContext) -> Answer:
        """Answer the label's question."""
        return self.condition.holds(subject)

    def __str__(self) -> str:
        return self.name

    def labels(self) -> "tuple[tuple[Label, bool], ...]":
        """Return the label itself: it stands here without `not`."""
        return ((self, False),)


@dataclass(frozen=True, slots=True)
class Not:
    """`not:` of a term: holds where the term doesn't."""

    term: "Term"

    def holds(self, subject: ClientContext) -> Answer:
        """Answer the opposite; what can't be told stays so."""
        answer = self.term.holds(subject)
        return None if answer is None else not answer

    def __str__(self) -> str:
        return f"not {self.term}"

    def labels(self) -> tuple[tuple[Label, bool], ...]:
        """Return the labels within, each with whether it is negated."""
        return tuple((label, not negated) for label, negated in self.term.labels())


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`any:` of several terms: holds where one of them does."""

    terms: tuple["Term", ...]

    def holds(self, subject: ClientContext) -> Answer:
        """Answer yes where one term holds, and can't tell where none does but one might."""
        answer: Answer = False
        for term in self.terms:
            one = term.holds(subject)
            if one:
                return True
            if one is None:
                answer = None
        return answer

    def __str__(self) -> str:
        return f"any of ({', '.join(map(str, self.terms))})"

    def labels(self) -> tuple[tuple[Label, bool], ...]:
        """Return the labels within, each with whether it is negated."""
        return tuple(label for term in self.terms for label in term.labels())


Term = Label | Not | AnyOf


def why(term: Term, subject: ClientContext) -> str:
    """Return what the labels of a term were answered by, in words."""
    return "; ".join(dict.fromkeys(label.condition.seen(subject) for label, _ in term.labels()))
