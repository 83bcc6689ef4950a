"""policy.yaml -> Policy."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtune.config.policy_labels import RESULTS, Labels, PolicyContext
from radtune.config.schema import check_schema, schema, with_defaults
from radtune.config.yaml_file import Document, KeyPath, read_yaml
from radtune.errors import ConfigurationError
from radtune.policy.decide import OnFailure, Policy, Rule
from radtune.policy.grants import DENY, Authorization
from radtune.policy.labels import AnyOf, Not, Term
from radtune.policy.patterns import duration
from radtune.text import unknown


def read_policy(file: Path, context: PolicyContext) -> Policy:
    """Read the file; raises ConfigurationError with every fault, NotPermittedError."""
    return load_policy(file, context)[1]


def load_policy(file: Path, context: PolicyContext) -> tuple[Document, Policy]:
    """Read the file, and return it with the policy it holds; raises ConfigurationError, NotPermittedError."""
    document = read_yaml(file)
    check_schema(document, "policy")
    labels = Labels(document, context)
    reader = _Reader(document, labels)
    rules, default, on_failure = reader.rules(), reader.grant_or_deny("default"), reader.on_failure()
    files = ((str(file), document.signature), *((str(path), found) for path, found in labels.files.items()))
    if document.problems:
        raise ConfigurationError(document.problems, files)
    data = with_defaults(document.data, schema("policy"))
    used = {label.kind for rule in rules for term in rule.match for label, _ in term.labels()}
    directory = context.fitted_directory()
    # Policies that decide alike have the same.
    judged_by = json.dumps([document.data, labels.lists, repr(directory)], sort_keys=True)
    return document, Policy(
        rules=rules,
        default=default,
        stale_after=duration(data["stale_after"]),
        on_failure=on_failure,
        identify_by=frozenset(data["identify_by"]),
        nas_directory=directory,
        extra_attributes=labels.extra_attributes,
        uses_identity_conflict="identity_conflict" in used,
        files=files,
        fingerprint=hashlib.sha256(judged_by.encode()).hexdigest(),
    )


class _Reader:
    """Reads what refers to labels, and notes every fault; what it returns is of use only if there are none."""

    def __init__(self, document: Document, labels: Labels) -> None:
        self._document = document
        self._labels = labels

    def rules(self) -> tuple[Rule, ...]:
        self._document.check_unique("rules", "name")
        rules = []
        for path, rule in self._document.items("rules"):
            name = str(rule.get("name", ""))
            if name in ("default", "on_failure"):
                said = f"{name}: this name stands for what no rule decides; take another"
                self._document.problem((*path, "name"), said)
            rules.append(Rule(name, self._terms((*path, "match"), rule.get("match")), self._grant(path, rule)))
        return tuple(rules)

    def grant_or_deny(self, *path: str) -> Authorization:
        """Return the authorization at this path; DENY for `deny`."""
        return self._grant(path, self._document.keys(*path))

    def on_failure(self) -> dict[str, OnFailure]:
        """Return what clients get in states of failure."""
        return {state: self._failure(state, failure) for state, failure in self._document.keys("on_failure").items()}

    def _failure(self, state: str, failure: Any) -> OnFailure:
        if not isinstance(failure, dict):
            return OnFailure(DENY)
        path = ("on_failure", state)
        grant = self._grant(path, failure)
        if "last_known" not in failure:
            if "policy" not in failure:
                said = "expected: deny, {policy: allow, assign: [label]}, or {last_known: 8h}"
                self._document.problem(path, said)
            return OnFailure(grant)
        seconds = _seconds(failure["last_known"])
        stale_after = _seconds(with_defaults(self._document.keys(), schema("policy"))["stale_after"])
        if "policy" in failure or "assign" in failure:
            self._document.problem((*path, "last_known"), "put what counts when last_known is over under otherwise")
        elif state == "stale" and 0 < seconds <= stale_after:
            said = f"{failure['last_known']}: has to be longer than stale_after: it counts from then on"
            self._document.problem((*path, "last_known"), said)
        return OnFailure(self.grant_or_deny(*path, "otherwise") if "otherwise" in failure else None, seconds)

    def _terms(self, path: KeyPath, terms: object) -> tuple[Term, ...]:
        found = [
            self._term((*path, index), term) for index, term in enumerate(terms if isinstance(terms, list) else ())
        ]
        return tuple(term for term in found if term is not None)

    def _term(self, path: KeyPath, term: object) -> Term | None:
        if isinstance(term, str):
            self._check_label(path, term, result=False)
            return self._labels.conditions.get(term)
        if isinstance(term, dict) and "not" in term:
            inner = self._term((*path, "not"), term["not"])
            return None if inner is None else Not(inner)
        return AnyOf(self._terms((*path, "any"), term.get("any"))) if isinstance(term, dict) else None

    def _grant(self, path: KeyPath, grant: Mapping[str, Any]) -> Authorization:
        """Return the authorization of a rule or a default: it assigns at most one label of a kind."""
        names = grant.get("assign")
        kinds: set[str] = set()
        given: dict[str, Any] = {}
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if not isinstance(name, str):
                continue
            here, kind = (*path, "assign", index), self._labels.kinds.get(name, "")
            if grant.get("policy") == "deny" and kind != "reply_message":
                self._document.problem(here, f"{name}: a rule that denies assigns nothing but a reply_message")
            self._check_label(here, name, result=True)
            if kind in kinds and kind != "attributes":
                self._document.problem(here, f"{name}: the rule assigns a label of kind {kind} already")
            kinds |= {kind} - {""}
            if name in self._labels.results:
                value = self._labels.results[name]
                given[kind] = given.get(kind, ()) + value if kind == "attributes" else value
        return Authorization(allow=grant.get("policy") == "allow", **given)

    def _check_label(self, path: KeyPath, name: str, *, result: bool) -> None:
        """Note that `name` is no label that may stand there."""
        if self._document.full:
            return
        kind = self._labels.kinds.get(name)
        if name not in self._document.keys("labels"):
            fitting = [label for label, kind in self._labels.kinds.items() if (kind in RESULTS) == result]
            self._document.problem(path, unknown("label", name, fitting))
        elif kind is not None and (kind in RESULTS) != result:
            use = "match" if result else "assign"
            self._document.problem(path, f"{name} is a label of kind {kind}, which belongs into {use}")


def _seconds(text: object) -> int:
    """Return a length of time in seconds; 0 for anything else, which the schema reports."""
    try:
        return duration(str(text))
    except ValueError:
        return 0
