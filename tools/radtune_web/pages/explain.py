"""The form that asks what a login would get, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from radtune.config.schema import schema
from radtune.errors import UsageError
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import ALL_STATES
from radtune_tools.bad_target import malformed
from radtune_tools.enforce.running_servers import policy_mismatch, policy_states
from radtune_tools.policy.explanation import Explanation, explain, login_of
from radtune_tools.policy.what_if import WhatIf
from radtune_web.pages.sources import now, sources

pages = Blueprint("explain", __name__)
_KINDS: Mapping[str, Any] = schema("policy")["definitions"]
AUTH_TYPES, INNER_TYPES = _KINDS["auth_type"]["enum"], _KINDS["inner_type"]["enum"]
TEXTS = ("ssid", "nas", "mac", "user")
CHOICES = {"compliance": sorted(ALL_STATES), "auth_type": AUTH_TYPES, "inner_type": INNER_TYPES}
LONGEST = 200
_OF = "SELECT key FROM session WHERE mac = ? OR device_id = ? OR device = ? COLLATE NOCASE OR key = ? LIMIT 50"


@pages.get("/explain")
def explain_login() -> str:
    """Show the form, and the answer."""
    asked = {name: request.args.get(name, "").strip()[:LONGEST] for name in ("target", "at", *TEXTS, *CHOICES)}
    explanation, problem = None, ""
    if asked["target"]:
        try:
            explanation = _explanation(asked)
        except UsageError as error:
            problem = str(error)
    return render_template(
        "explain.html", asked=asked, choices=CHOICES, explanation=explanation, problem=problem, title="Explain"
    )


def _explanation(asked: Mapping[str, str]) -> Explanation:
    """Return the answer; raises UsageError for what can't be meant."""
    target, here, at = asked["target"], sources(), now()
    if wrong := malformed(target):
        raise UsageError(f"{target}: {wrong}")
    what_if = _what_if(asked)
    settings, stores, policy = here.settings, here.stores(), here.policy()
    named = (parse_mac(target) or target, target.lower(), target, target)
    keys = [key for (key,) in here.index.rows(_OF, named)]
    login = login_of(target, [*stores.sessions.live(keys).values()] if keys else [], None, policy)
    mismatch = policy_mismatch(policy_states(settings), policy.fingerprint, settings.policy)
    return explain(stores, policy, settings.nas, target, login, what_if, at, mismatch)


def _what_if(asked: Mapping[str, str]) -> WhatIf:
    for name, known in CHOICES.items():
        if asked[name] and asked[name] not in known:
            raise UsageError(f"{asked[name]}: choose one of the list")
    if asked["mac"] and not parse_mac(asked["mac"]):
        raise UsageError(f"{asked['mac']}: expected a MAC such as 00:16:cb:aa:bb:01")
    try:
        at = datetime.fromisoformat(asked["at"]).timestamp() if asked["at"] else None
    except (ValueError, OverflowError):
        raise UsageError(f"{asked['at']}: expected a time such as 2026-01-31T18:30") from None
    changes: dict[str, Any] = {name: asked[name] for name in (*TEXTS, *CHOICES)}
    return WhatIf(at=at, **changes)
