"""Parts of settings, and policies: what a test gives, and the defaults of the schemas for the rest."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from radtune.config.move_settings import MoveSettings, build_moves
from radtune.config.schema import schema, with_defaults
from radtune.config.settings import Limits, Nas
from radtune.policy.decide import Policy, Rule
from radtune.policy.grants import DENY, Authorization
from radtune.policy.patterns import duration

PARTS = schema("settings")["properties"]


def limits_with(**given: float) -> Limits:
    return Limits(**with_defaults(given, PARTS["limits"]))


def moves_with(**given: object) -> MoveSettings:
    """Return what is given as it stands in settings.yaml."""
    return build_moves(with_defaults(given, PARTS["moves"]))


def nas(name: str, identifier: str, secret_file: Path, **more: Any) -> Nas:
    defaults = {key: part["default"] for key, part in PARTS["nas"]["items"]["properties"].items() if "default" in part}
    return Nas(name, (identifier,), secret_file, **{**defaults, **more})


def policy_of(rules: Iterable[Rule], default: Authorization = DENY, **more: Any) -> Policy:
    """Return a policy of these rules."""
    defaults = with_defaults({}, schema("policy"))
    values = {"stale_after": duration(defaults["stale_after"]), "identify_by": frozenset(defaults["identify_by"])}
    return Policy(tuple(rules), default, **{**values, **more})


MOVES = moves_with()
