"""Imagined clients: is there one for which some labels hold and one rule doesn't fit?

Every combination of answers of the labels in question is tried. A device has one compliance state, a client one SSID,
and labels that ask the same have the same answer. While the device is unknown, labels about it have no answer. All else
is taken to be possible, so that "impossible" can be relied on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from radtune.policy import device_labels
from radtune.policy.decide import Policy, Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.labels import UNRESOLVED_STATES, AnyOf, Label, Not, Term, Truth, alternatives
from radtune.records.device_and_client import ALL_STATES

MOST = 20_000
"""Combinations that are tried; with more of them a client is taken to be possible."""

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

Client = Mapping[object, Any]
"""The answers of an imagined client, by what a label asks about."""


@dataclass(frozen=True, slots=True)
class _Question:
    """The question of a label.

    about: the same for labels whose answers depend on each other
    holding: the values for which the label holds
    others: values that a client may have instead; with None there may be no answer
    """

    kind: str
    about: object
    holding: frozenset[Any]
    others: frozenset[Any]

    @property
    def is_of_device(self) -> bool:
        """True for a label about the device, which has no answer while the device is unknown."""
        return self.kind in device_labels.KINDS and self.kind != STATE


class Logic:
    """The labels of one policy, by what they ask."""

    def __init__(self, labels: Mapping[str, Mapping[str, Any]], policy: Policy) -> None:
        """Take the conditions as the file has them, and the policy."""
        pairs = {name: pair for name, label in labels.items() for pair in label.items()}
        patterns = {kind for kind, value in pairs.values() if kind in _TEXTS and _has_pattern(value)}
        exact = (_WORDS | _TEXTS) - patterns
        self._questions = {name: _question(kind, value, exact, policy) for name, (kind, value) in pairs.items()}

    def possible(self, hold: Iterable[Term], misses: Rule | None = None, state: str = "") -> bool:
        """Tell whether the terms can hold for a client that the rule doesn't fit; in this state, if one is given."""
        terms, missed = tuple(hold), misses.match if misses else None

        def fits(client: Client) -> bool:
            return self._all(terms, client) is True and (missed is None or self._all(missed, client) is not True)

        return self._any_client(terms, missed or (), state, fits, otherwise=True)

    def unresolved(self, rule: Rule, hold: Iterable[Term], state: str) -> bool:
        """Tell whether the terms can hold for a client in this state while it is unknown if the rule fits."""
        terms = tuple(hold)

        def fits(client: Client) -> bool:
            return self._all(terms, client) is True and self._all(rule.match, client) is None

        return self._any_client(terms, rule.match, state, fits, otherwise=False)

    def _any_client(
        self,
        hold: Sequence[Term],
        others: Sequence[Term],
        state: str,
        fits: Callable[[Client], bool],
        *,
        otherwise: bool,
    ) -> bool:
        """Tell whether some client fits; with too many combinations return `otherwise`.

        hold: the terms that have to hold for it
        others: the other terms in question
        """
        asked = [self._questions[label.name] for term in (*hold, *others) for label, _ in term.labels()]
        domains: dict[object, frozenset[Any]] = {}
        for each in asked:
            domains[each.about] = domains.get(each.about, frozenset()) | each.holding | each.others
        if state or any(each.is_of_device for each in asked):
            domains[STATE] = frozenset((state,)) if state else ALL_STATES
        # What has to hold leaves few answers. To try the others as well takes minutes if there are many rules.
        for term in hold:
            label = term.term if isinstance(term, Not) else term
            if isinstance(label, Label):
                question = self._questions[label.name]
                answers = domains[question.about]
                domains[question.about] = answers & question.holding if label is term else answers - question.holding
        if prod(map(len, domains.values())) > MOST:
            return otherwise
        return any(fits(dict(zip(domains, values, strict=True))) for values in product(*domains.values()))

    def _all(self, terms: Iterable[Term], client: Client) -> Truth:
        answers = [self._term(term, client) for term in terms]
        return False if False in answers else None if None in answers else True

    def _term(self, term: Term, client: Client) -> Truth:
        if isinstance(term, Not):
            answer = self._term(term.term, client)
            return None if answer is None else not answer
        if isinstance(term, AnyOf):
            answers = [self._term(each, client) for each in term.terms]
            return True if True in answers else None if None in answers else False
        return self._label(term, client)

    def _label(self, label: Label, client: Client) -> Truth:
        question = self._questions[label.name]
        if question.is_of_device:
            state, is_conflict = client[STATE], question.kind == "identity_conflict"
            if state in UNRESOLVED_STATES and not (is_conflict and state == "ambiguous"):
                return None
            if state == "not_enrolled" and not is_conflict:
                return False
        value = client[question.about]
        return None if value is None else value in question.holding


def _question(kind: str, value: Any, exact: frozenset[str], policy: Policy) -> _Question:
    if kind == STATE:
        return _Question(kind, STATE, compliance_states(value), ALL_STATES)
    if kind == "matched_by":
        return _Question(kind, kind, policy.identify_by.intersection(alternatives(value)), policy.identify_by)
    if kind == "identity_conflict":
        return _Question(kind, kind, frozenset((value,)), frozenset((False, True)))
    if kind in exact:
        texts = (text.lower() if kind in _ANY_CASE else text for text in alternatives(value))
        return _Question(kind, kind, frozenset(texts), frozenset((_OTHER,)))
    # The names in a certificate can be unclear.
    no_answer = {None} if kind == "certificate" and "san" in value else set()
    return _Question(kind, (kind, repr(value)), frozenset((True,)), frozenset((False, *no_answer)))


def _has_pattern(value: Any) -> bool:
    return any("*" in text or "?" in text for text in alternatives(value))
