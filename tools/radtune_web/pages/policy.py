"""The policy: labels, rules in order, and how often each has decided."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template

from radtune.errors import RadtuneError
from radtune.policy.labels import alternatives
from radtune_web.index.events_in import HOUR
from radtune_web.pages.sources import Sources, now, sources

pages = Blueprint("policy", __name__)
DAY, WEEK = 24, 7 * 24
_HITS = """
SELECT rule, sum(CASE WHEN hour > ? THEN n ELSE 0 END), sum(n) FROM hourly
WHERE hour > ? AND kind IN ('login_allowed', 'login_denied') GROUP BY rule"""


@pages.get("/policy")
def policy() -> str | tuple[str, int]:
    """Show it."""
    here = sources()
    try:
        document, read = here.policy_document()
    except RadtuneError as error:
        return render_template("policy.html", problem=str(error)), 503
    data, hits = document.data, _hits(here, now())
    rules = [_rule(each, hits) for each in data.get("rules", ())]
    rest = [(word, hits.get(word, (0, 0))) for word in ("default", "on_failure")]
    return render_template(
        "policy.html",
        problem="",
        labels=[(name, *_label(value)) for name, value in data.get("labels", {}).items()],
        rules=rules,
        default=_words(data.get("default", "deny")),
        rest=rest,
        identify_by=sorted(read.identify_by),
        stale_after=read.stale_after,
        fingerprint=read.fingerprint[:12],
    )


def _hits(here: Sources, at: float) -> dict[str, tuple[int, int]]:
    """Return how many logins each rule has decided in the last day and the last week."""
    hour = int(at) // HOUR
    return {rule: (day, week) for rule, day, week in here.index.rows(_HITS, (hour - DAY, hour - WEEK))}


def _rule(rule: Mapping[str, Any], hits: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    day, week = hits.get(rule["name"], (0, 0))
    return {
        "name": rule["name"],
        "match": [_words(term) for term in alternatives(rule.get("match", []))],
        "policy": rule.get("policy", ""),
        "assign": [_words(each) for each in alternatives(rule.get("assign", []))],
        "day": day,
        "week": week,
    }


def _label(value: Any) -> tuple[str, str]:
    """Return the kind of a label and its value, in words."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, inner),) = value.items()
        return str(kind), _words(inner)
    return "", _words(value)


def _words(value: Any) -> str:
    """Return what stands in the file, on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_words(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
