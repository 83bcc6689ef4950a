"""Parts of settings: what a test gives, and the defaults for the rest."""

from pathlib import Path
from typing import Any

from radtune.config.move_settings import MoveSettings, build_moves
from radtune.config.schema import schema, with_defaults
from radtune.config.settings import Limits, Nas

PARTS = schema("settings")["properties"]


def limits_with(**given: float) -> Limits:
    return Limits(**with_defaults(given, PARTS["limits"]))


def moves_with(**given: object) -> MoveSettings:
    """Return what is given as it stands in settings.yaml."""
    return build_moves(with_defaults(given, PARTS["moves"]))


def nas(name: str, identifier: str, secret_file: Path, **more: Any) -> Nas:
    defaults = {key: part["default"] for key, part in PARTS["nas"]["items"]["properties"].items() if "default" in part}
    return Nas(name, (identifier,), secret_file, **{**defaults, **more})


MOVES = moves_with()
