"""Warnings about what a policy says and its operator is unlikely to want, each with file, line and key."""

from collections.abc import Callable, Iterator
from typing import Any

from radtune.config.policy_labels import CONDITIONS
from radtune.config.yaml_file import Document, KeyPath, dotted
from radtune.errors import Problem
from radtune.policy.decide import Policy, Rule
from radtune.policy.device_labels import compliance_states
from radtune.policy.grants import PLACEHOLDER, Authorization
from radtune.policy.labels import alternatives
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.patterns import comparisons, duration, version
from radtune.records.device_and_client import INTUNE_STATES, ComplianceState, Facts
from radtune_tools.policy.label_logic import Logic
from radtune_tools.policy.rule_lint import UNKNOWN, RuleLint, Warned, listed

_STATES = (*UNKNOWN, *(state for state in INTUNE_STATES if state not in UNKNOWN))
_COMPARED = {"os_version": "version", "last_check_in": "age", "enrolled": "age"}
"""The kinds of labels that compare, and what they compare."""


def warnings(document: Document, policy: Policy, sites: NasDirectory | None) -> list[Problem]:
    """Return the warnings for a policy without faults, in the order of its file.

    `sites` are those of settings; with None no label is held against them.
    """
    lint = _Lint(document, policy, sites)
    return sorted(
        Problem(document.file, document.line(path), dotted(path), f"warning: {message}") for path, message in lint
    )


def default_states(document: Document, policy: Policy) -> list[ComplianceState]:
    """Return the states in which some client may get the default, since no rule fits it."""
    logic = _logic(document, policy)
    reached = [state for state in _STATES if logic.possible((), policy.rules, state)]
    return [state for state in reached if state not in policy.on_failure]


def _logic(document: Document, policy: Policy) -> Logic:
    labels = document.keys("labels")
    return Logic({name: label for name, label in labels.items() if next(iter(label)) in CONDITIONS}, policy)


class _Lint:
    def __init__(self, document: Document, policy: Policy, sites: NasDirectory | None) -> None:
        self._document = document
        self._policy = policy
        self._sites = sites
        self._labels: dict[str, dict[str, Any]] = document.keys("labels")
        self._logic = _logic(document, policy)
        self._asked = {label.name for rule in policy.rules for term in rule.match for label, _ in term.labels()}

    def __iter__(self) -> Iterator[Warned]:
        written = [rule for _, rule in self._document.items("rules")]
        used = self._asked | self._assigned(written)
        for name, label in self._labels.items():
            ((kind, value),) = label.items()
            path: KeyPath = ("labels", name)
            if name not in used:
                yield path, "no rule and no default uses this label"
            elif kind in ("vlan", "role"):
                yield from self._by_place((*path, kind), kind, value)
            elif kind in _COMPARED:
                yield from (((*path, kind, *within), said) for within, said in comparison_warnings(kind, value))
        yield from RuleLint(self._policy.rules, written, self._labels, self._logic)
        yield from self._default()

    def _assigned(self, written: list[Any]) -> set[str]:
        grants = [*written, self._document.keys("default")]
        for failure in self._document.keys("on_failure").values():
            grants += [failure, failure.get("otherwise")] if isinstance(failure, dict) else []
        return set().union(*(grant.get("assign", ()) for grant in grants if isinstance(grant, dict)))

    def _default(self) -> Iterator[Warned]:
        """Warn of a default that lets unknown clients in too well, or that refuses states without a rule."""
        default, path = self._policy.default, ("default",)
        left = default_states(self._document, self._policy)
        unearned = [state for state in left if state != "compliant"]
        earned = [rule.name for rule in self._policy.rules if rule.grant == default and self._is_earned(rule)]
        if default.allow and unearned and earned:
            yield (
                path,
                f"clients that are {listed(unearned)} get what rule {earned[0]} gives only to devices that earn it",
            )
        elif unearned and default == Authorization(allow=True):
            yield (
                path,
                f"clients that are {listed(unearned)} are let in with nothing assigned, into the port's own VLAN",
            )
        states = (compliance_states(self._labels[name].get("mdm_compliance", [])) for name in self._asked)
        named = frozenset().union(*states)
        if not default.allow and (refused := [state for state in left if state not in named]):
            yield (
                path,
                f"clients that are {listed(refused)} fall to the default and are refused, since no rule names them; "
                "name them in a rule that quarantines them, or that denies them",
            )

    def _is_earned(self, rule: Rule) -> bool:
        """Tell whether the rule fits compliant devices, and no unknown or noncompliant ones."""
        unwanted = (*UNKNOWN, "noncompliant")
        fits = {state: self._logic.possible(rule.match, state=state) for state in ("compliant", *unwanted)}
        return fits["compliant"] and not any(fits[state] for state in unwanted)

    def _by_place(self, path: KeyPath, kind: str, value: Any) -> Iterator[Warned]:
        """Warn of a VLAN or a role that some site, vendor or NAS can't be given."""
        by_place = isinstance(value, dict) and "default" not in value
        if kind == "role":
            if by_place:
                said = "has no default: clients at a NAS of another vendor, or of none known, are denied"
                yield (*path, "vendors"), said
            return
        vlans = [*value["sites"].values(), value.get("default", "")] if isinstance(value, dict) else [value]
        vlans = [str(vlan) for vlan in vlans if vlan != ""]
        if PLACEHOLDER in vlans:
            yield (
                path,
                f"{PLACEHOLDER} is no VLAN; write the number or name of yours: until then clients of it are denied",
            )
        missing = (
            [site.name for site in self._sites.sites if site.name not in value["sites"]]
            if (by_place and self._sites)
            else []
        )
        if missing:
            yield (*path, "sites"), f"has no VLAN for {listed(missing)} and no default: clients there are denied"
        for entry, accept in self._policy.nas_directory.accepts.items():
            for vlan in vlans:
                try:
                    accept.at(vlan, Facts())
                except ValueError as error:
                    yield path, f"clients at a NAS of the entry {entry} are denied: {error}"


def comparison_warnings(kind: str, value: Any) -> Iterator[Warned]:
    """Yield the faults of versions or ages that can never fit, or that all fit, each with its place in the value."""
    texts, thing = alternatives(value), _COMPARED[kind]
    read: Callable[[str], Any] = version if thing == "version" else duration
    parts = [[(compare, read(bound)) for compare, bound in comparisons(text)] for text in texts]
    bounds = [bound for each in parts for _, bound in each]
    # The least value, each bound, and one between it and the next: no others can be told apart.
    points: list[Any] = [0, *bounds, *(bound + 0.5 for bound in bounds)] if thing == "age" else [()]
    if thing == "version":
        longest = max(map(len, bounds))
        points += [*bounds, *((*bound, *([0] * longest), 1) for bound in bounds)]
    fits = [[all(compare(point, bound) for compare, bound in each) for point in points] for each in parts]
    for index, text in enumerate(texts):
        if not any(fits[index]):
            path: KeyPath = (index,) if isinstance(value, list) else ()
            yield path, f"{text}: no {thing} fits, since the parts of one text have to hold together"
    if all(map(any, zip(*fits, strict=True))):
        why = ", since the texts of a list are alternatives; what has to hold together goes into one text"
        yield (), f"{' or '.join(texts)}: every {thing} fits{why if len(texts) > 1 else ''}"
