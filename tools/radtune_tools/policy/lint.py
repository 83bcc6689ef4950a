"""What a policy says that its operator is unlikely to want: warnings, each with file, line and key."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from radtune.config.label_file import CONDITIONS
from radtune.config.yaml_file import Document, KeyPath, dotted
from radtune.errors import Problem
from radtune.policy import device_labels
from radtune.policy.decide import Policy, Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.grants import PLACEHOLDER, Authorization
from radtune.policy.labels import Term
from radtune.policy.nas_directory import NasDirectory
from radtune.records.device_and_client import COMPLIANCE_STATES, Facts
from radtune_tools.policy import ranges as policy_ranges
from radtune_tools.policy.logic import Logic
from radtune_tools.policy.slips import Slips, listed

STRANGE = ("not_enrolled", "ambiguous", "unknown")
"""The states of a client that Intune doesn't know, can't tell apart or hasn't judged."""
UNKNOWN = (*STRANGE, "stale", "unavailable")
"""The states of a client of which nothing good is known."""
STATES = (*UNKNOWN, *(state for state in COMPLIANCE_STATES if state not in UNKNOWN))
"""All states."""


def warnings(document: Document, policy: Policy, places: NasDirectory | None) -> list[Problem]:
    """Return the warnings for a policy without faults, in the order of its file.

    `places` are the sites of settings, None where there are none to hold the policy against.
    """
    return sorted(_Lint(document, policy, places).warnings())


def default_states(document: Document, policy: Policy) -> list[str]:
    """Return the states in which some client is left to the default."""
    logic = _logic(document, policy)
    reached = [state for state in STATES if logic.possible((), policy.rules, state)]
    return [state for state in reached if state not in policy.on_failure]


def _logic(document: Document, policy: Policy) -> Logic:
    labels = document.keys("labels")
    return Logic({name: label for name, label in labels.items() if next(iter(label)) in CONDITIONS}, policy)


