"""Imagined clients: is there one for which some terms hold and some rules don't fit?

Clients are imagined as boxes: for each thing that labels ask about, the values that it may have. The clients of a rule
are cut out of the boxes in question, one rule after the other; what is left, the rules don't fit. A device has one
compliance state, a client one SSID, and labels that ask the same have the same answer. While the device is unknown,
labels about it have no answer. All else is taken to be possible, so that "impossible" can be relied on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from radtune.dataclass import dataclass
from radtune.policy import device_labels
from radtune.policy.decide import Policy, Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.labels import UNRESOLVED_STATES, AnyOf, Not, Term, alternatives
from radtune.records.device_and_client import ALL_STATES, ComplianceState

MOST = 5_000
"""Cuts that are made for one answer, and pairs of boxes that one term may make."""

STATE = "mdm_compliance"
_OTHER = "\0other"
"""A value that no label names."""
_WORDS = frozenset(
    (
        *("ownership", "threat_state", "management_state", "encrypted", "jail_broken", "account_enabled"),
        *("auth_type", "inner_type", "port_type", "vendor", "site", "mac_randomised"),
    )
)
"""Kinds of labels that name alternatives: a client has one of them, or a value that no label names."""
_ANY_CASE = ("os", "category", "tenant", "realm")
_TEXTS = frozenset(("ssid", *_ANY_CASE))
"""Kinds that do so, too, if no label of the kind has * or ? in it."""

Box = Mapping[object, frozenset[Any]]
"""Some clients: the values of what a label asks about; all values of anything else."""


class _TooManyError(Exception):
    """The answer takes more boxes or cuts than `MOST`."""


@dataclass(frozen=True, slots=True)
class _Question:
    """The question of a label.

    about: the same for labels whose answers depend on each other
    holding: the values for which the label holds
    others: values that a client may have instead; None is no answer
    answered: the states in which a label about the device has an answer that depends on the device
    """

    about: object
    holding: frozenset[Any]
    others: frozenset[Any]
    answered: frozenset[ComplianceState] = ALL_STATES


class Logic:
    """The labels of one policy, by what they ask."""

    def __init__(self, labels: Mapping[str, Mapping[str, Any]], policy: Policy) -> None:
        """Take the conditions as the file has them, and the policy."""
        pairs = {name: pair for name, label in labels.items() for pair in label.items()}
        patterns = {kind for kind, value in pairs.values() if kind in _TEXTS and _has_pattern(value)}
        exact = (_WORDS | _TEXTS) - patterns
        self._questions = {name: _question(kind, value, exact, policy) for name, (kind, value) in pairs.items()}
        self._domains: dict[object, frozenset[Any]] = {STATE: ALL_STATES}
        for each in self._questions.values():
            self._domains[each.about] = self._domains.get(each.about, frozenset()) | each.holding | each.others
        self._known: dict[tuple[Term, ...], list[Box]] = {}

    def possible(
        self, hold: tuple[Term, ...], misses: Iterable[Rule] = (), state: ComplianceState | None = None
    ) -> bool:
        """Tell whether the terms can hold for a client that none of the rules fits; in this state, if one is given."""
        try:
            return self._is_any_left(
                self._where(hold, state), [box for rule in misses for box in self._where(rule.match)]
            )
        except _TooManyError:
            return True

    def unresolved(self, rule: Rule, hold: tuple[Term, ...], misses: Iterable[Rule], state: ComplianceState) -> bool:
        """Tell the same of a client in this state for which it is unknown whether `rule` fits."""
        try:
            resolved = [box for term in rule.match for box in self._boxes(term, holds=False)]
            fitting = [box for each in (rule, *misses) for box in self._where(each.match)]
            return self._is_any_left(self._where(hold, state), resolved + fitting)
        except _TooManyError:
            return False

    def _is_any_left(self, boxes: Iterable[Box], cuts: Iterable[Box]) -> bool:
        """Tell whether a client is in one of the boxes and in none of the cuts."""
        left = [(box, 0) for box in boxes]
        # A cut with few questions leaves few pieces; and what few cuts ask for is soon not cut any more.
        near = sorted((cut for cut in cuts if any(_overlap(box, cut) for box, _ in left)), key=len)
        askers = Counter(about for cut in near for about in cut)
        for _ in range(MOST):
            if not left:
                return False
            box, start = left.pop()
            hit = next((index for index in range(start, len(near)) if _overlap(box, near[index])), None)
            if hit is None:
                return True
            for about, values in sorted(near[hit].items(), key=lambda item: -askers[item[0]]):
                before = box.get(about, self._domains[about])
                if outside := before - values:
                    left.append(({**box, about: outside}, hit + 1))
                box = {**box, about: before & values}
        raise _TooManyError

    def _where(self, terms: tuple[Term, ...], state: ComplianceState | None = None) -> list[Box]:
        """Return the clients for which all terms hold; in this state, if one is given."""
        if terms not in self._known:
            self._known[terms] = reduce(_both, (self._boxes(term, holds=True) for term in terms), [{}])
        return _both([{STATE: frozenset((state,))}], self._known[terms]) if state else self._known[terms]

    def _boxes(self, term: Term, *, holds: bool) -> list[Box]:
        """Return the clients for which the term holds, or for which it fails."""
        if isinstance(term, Not):
            return self._boxes(term.term, holds=not holds)
        if isinstance(term, AnyOf):
            parts = [self._boxes(each, holds=holds) for each in term.terms]
            return [box for part in parts for box in part] if holds else reduce(_both, parts)
        question = self._questions[term.name]
        values = question.holding if holds else self._domains[question.about] - question.holding - {None}
        if question.answered == ALL_STATES:
            return [{question.about: values}] if values else []
        boxes: list[Box] = [{question.about: values, STATE: question.answered}] if values else []
        # Of a device that Intune doesn't know nothing holds.
        return (
            boxes if holds or question.about == "identity_conflict" else [*boxes, {STATE: frozenset(("not_enrolled",))}]
        )


def _overlap(box: Box, other: Box) -> bool:
    """Tell whether some client can be in both."""
    for about, values in other.items():  # noqa: SIM110  # most time is spent here, and all() takes twice as long
        if about in box and box[about].isdisjoint(values):
            return False
    return True


def _both(some: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    """Return the clients that are in one of `some` and in one of `others`."""
    if len(some) * len(others) > MOST:
        raise _TooManyError
    return [
        {**box, **other, **{about: box[about] & other[about] for about in box.keys() & other}}
        for box in some
        for other in others
        if _overlap(box, other)
    ]


def _question(kind: str, value: Any, exact: frozenset[str], policy: Policy) -> _Question:
    if kind == STATE:
        return _Question(STATE, compliance_states(value), ALL_STATES)
    answered = ALL_STATES - UNRESOLVED_STATES - {"not_enrolled"} if kind in device_labels.KINDS else ALL_STATES
    if kind == "matched_by":
        return _Question(kind, policy.identify_by.intersection(alternatives(value)), policy.identify_by, answered)
    if kind == "identity_conflict":
        # A device that was found at an earlier login has no answer.
        others = (False, True, None) if policy.last_known("unavailable") else (False, True)
        return _Question(kind, frozenset((value,)), frozenset(others), ALL_STATES - {"stale", "unavailable"})
    if kind in exact:
        texts = (text.lower() if kind in _ANY_CASE else text for text in alternatives(value))
        return _Question(kind, frozenset(texts), frozenset((_OTHER,)), answered)
    # What a certificate has can be unclear, but for its issuer.
    no_answer = {None} if kind == "certificate" and value.keys() - {"issuer"} else set()
    return _Question((kind, repr(value)), frozenset((True,)), frozenset((False, *no_answer)), answered)


def _has_pattern(value: Any) -> bool:
    return any("*" in text or "?" in text for text in alternatives(value))
