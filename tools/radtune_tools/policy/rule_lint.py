"""Warnings about the rules of a policy, each with its key."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from radtune.config.yaml_file import KeyPath
from radtune.policy import device_labels
from radtune.policy.decide import Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.grants import Authorization
from radtune.policy.labels import UNRESOLVED_STATES, AnyOf, Label, Not, Term, alternatives
from radtune.records.device_and_client import ComplianceState
from radtune_tools.policy.label_logic import STATE, Logic

UNKNOWN: tuple[ComplianceState, ...] = ("not_enrolled", "ambiguous", "unknown", "stale", "unavailable")
"""The states of a client whose device is unknown, or isn't known to be good."""
_NAMES = ("username", "realm")
_UNPROVED = ("eap-tls", "mab")
"""Ways to log in that don't prove the user name."""

Warned = tuple[KeyPath, str]
"""A key, and what is said of it."""


class RuleLint:
    """The rules of one policy without faults; iterating gives the warnings.

    written: the rules as the file has them
    labels: the labels as the file has them
    """

    def __init__(
        self, rules: Sequence[Rule], written: Sequence[Any], labels: Mapping[str, Mapping[str, Any]], logic: Logic
    ) -> None:
        self._rules = rules
        self._written = written
        self._labels = labels
        self._logic = logic
        self._some_vlan = any(rule.grant.vlan for rule in rules)

    def __iter__(self) -> Iterator[Warned]:
        for index, rule in enumerate(self._rules):
            path: KeyPath = ("rules", index)
            wider = next((each for each in self._rules[:index] if not self._logic.possible(rule.match, each)), None)
            if not self._logic.possible(rule.match):
                yield (*path, "match"), f"rule {rule.name} can never fit: {self._excluded(rule.match)}"
            elif wider:
                said = f"rule {wider.name} before it fits every client that it fits"
                yield path, f"rule {rule.name} is never reached: {said}"
            elif rule.grant.allow:
                yield from self._only_negated((*path, "match"), index, rule)
            if rule.grant.allow:
                yield from self._by_name_alone((*path, "match"), rule)
                if self._some_vlan and rule.grant == Authorization(allow=True) and "assign" not in self._written[index]:
                    said = (
                        "and the port's own VLAN stays, while other rules assign one; write assign: [] if that is meant"
                    )
                    yield path, f"rule {rule.name} assigns nothing, {said}"
                yield from self._behind_unresolved_deny(path, index, rule)

    def _excluded(self, terms: Sequence[Term]) -> str:
        """Return which terms can't hold together."""
        for size in (1, 2):
            for some in combinations(terms, size):
                if not self._logic.possible(some):
                    named = " and ".join(map(str, some))
                    return f"{named} can't hold{' together' if size > 1 else ''}"
        return "its labels can't all hold together"

    def _only_negated(self, path: KeyPath, index: int, rule: Rule) -> Iterator[Warned]:
        """Warn of a rule that asks of the device only what it is not: a client without a known state fits it, too."""
        labels = [(label.name, negated) for label, negated in _labels(rule) if label.kind in device_labels.KINDS]
        if not labels or not all(negated for _, negated in labels):
            return
        states = [state for state in UNKNOWN if self._reaches(index, rule, state)]
        if states:
            names = " and ".join(f"not {name}" for name, _ in labels)
            yield (
                path,
                f"rule {rule.name} asks of the device only what it is not ({names}), so it also fits clients that are "
                f"{listed(states)}; name what the device has to be",
            )

    def _reaches(self, index: int, rule: Rule, state: ComplianceState) -> bool:
        """Tell whether the rule can fit a client in this state, and no rule before it fits all of those."""
        before = self._rules[:index]
        return self._logic.possible(rule.match, state=state) and all(
            self._logic.possible(rule.match, each, state) for each in before
        )

    def _by_name_alone(self, path: KeyPath, rule: Rule) -> Iterator[Warned]:
        names = {label.name for label, negated in _labels(rule) if label.kind in _NAMES and not negated}
        ways = [
            way
            for way in _UNPROVED
            if all(self._holds(term, way, names) for term in rule.match)
            and not all(self._holds(term, way, set()) for term in rule.match)
        ]
        if ways:
            yield (
                path,
                f"rule {rule.name} asks only for a user name, and a client by {' or '.join(ways)} doesn't have to "
                "prove it; ask for an auth_type that proves it, such as peap, or for the device",
            )

    def _holds(self, term: Term, auth_type: str, names: set[str]) -> bool:
        """Answer for a client that logs in this way, for which only these other labels hold."""
        if isinstance(term, Not):
            return not self._holds(term.term, auth_type, names)
        if isinstance(term, AnyOf):
            return any(self._holds(each, auth_type, names) for each in term.terms)
        if term.kind == "auth_type":
            return auth_type in alternatives(self._labels[term.name]["auth_type"])
        return term.name in names

    def _behind_unresolved_deny(self, path: KeyPath, index: int, rule: Rule) -> Iterator[Warned]:
        """Warn of a rule that is skipped while the device is unknown, and so is whether a rule before it denies."""
        for deny in (each for each in self._rules[:index] if not each.grant.allow):
            if states := [state for state in sorted(UNRESOLVED_STATES) if self._is_skipped(index, rule, deny, state)]:
                yield (
                    path,
                    f"while the device is {listed(states)}, it is unknown whether rule {deny.name} denies; then rule "
                    f"{rule.name} is skipped, and on_failure or default decides; if rule {rule.name} is to let in all "
                    f"the same, put it before rule {deny.name}, or name that state in it",
                )
                return

    def _is_skipped(self, index: int, rule: Rule, deny: Rule, state: ComplianceState) -> bool:
        """Tell whether in this state, which the rule doesn't name, it may fit while the deny rule is unresolved."""
        if not any(label.kind in device_labels.KINDS and label.kind != STATE for label, _ in _labels(deny)):
            return False
        named = (label for label, negated in _labels(rule) if label.kind == STATE and not negated)
        if any(state in compliance_states(self._labels[label.name][STATE]) for label in named):
            return False
        return self._logic.unresolved(deny, rule.match, state) and self._reaches(index, rule, state)


def _labels(rule: Rule) -> Iterator[tuple[Label, bool]]:
    return (pair for term in rule.match for pair in term.labels())


def listed(words: Sequence[str]) -> str:
    """Return the words as alternatives: a, b or c."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
