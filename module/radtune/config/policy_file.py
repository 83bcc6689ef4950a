"""policy.yaml -> Policy."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from radtune.config.label_file import RESULTS, LabelReader, Labels, PolicyContext
from radtune.config.schema import check_schema, unknown
from radtune.config.yaml_file import Document, KeyPath, read_yaml
from radtune.errors import ConfigurationError
from radtune.identity.matching import MEANS
from radtune.policy.decide import OnFailure, Policy, Rule
from radtune.policy.grants import DENY, Authorization, PerSiteValue
from radtune.policy.labels import AnyOf, Not, Term, alternatives
from radtune.policy.nas_directory import NasDirectory
from radtune.policy.patterns import duration


def read_policy(file: Path, around: PolicyContext) -> Policy:
    """Read the file; raises ConfigurationError with every fault, NotPermittedError."""
    return load_policy(file, around)[1]


def load_policy(file: Path, around: PolicyContext) -> tuple[Document, Policy]:
    """Read the file, and return it with the policy it holds; raises ConfigurationError, NotPermittedError."""
    document, labels = _check(file, around)
    files = ((str(file), document.signature), *((str(path), found) for path, found in labels.files.items()))
    if document.problems:
        raise ConfigurationError(document.problems, files)
    return document, replace(_Builder(document.data, labels, around).policy(), files=files)


def check_policy(file: Path, around: PolicyContext) -> Document:
    """Read the file and note every fault; raises ConfigurationError where it isn't YAML, NotPermittedError."""
    return _check(file, around)[0]


def _check(file: Path, around: PolicyContext) -> tuple[Document, Labels]:
    document = read_yaml(file)
    check_schema(document, "policy")
    labels = LabelReader(document, around).read()
    kinds = {name: next(iter(label)) for name, label in document.keys("labels").items() if _is_label(label)}
    checker = _Checker(document, kinds)
    checker.check_rules()
    checker.check_assign(("default",), document.keys("default"))
    for state, failure in document.keys("on_failure").items():
        if isinstance(failure, dict):
            checker.check_failure(("on_failure", state), failure)
    return document, labels


def _is_label(label: object) -> bool:
    return isinstance(label, dict) and len(label) == 1


class _Checker:
    """Holds what refers to labels against the labels, and notes every fault."""

    def __init__(self, document: Document, kinds: dict[str, str]) -> None:
        self._document = document
        self._kinds = kinds

    def check_rules(self) -> None:
        """Check names, match and assign of every rule."""
        seen: set[str] = set()
        for path, rule in self._document.items("rules"):
            name = rule.get("name")
            if name in ("default", "on_failure"):
                self._document.problem(
                    (*path, "name"), f"{name}: this name stands for what no rule decides; take another"
                )
            if name in seen:
                self._document.problem((*path, "name"), f"{name}: another rule has this name")
            if isinstance(name, str):
                seen.add(name)
            self._check_terms((*path, "match"), rule.get("match"))
            self.check_assign(path, rule)

    def check_failure(self, path: KeyPath, failure: dict[str, Any]) -> None:
        """Check what a client gets in a state of failure."""
        if "last_known" in failure and ("policy" in failure or "assign" in failure):
            self._document.problem((*path, "last_known"), "what follows when it is over goes into otherwise")
        elif "last_known" not in failure and "policy" not in failure:
            self._document.problem(path, "expected: deny, {policy: allow, assign: [label]}, or {last_known: 8h}")
        elif path[-1] == "stale" and "last_known" in failure and not self._is_longer(failure["last_known"]):
            said = f"{failure['last_known']}: has to be longer than stale_after, from when on it counts"
            self._document.problem((*path, "last_known"), said)
        self.check_assign(path, failure)
        otherwise = failure.get("otherwise")
        if isinstance(otherwise, dict):
            self.check_assign((*path, "otherwise"), otherwise)

    def _is_longer(self, last_known: object) -> bool:
        """Tell whether this is more than stale_after; what is no length of time is the schema's to tell of."""
        try:
            return duration(str(last_known)) > duration(str(self._document.keys().get("stale_after", "24h")))
        except ValueError:
            return True

    def _check_terms(self, path: KeyPath, terms: object) -> None:
        for index, term in enumerate(terms if isinstance(terms, list) else ()):
            self._check_term((*path, index), term)

    def _check_term(self, path: KeyPath, term: object) -> None:
        if isinstance(term, str):
            self._check_label(path, term, result=False)
        elif isinstance(term, dict):
            if "not" in term:
                self._check_term((*path, "not"), term["not"])
            self._check_terms((*path, "any"), term.get("any"))

    def check_assign(self, path: KeyPath, grant: dict[str, Any]) -> None:
        """Check the labels that a rule or a default assigns: at most one of a kind."""
        names = grant.get("assign")
        seen: set[str] = set()
        for index, name in enumerate(names if isinstance(names, list) else ()):
            here = (*path, "assign", index)
            if not isinstance(name, str):
                continue
            kind = self._kinds.get(name)
            if grant.get("policy") == "deny" and kind != "reply_message":
                self._document.problem(here, f"{name}: a rule that denies assigns nothing but a reply_message")
            self._check_label(here, name, result=True)
            if kind in seen and kind != "attributes":
                self._document.problem(here, f"{name}: the rule assigns a label of kind {kind} already")
            if kind is not None:
                seen.add(kind)

    def _check_label(self, path: KeyPath, name: str, *, result: bool) -> None:
        """Note the fault where `name` is no label that may stand there."""
        if self._document.full:
            return
        if name not in self._document.keys("labels"):
            fitting = [label for label, kind in self._kinds.items() if (kind in RESULTS) == result]
            self._document.problem(path, unknown("label", name, fitting))
        elif name in self._kinds and (self._kinds[name] in RESULTS) != result:
            use = "match" if result else "assign"
            self._document.problem(path, f"{name} is a label of kind {self._kinds[name]}, which belongs into {use}")


