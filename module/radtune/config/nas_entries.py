"""The entries under nas in settings.yaml: what is wrong with them, and what their profiles say."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from radtune.config.label_file import PolicyContext
from radtune.config.nas_profile import Profile, Profiles
from radtune.config.schema import unknown
from radtune.config.yaml_file import Document
from radtune.errors import ConfigurationError, NotPermittedError
from radtune.policy.nas_directory import NasList
from radtune.policy.templates import Accept

DEFAULT_PROFILE = "rfc5176"


def profile_of(entry: Mapping[str, Any], base: Path) -> str:
    """Return the name of an entry's profile, or its absolute file; `base` is the directory of settings.yaml."""
    name = entry.get("profile", DEFAULT_PROFILE)
    return str(base / name) if name.endswith((".yaml", ".yml")) else name


def check_profiles(document: Document, around: PolicyContext) -> dict[str, Profile]:
    """Return the profile of each entry by its name; what is wrong is noted at the entry, and at its own place.

    The profiles are held against the dictionaries, if there are any. What the schema has to tell of is passed over.
    """
    profiles: dict[str, Profile] = {}
    known = Profiles(_with_dictionaries(document, around))
    for path, entry in document.items("nas"):
        where = (*path, "profile")
        if not isinstance(entry.get("profile", DEFAULT_PROFILE), str) or document.faulty(where):
            continue
        name = profile_of(entry, document.file.absolute().parent)
        try:
            profile = known.get(name)
        except (ValueError, NotPermittedError) as error:
            document.problem(where, str(error))
        except ConfigurationError as error:
            document.problem(where, f"{name} can't be used: {error.problems[0].message}")
            _note(document, error)
        else:
            profiles[str(entry.get("name"))] = profile
            _check_methods(document, (*path, "methods"), entry.get("methods"), profile)
    return profiles


def _with_dictionaries(document: Document, around: PolicyContext) -> PolicyContext:
    """Return what profiles are read with; dictionaries with faults are told of once, and then left out."""
    try:
        if around.dictionaries and any(document.items("nas")):
            _ = around.dictionary
    except ConfigurationError as error:
        _note(document, error)
        return PolicyContext()
    return around


def _note(document: Document, error: ConfigurationError) -> None:
    document.problems += [each for each in error.problems if each not in document.problems]


def _check_methods(document: Document, path: tuple[str | int, ...], names: object, profile: Profile) -> None:
    known = profile.method_names()
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name not in known:
            document.problem((*path, index), f"{unknown('method', name, known)} of profile {profile.name}")


def accepts(profiles: Mapping[str, Profile]) -> dict[str, Accept]:
    """Return what the NASes of each entry want in an Access-Accept, for those that want anything."""
    return {name: Accept(profile.accept, profile.mac) for name, profile in profiles.items() if profile.accept}


def entry_lists(entries: Iterable[Mapping[str, Any]]) -> tuple[NasList, ...]:
    """Return which NASes each entry stands for."""
    return tuple(NasList(entry["name"], tuple(entry["nas"])) for entry in entries)
