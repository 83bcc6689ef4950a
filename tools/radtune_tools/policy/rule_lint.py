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
_TLS = frozenset(("eap-tls", "eap-ttls", "peap", "teap", "eap-fast"))
"""Ways to log in that may show a certificate."""
_UNCLEAR: frozenset[ComplianceState] = frozenset(("ambiguous",))
"""The state of a client if the names in its certificate are unclear."""

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
            before = self._rules[:index]
            if not self._logic.possible(rule.match):
                yield (*path, "match"), f"rule {rule.name} can never fit: {self._excluded(rule.match)}"
            elif not self._logic.possible(rule.match, before):
                one = next((each for each in before if not self._logic.possible(rule.match, (each,))), None)
                hiding = f"rule {one.name} before it fits" if one else "the rules before it together fit"
                yield path, f"rule {rule.name} is never reached: {hiding} every client that it fits"
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
        states = [state for state in UNKNOWN if self._logic.possible(rule.match, self._rules[:index], state)]
        if states:
            names = " and ".join(f"not {name}" for name, _ in labels)
            yield (
                path,
                f"rule {rule.name} says only what the device is not ({names}), so it also fits clients that are "
                f"{listed(states)}; name what the device has to be",
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
        """Warn of a rule that is skipped while it is unknown whether a rule before it denies."""
        before = self._rules[:index]
        named = [
            self._labels[label.name][STATE] for label, negated in _labels(rule) if label.kind == STATE and not negated
        ]
        unnamed = UNRESOLVED_STATES.difference(*map(compliance_states, named))
        reached = {state for state in unnamed if self._logic.possible(rule.match, before, state)}
        for deny in (each for each in before if reached and not each.grant.allow):
            is_of_device = any(label.kind in device_labels.KINDS and label.kind != STATE for label, _ in _labels(deny))
            states = reached if is_of_device else reached & _UNCLEAR if self._asks_names(deny, rule) else ()
            skipped = [state for state in sorted(states) if self._logic.unresolved(deny, rule.match, before, state)]
            if skipped:
                when = (
                    f"while the device is {listed(skipped)}"
                    if is_of_device
                    else "if the names in a certificate are unclear"
                )
                yield (
                    path,
                    f"{when}, it is unknown whether rule {deny.name} denies; then rule {rule.name} is skipped, and "
                    f"on_failure or default decides; if rule {rule.name} is to let in all the same, put it before rule "
                    f"{deny.name}, or name {'that state' if is_of_device else skipped[0]} in it",
                )
                return

    def _asks_names(self, deny: Rule, rule: Rule) -> bool:
        """Tell whether `deny` asks for names in a certificate that a client of `rule` may show."""
        certificates = [self._labels[label.name].get("certificate", {}) for label, _ in _labels(deny)]
        if not any("san" in each or "common_name" in each for each in certificates):
            return False
        terms = [self._labels[term.name] for term in rule.match if isinstance(term, Label)]
        ways = [alternatives(label["auth_type"]) for label in terms if "auth_type" in label]
        return not any("mac" in label for label in terms) and not any(map(_TLS.isdisjoint, ways))


def _labels(rule: Rule) -> Iterator[tuple[Label, bool]]:
    return (pair for term in rule.match for pair in term.labels())


def listed(words: Sequence[str]) -> str:
    """Return the words as alternatives: a, b or c."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
