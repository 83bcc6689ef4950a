"""The lists of NASes in settings: entries under `nas`, sites, groups and windows; their faults, and their profiles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtune.config.nas_profile import Profile, profile_reader
from radtune.config.policy_labels import PolicyContext
from radtune.config.schema import schema
from radtune.config.yaml_file import Document, dotted
from radtune.errors import ConfigurationError, NotPermittedError
from radtune.text import unknown

DEFAULT_PROFILE: str = schema("settings")["properties"]["nas"]["items"]["properties"]["profile"]["default"]


def profile_of(entry: Mapping[str, Any], base: Path) -> str:
    """Return the name of an entry's profile, or its absolute file; `base` is the directory of settings.yaml."""
    name: str = entry.get("profile", DEFAULT_PROFILE)
    return str(base / name) if name.endswith((".yaml", ".yml")) else name


def check_nas_lists(document: Document) -> None:
    """Note names that are given twice, and what two sites name: a NAS is at one of them."""
    for entries in ("nas", "sites", "nas_groups"):
        document.check_unique(entries, "name")
    seen: dict[str, str] = {}
    for path, site in document.items("sites"):
        named = site.get("nas")
        for index, text in enumerate(map(str, named) if isinstance(named, list) else ()):
            where = dotted((*path, "nas", index))
            if seen.setdefault(text.lower(), where) != where:
                document.problem((*path, "nas", index), f"{text}: given at {seen[text.lower()]} already")


def check_profiles(document: Document, context: PolicyContext) -> dict[str, Profile]:
    """Return the profile of each entry by its name. A fault of a profile is noted at the entry and at its own place."""
    profiles: dict[str, Profile] = {}
    usable = any(document.items("nas")) and context.usable_dictionary(document)
    known = profile_reader(context if usable else PolicyContext())
    for path, entry in document.items("nas"):
        where = (*path, "profile")
        if not isinstance(entry.get("profile", DEFAULT_PROFILE), str) or document.faulty(where):
            continue
        name = profile_of(entry, document.file.absolute().parent)
        try:
            profile = known(name)
        except (ValueError, NotPermittedError) as error:
            document.problem(where, str(error))
        except ConfigurationError as error:
            document.problem(where, f"{name} can't be used: {error.problems[0].message}")
            document.note(error.problems)
        else:
            profiles[str(entry.get("name"))] = profile
            methods = entry.get("methods")
            for index, method in enumerate(methods if isinstance(methods, list) else ()):
                if isinstance(method, str) and method not in profile.method_names():
                    said = f"profile {profile.name}: {unknown('method', method, profile.method_names())}"
                    document.problem((*path, "methods", index), said)
    return profiles