class _Builder:
    """Builds the policy of a document without faults."""

    def __init__(self, data: dict[str, Any], labels: Labels, around: PolicyContext) -> None:
        self._data = data
        self._labels = labels
        self._around = around

    def policy(self) -> Policy:
        """Return the policy."""
        data, labels = self._data, self._labels
        rules = tuple(
            Rule(rule["name"], tuple(map(self._term, rule["match"])), self._grant(rule)) for rule in data["rules"]
        )
        used = [label for rule in rules for term in rule.match for label, _ in term.labels()]
        return Policy(
            rules=rules,
            default=self._either(data["default"]),
            stale_after=duration(data.get("stale_after", "24h")),
            on_failure={state: self._failure(failure) for state, failure in data.get("on_failure", {}).items()},
            identify_by=frozenset(data.get("identify_by", MEANS)),
            nas_directory=self._around.placed(),
            extra_attributes=labels.extra_attributes,
            uses_identity_conflict=any(label.kind == "identity_conflict" for label in used),
            fingerprint=self._fingerprint(),
        )

    def _fingerprint(self) -> str:
        """Return a word that changes with everything that the policy judges by."""
        places = self._around.nas_directory or NasDirectory()
        by = [self._data, self._labels.lists, repr(places)]
        return hashlib.sha256(json.dumps(by, sort_keys=True).encode()).hexdigest()

    def _term(self, item: Any) -> Term:
        if isinstance(item, str):
            return self._labels.conditions[item]
        if "not" in item:
            return Not(self._term(item["not"]))
        return AnyOf(tuple(map(self._term, item["any"])))

    def _either(self, value: Any) -> Authorization:
        return self._grant(value) if isinstance(value, dict) else DENY

    def _failure(self, value: Any) -> OnFailure:
        if not isinstance(value, dict):
            return OnFailure(DENY)
        if "last_known" not in value:
            return OnFailure(self._grant(value))
        otherwise = self._either(value["otherwise"]) if "otherwise" in value else None
        return OnFailure(otherwise, duration(value["last_known"]))

    def _grant(self, rule: dict[str, Any]) -> Authorization:
        results: dict[str, Any] = {}
        attributes: list[tuple[str, str]] = []
        for name in rule.get("assign", ()):
            kind, value = self._labels.results[name]
            results[kind] = value
            if kind == "attributes":
                attributes += self._pairs(value)
        return Authorization(
            allow=rule["policy"] == "allow",
            vlan=_choice(results.get("vlan"), "sites"),
            role=_choice(results.get("role"), "vendors"),
            session_timeout=duration(results["session_timeout"]) if "session_timeout" in results else 0,
            reply_message=results.get("reply_message", ""),
            attributes=tuple(attributes),
        )

    def _pairs(self, value: dict[str, Any]) -> list[tuple[str, str]]:
        canonical = self._around.canonical
        return [canonical(name, each) for name, values in value.items() for each in alternatives(values)]


def _choice(value: Any, key: str) -> PerSiteValue | None:
    if value is None:
        return None
    if isinstance(value, dict):
        by = {place: str(text) for place, text in value[key].items()}
        return PerSiteValue(str(value.get("default", "")), by)
    return PerSiteValue(str(value))
