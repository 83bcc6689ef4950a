"""What an allow rule says that nobody is likely to want: slips that take more than one look at the rule."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from radtune.config.yaml_file import Document, KeyPath
from radtune.policy import device_labels
from radtune.policy.decide import Policy, Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.grants import Authorization
from radtune.policy.labels import UNRESOLVED_STATES, AnyOf, Label, Not, Term, alternatives
from radtune_tools.policy.logic import Logic

_STATE = "mdm_compliance"
_NAMES = ("username", "realm")
_UNPROVED = ("eap-tls", "mab")
"""How a client logs in without proof of the user name that it gives."""
_TUNNELS = frozenset(("eap-tls", "eap-ttls", "peap", "teap", "eap-fast"))
"""How a client logs in that may show a certificate."""


class Slips:
    """The allow rules of one policy, and what its file says."""

    def __init__(self, document: Document, policy: Policy, logic: Logic) -> None:
        """Take a policy without faults."""
        self._rules = policy.rules
        self._logic = logic
        self._labels: Mapping[str, Mapping[str, Any]] = document.keys("labels")
        self._written = [rule for _, rule in document.items("rules")]
        self._some_vlan = any(rule.grant.vlan for rule in policy.rules)

    def __iter__(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield where something is, and what."""
        for index, rule in enumerate(self._rules):
            if rule.grant.allow:
                yield from self._by_name_alone(index, rule)
                yield from self._assigns_nothing(index, rule)
                yield from self._after_a_denial(index, rule)

    def _by_name_alone(self, index: int, rule: Rule) -> Iterator[tuple[KeyPath, str]]:
        names = {label.name for label, negated in _labels(rule) if label.kind in _NAMES and not negated}
        ways = [
            way
            for way in _UNPROVED
            if all(self._answer(term, way, names) for term in rule.match)
            and not all(self._answer(term, way, set()) for term in rule.match)
        ]
        if ways:
            yield (
                ("rules", index, "match"),
                f"rule {rule.name} asks for nothing but a user name, which a client by {' or '.join(ways)} doesn't "
                "have to prove; ask for an auth_type that proves it, such as peap, or for the device",
            )

    def _answer(self, term: Term, auth_type: str, names: set[str]) -> bool:
        """Answer for a client that logs in so, for which these labels hold, and no other of what it might be."""
        if isinstance(term, Not):
            return not self._answer(term.term, auth_type, names)
        if isinstance(term, AnyOf):
            return any(self._answer(each, auth_type, names) for each in term.terms)
        if term.kind == "auth_type":
            return auth_type in alternatives(self._labels[term.name]["auth_type"])
        return term.name in names

    def _assigns_nothing(self, index: int, rule: Rule) -> Iterator[tuple[KeyPath, str]]:
        if self._some_vlan and rule.grant == Authorization(allow=True) and "assign" not in self._written[index]:
            yield (
                ("rules", index),
                f"rule {rule.name} assigns nothing, and the port's own VLAN stays, where other rules assign one; "
                "write assign: [] if that is meant",
            )

    def _after_a_denial(self, index: int, rule: Rule) -> Iterator[tuple[KeyPath, str]]:
        """Warn of a rule that doesn't fit as long as a denial before it can't be told."""
        for denial in self._rules[:index]:
            if denial.grant.allow:
                continue
            if states := self._untold_states(denial, index, rule):
                when, named = f"while the device is {listed(states)}", "name that state in it"
            elif self._is_untold_by_names(denial, index, rule):
                when, named = "where the names in a certificate can't be told apart", "name not_enrolled in it"
            else:
                continue
            yield (
                ("rules", index),
                f"{when}, nobody can tell whether rule {denial.name} denies, so rule {rule.name} is passed over, down "
                f"to on_failure or default; if it is to let in even then, put it before rule {denial.name}, or {named}",
            )
            return

    def _untold_states(self, denial: Rule, index: int, rule: Rule) -> list[str]:
        if not any(label.kind in device_labels.KINDS and label.kind != _STATE for label, _ in _labels(denial)):
            return []
        return [state for state in sorted(UNRESOLVED_STATES) if self._falls(denial, index, rule, state)]

    def _is_untold_by_names(self, denial: Rule, index: int, rule: Rule) -> bool:
        """Tell whether that is so for a client with a certificate: it is not_enrolled if its names can't be told."""
        asked = [self._labels[label.name].get("certificate", {}) for label, _ in _labels(denial)]
        shows_none = any(isinstance(term, Label) and self._shows_no_certificate(term) for term in rule.match)
        return (
            any("san" in part for part in asked) and not shows_none and self._falls(denial, index, rule, "not_enrolled")
        )

    def _shows_no_certificate(self, label: Label) -> bool:
        """Tell whether who is told by this label logs in by MAC, or by another way without a certificate."""
        ways = alternatives(self._labels[label.name].get("auth_type", []))
        return label.kind == "mac" or (label.kind == "auth_type" and _TUNNELS.isdisjoint(ways))

    def _falls(self, denial: Rule, index: int, rule: Rule, state: str) -> bool:
        """Tell whether in this state, which the rule doesn't name, it might fit where the denial can't be told."""
        names = any(
            state in compliance_states(self._labels[label.name][_STATE])
            for label, negated in _labels(rule)
            if label.kind == _STATE and not negated
        )
        return not names and self._logic.untold(denial, rule.match, self._rules[:index], state)


def _labels(rule: Rule) -> Iterator[tuple[Label, bool]]:
    return (pair for term in rule.match for pair in term.labels())


def listed(words: Sequence[str]) -> str:
    """Return the words as alternatives: a, b or c."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