class _Lint:
    """One policy and what its file says."""

    def __init__(self, document: Document, policy: Policy, places: NasDirectory | None) -> None:
        self._document = document
        self._policy = policy
        self._places = places
        self._labels: dict[str, dict[str, Any]] = document.keys("labels")
        self._logic = _logic(document, policy)

    def warnings(self) -> Iterator[Problem]:
        used = self._used()
        for name in self._labels:
            if name not in used:
                yield self._warning(("labels", name), "no rule and no default uses this label")
        for index, rule in enumerate(self._policy.rules):
            yield from self._rule(index, rule)
        for path, message in Slips(self._document, self._policy, self._logic):
            yield self._warning(path, message)
        yield from self._default()
        for name, label in self._labels.items():
            if name in used:
                yield from self._placeholder(name, label)
                yield from self._by_place(name, label)
                yield from self._by_nas(name, label)
                yield from self._ranges(name, label)

    def _warning(self, path: KeyPath, message: str) -> Problem:
        return Problem(self._document.file, self._document.line(path), dotted(path), f"warning: {message}")

    def _used(self) -> set[str]:
        """Return the labels that something refers to."""
        used = {label.name for rule in self._policy.rules for term in rule.match for label, _ in term.labels()}
        grants: list[Any] = [rule for _, rule in self._document.items("rules")]
        grants.append(self._document.keys("default"))
        for failure in self._document.keys("on_failure").values():
            if isinstance(failure, dict):
                grants += [failure, failure.get("otherwise")]
        return used.union(*(grant.get("assign", ()) for grant in grants if isinstance(grant, dict)))

    def _rule(self, index: int, rule: Rule) -> Iterator[Problem]:
        path: KeyPath = ("rules", index)
        before = self._policy.rules[:index]
        if not self._logic.possible(rule.match):
            yield self._warning((*path, "match"), f"rule {rule.name} can never fit: {self._excluded(rule.match)}")
        elif not self._logic.possible(rule.match, before):
            one = next((each for each in before if not self._logic.possible(rule.match, (each,))), None)
            who = f"rule {one.name} before it fits" if one else "the rules before it, together, fit"
            yield self._warning(path, f"rule {rule.name} is never reached: {who} every client that it fits")
        elif rule.grant.allow:
            yield from self._only_negated(path, rule, before)

    def _excluded(self, terms: Sequence[Term]) -> str:
        """Return which terms can't hold together."""
        for size in (1, 2):
            for some in combinations(terms, size):
                if not self._logic.possible(some):
                    named = " and ".join(map(str, some))
                    return f"{named} can't hold{' together' if size > 1 else ''}"
        return "its labels can't all hold together"

    def _only_negated(self, path: KeyPath, rule: Rule, before: Sequence[Rule]) -> Iterator[Problem]:
        """Warn of a rule that lets in what is not something; a client of which nothing is known is not that, too."""
        asked = [
            (label.name, negated)
            for term in rule.match
            for label, negated in term.labels()
            if label.kind in device_labels.KINDS
        ]
        if not asked or not all(negated for _, negated in asked):
            return
        states = [state for state in UNKNOWN if self._logic.possible(rule.match, before, state)]
        if states:
            names = " and ".join(f"not {name}" for name, _ in asked)
            yield self._warning(
                (*path, "match"),
                f"rule {rule.name} asks of the device only what it is not ({names}), which fits clients that are "
                f"{listed(states)}, too; name what it has to be",
            )

    def _default(self) -> Iterator[Problem]:
        """Warn of a default that nobody seems to have thought about, or that is as good as what has to be earned."""
        policy = self._policy
        left = default_states(self._document, policy)
        unearned = [state for state in left if state != "compliant"]
        earned = [rule.name for rule in policy.rules if rule.grant == policy.default and self._is_earned(rule)]
        if policy.default.allow and unearned and earned:
            yield self._warning(
                ("default",),
                f"clients that are {listed(unearned)} get what rule {earned[0]} gives only to devices that earn it",
            )
        elif unearned and policy.default == Authorization(allow=True):
            yield self._warning(
                ("default",),
                f"clients that are {listed(unearned)} are let in with nothing assigned, into the port's own VLAN",
            )
        named = self._named()
        if not policy.default.allow and (refused := [state for state in left if state not in named]):
            yield self._warning(
                ("default",),
                f"clients that are {listed(refused)} fall to the default and are refused, for no rule names them; "
                "name them in a rule that quarantines them, or that denies them",
            )

    def _named(self) -> frozenset[str]:
        """Return the states that some rule's label names."""
        used = {label.name for rule in self._policy.rules for term in rule.match for label, _ in term.labels()}
        states = (compliance_states(self._labels[name].get("mdm_compliance", [])) for name in used)
        return frozenset().union(*states)

    def _is_earned(self, rule: Rule) -> bool:
        """Tell whether the rule fits compliant devices, and no client in a state that nobody wants."""
        unwanted = (*UNKNOWN, "noncompliant")
        fits = {state: self._logic.possible(rule.match, (), state) for state in ("compliant", *unwanted)}
        return fits["compliant"] and not any(fits[state] for state in unwanted)

    def _ranges(self, name: str, label: dict[str, Any]) -> Iterator[Problem]:
        ((kind, value),) = label.items()
        if kind in policy_ranges.KINDS:
            for path, message in policy_ranges.range_slips(kind, value):
                yield self._warning(("labels", name, kind, *path), message)

    def _placeholder(self, name: str, label: dict[str, Any]) -> Iterator[Problem]:
        ((kind, value),) = label.items()
        if kind == "vlan" and PLACEHOLDER in _vlans(value):
            said = f"{PLACEHOLDER} is no VLAN; write the number or name of yours: until then clients of it are denied"
            yield self._warning(("labels", name, kind), said)

    def _by_place(self, name: str, label: dict[str, Any]) -> Iterator[Problem]:
        """Warn of a VLAN by site, or a role by vendor, that leaves somebody out."""
        ((kind, value),) = label.items()
        if not isinstance(value, dict) or "default" in value:
            return
        path: KeyPath = ("labels", name, kind)
        if kind == "vlan" and self._places is not None:
            missing = [site.name for site in self._places.sites if site.name not in value["sites"]]
            if missing:
                yield self._warning(
                    (*path, "sites"), f"has no VLAN for {listed(missing)} and no default: clients there are denied"
                )
        elif kind == "role":
            yield self._warning(
                (*path, "vendors"), "has no default: clients at a NAS of another vendor, or of none known, are denied"
            )

    def _by_nas(self, name: str, label: dict[str, Any]) -> Iterator[Problem]:
        """Warn of a VLAN that can't be given as the profile of some NASes wants it."""
        ((kind, value),) = label.items()
        if kind != "vlan":
            return
        for entry, accept in self._policy.nas_directory.accepts.items():
            for vlan in _vlans(value):
                try:
                    accept.at(vlan, Facts())
                except ValueError as error:
                    said = f"clients at a NAS of the entry {entry} are denied: {error}"
                    yield self._warning(("labels", name, kind), said)


def _vlans(value: Any) -> list[str]:
    """Return the VLANs of a label, at all sites."""
    vlans = [*value["sites"].values(), value.get("default", "")] if isinstance(value, dict) else [value]
    return [str(vlan) for vlan in vlans if vlan != ""]
