"""policy.yaml -> Policy."""

from pathlib import Path
from typing import Any

from radtune.policy import Grant, Label, Policy, Rule, Term
from radtune.schema import check_schema, unknown
from radtune.yamlfile import Document, KeyPath, read_yaml

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_policy(file: Path) -> Policy:
    """Read the file; raises ConfigurationError with every fault, NotPermittedError."""
    document = check_policy(file)
    document.raise_problems()
    return _build(document.data)


def check_policy(file: Path) -> Document:
    """Read the file and note every fault; raises ConfigurationError where it isn't YAML, NotPermittedError."""
    document = read_yaml(file)
    check_schema(document, "policy")
    kinds = {name: next(iter(label)) for name, label in document.keys("labels").items() if _is_label(label)}
    seen: set[str] = set()
    for path, rule in document.items("rules"):
        name = rule.get("name")
        if name in seen or name == "default":
            document.problem((*path, "name"), f"{name}: another rule has this name")
        if isinstance(name, str):
            seen.add(name)
        _check_match(document, path, rule, kinds)
        _check_assign(document, path, rule, kinds)
    _check_assign(document, ("default",), document.keys("default"), kinds)
    return document


def _is_label(label: object) -> bool:
    return isinstance(label, dict) and len(label) == 1


def _check_match(document: Document, path: KeyPath, rule: dict[str, Any], kinds: dict[str, str]) -> None:
    terms = rule.get("match")
    for index, item in enumerate(terms if isinstance(terms, list) else ()):
        name = item.get("not") if isinstance(item, dict) else item
        if isinstance(name, str):
            _check_label(document, (*path, "match", index), name, kinds, result=False)


def _check_assign(document: Document, path: KeyPath, rule: dict[str, Any], kinds: dict[str, str]) -> None:
    names = rule.get("assign")
    vlans = 0
    for index, name in enumerate(names if isinstance(names, list) else ()):
        here = (*path, "assign", index)
        if not isinstance(name, str):
            continue
        if rule.get("policy") == "deny":
            document.problem(here, f"{name}: a rule that denies assigns nothing")
        _check_label(document, here, name, kinds, result=True)
        vlans += kinds.get(name) == "vlan"
        if vlans > 1 and kinds.get(name) == "vlan":
            document.problem(here, f"{name}: the rule assigns a VLAN already")


def _check_label(document: Document, path: KeyPath, name: str, kinds: dict[str, str], *, result: bool) -> None:
    """Note the fault where `name` is no label that may stand there."""
    fitting = [label for label, kind in kinds.items() if (kind == "vlan") == result]
    if name not in document.keys("labels"):
        document.problem(path, unknown("label", name, fitting))
    elif name in kinds and name not in fitting:
        use = "assign" if kinds[name] == "vlan" else "match"
        document.problem(path, f"{name} is a label of kind {kinds[name]}, which belongs into {use}")


def _build(data: dict[str, Any]) -> Policy:
    """Build the policy of a document without faults."""
    labels = data["labels"]
    default = data["default"]
    stale_after = data.get("stale_after", "24h")
    return Policy(
        rules=tuple(
            Rule(rule["name"], tuple(_term(item, labels) for item in rule["match"]), _grant(rule, labels))
            for rule in data["rules"]
        ),
        default=_grant({"policy": default} if isinstance(default, str) else default, labels),
        stale_after=int(stale_after[:-1]) * _UNITS[stale_after[-1]],
    )


def _term(item: str | dict[str, str], labels: dict[str, Any]) -> Term:
    name = item if isinstance(item, str) else item["not"]
    states = labels[name]["mdm_compliance"]
    label = Label(name, frozenset([states] if isinstance(states, str) else states))
    return Term(label, negated=not isinstance(item, str))


def _grant(rule: dict[str, Any], labels: dict[str, Any]) -> Grant:
    vlans = [str(labels[name]["vlan"]) for name in rule.get("assign", ())]
    return Grant(allow=rule["policy"] == "allow", vlan=vlans[0] if vlans else "")
