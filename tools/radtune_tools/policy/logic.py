"""Whether a client can be imagined for which some rules fit and others don't: what labels exclude and imply.

A client is imagined label by label. What is known of labels: a device has one compliance state, an SSID is one SSID;
where nobody can tell which device a client is, labels about the device are not answered; labels that ask the same are
answered the same. All else is taken to be possible, so that "impossible" can be relied on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radtune.policy import device_labels
from radtune.policy.decide import ALL_STATES, Policy, Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.labels import UNRESOLVED_STATES, AnyOf, Label, Not, Term, alternatives

STEPS = 5000
"""After so many guesses a client is taken to be possible."""

_OPEN = "open"
"""The answer of a label that the guesses so far don't settle; the others are those that labels give."""
_OTHER = "\0other"
"""A value that no label names."""
_STATE = "mdm_compliance"
_WORDS = frozenset(
    (
        *("ownership", "threat_state", "management_state", "encrypted", "jail_broken", "auth_type", "inner_type"),
        *("port_type", "vendor", "site", "mac_randomised", "matched_by", "identity_conflict"),
    )
)
"""Kinds of labels that name alternatives of which a client has one, or another that no label names."""
_ANY_CASE = ("os", "category", "tenant", "realm")
_TEXTS = frozenset(("ssid", *_ANY_CASE))
"""Kinds that do so, too, where they are written without * and ?."""

Answer = bool | str | None
World = dict[object, Any]


@dataclass(frozen=True, slots=True)
class _Question:
    """What a label asks: a variable, and the values of it for which it holds."""

    kind: str
    variable: object
    holding: frozenset[Any]


class Logic:
    """The labels of one policy."""

    def __init__(self, labels: Mapping[str, Mapping[str, Any]], policy: Policy) -> None:
        """Take the labels as the file has them, and the policy."""
        self._questions: dict[str, _Question] = {}
        self._domains: dict[object, tuple[Any, ...]] = {_STATE: tuple(sorted(ALL_STATES))}
        self._steps = 0
        plain = _plain_texts(labels)
        for name, label in labels.items():
            ((kind, value),) = label.items()
            self._questions[name] = self._question(kind, value, is_word=kind in _WORDS or kind in plain)
        if "matched_by" in self._domains:
            self._domains["matched_by"] = tuple(sorted(policy.identify_by))
        if "identity_conflict" in self._domains:
            self._domains["identity_conflict"] = (False, True)

    def _question(self, kind: str, value: Any, *, is_word: bool) -> _Question:
        if kind == _STATE:
            return _Question(kind, _STATE, compliance_states(value))
        if is_word:
            holding = frozenset(text.lower() if kind in _ANY_CASE else text for text in alternatives(value))
            known = self._domains.get(kind, (_OTHER,))
            self._domains[kind] = tuple(dict.fromkeys((*known, *sorted(holding))))
            return _Question(kind, kind, holding)
        variable = (kind, repr(value))
        unclear = kind == "certificate" and "san" in value
        self._domains[variable] = (False, None, True) if unclear else (False, True)
        return _Question(kind, variable, frozenset((True,)))

    def possible(self, hold: Sequence[Term], fail: Iterable[Rule] = (), state: str = "") -> bool:
        """Tell whether there can be a client for which all of these terms hold and none of these rules fits.

        With `state`, a client in this compliance state.
        """
        self._steps = 0
        world: World = {_STATE: state} if state else {}
        return self._search(tuple(hold), tuple(rule.match for rule in fail), world)

    def untold(self, rule: Rule, hold: Sequence[Term], fail: Iterable[Rule], state: str) -> bool:
        """Tell whether it can't be told of some client in this state whether the rule fits.

        All of these terms hold for it, and none of the rules in `fail` fits. Where that takes too many guesses, no.
        """
        self._steps = 0
        fails = tuple(each.match for each in fail)
        return self._search(tuple(hold), fails, {_STATE: state}, rule.match) and self._steps <= STEPS

    def _search(
        self, hold: tuple[Term, ...], fail: tuple[tuple[Term, ...], ...], world: World, doubt: tuple[Term, ...] = ()
    ) -> bool:
        """Guess until all of `hold` holds, none of `fail` does, and nobody can tell whether all of `doubt` does."""
        self._steps += 1
        if self._steps > STEPS:
            return True
        answer, doubted = self._all(hold, world), self._doubt(doubt, world)
        if answer is False or doubted is False:
            return False
        unsettled = []
        for terms in fail:
            fits = self._all(terms, world)
            if fits is True:
                return False
            if fits == _OPEN:
                unsettled.append(terms)
        waiting = [hold] * (answer == _OPEN) + [doubt] * (doubted == _OPEN) + unsettled
        if not waiting:
            return True
        variable = self._guessable(waiting[0], world)
        left = tuple(unsettled)
        return any(self._search(hold, left, {**world, variable: value}, doubt) for value in self._domains[variable])

    def _doubt(self, terms: tuple[Term, ...], world: World) -> bool | str:
        """Tell whether it can't be told if all the terms hold; or that it is open. Of no terms nothing is asked."""
        answers = [self._term(term, world) for term in terms]
        if False in answers:
            return False
        return _OPEN if _OPEN in answers else None in answers or not terms

    def _all(self, terms: Iterable[Term], world: World) -> bool | str:
        """Tell whether all the terms hold, or don't; or that it is open."""
        answers = [self._term(term, world) for term in terms]
        if False in answers or None in answers:
            return False
        return _OPEN if _OPEN in answers else True

    def _term(self, term: Term, world: World) -> Answer:
        if isinstance(term, Not):
            answer = self._term(term.term, world)
            return answer if answer in (None, _OPEN) else not answer
        if isinstance(term, AnyOf):
            answers = [self._term(each, world) for each in term.terms]
            return next((answer for answer in (True, _OPEN, None) if answer in answers), False)
        return self._label(term, world)

    def _label(self, label: Label, world: World) -> Answer:
        question = self._questions[label.name]
        if _is_about_device(question.kind):
            state = world.get(_STATE, _OPEN)
            if state == _OPEN:
                return _OPEN
            if _is_untold(question.kind, state):
                return None
            if state == "not_enrolled" and question.kind != "identity_conflict":
                return False
        if question.variable not in world:
            return _OPEN
        value = world[question.variable]
        return None if value is None else value in question.holding

    def _guessable(self, terms: Iterable[Term], world: World) -> object:
        """Return a variable that the terms' answer waits for."""
        for term in terms:
            if self._term(term, world) != _OPEN:
                continue
            for label, _ in term.labels():
                if self._label(label, world) == _OPEN:
                    question = self._questions[label.name]
                    return _STATE if _is_about_device(question.kind) and _STATE not in world else question.variable
        raise AssertionError("asked for a guess where nothing is open")


def _plain_texts(labels: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the kinds of text of which no label has a pattern."""
    found = set(_TEXTS)
    for label in labels.values():
        ((kind, value),) = label.items()
        if kind in found and any("*" in text or "?" in text for text in alternatives(value)):
            found.discard(kind)
    return found


def _is_about_device(kind: str) -> bool:
    return kind in device_labels.KINDS and kind != _STATE


def _is_untold(kind: str, state: str) -> bool:
    return state in UNRESOLVED_STATES and (kind != "identity_conflict" or state != "ambiguous")
