"""settings.yaml, and the files of settings.d beside it, which hold more tenants and NASes."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from radtune.config.yaml_file import Document, read_yaml
from radtune.errors import ConfigurationError, FaultyFileError, NotPermittedError
from radtune.file_access import unreadable
from radtune.text import unknown

DIRECTORY = "settings.d"
LISTS = ("intune", "nas")
"""The keys that a file of settings.d may have. Their lists are added to those of settings.yaml."""


def read_settings_files(file: Path, staged: Mapping[Path, Path] | None = None) -> Document:
    """Read settings.yaml and the files `*.yaml` of settings.d; what is wrong in them so far is noted in the document.

    staged: files of settings.d that aren't in place yet, each with the path of its text.
    Raises ConfigurationError if settings.yaml isn't YAML, NotPermittedError if one of them may not be read.
    """
    document, staged = read_yaml(file), staged or {}
    for each in sorted({*_files(file.parent / DIRECTORY), *staged}):
        try:
            other = read_yaml(staged.get(each, each))
        except ConfigurationError as error:
            document.problems += error.problems
            continue
        other.file = each
        _check(other)
        document.problems += other.problems
        if isinstance(document.data, dict):
            for key in _lists(other):
                if other.data[key] and isinstance(document.data.get(key, []), list):
                    document.include(other, key)
    return document


def _files(directory: Path) -> list[Path]:
    try:
        found = list(directory.iterdir())
    except FileNotFoundError:
        return []
    except PermissionError as error:
        raise NotPermittedError(unreadable(directory)) from error
    except OSError as error:
        raise FaultyFileError(directory, f"can't be read: {error.strerror}") from error
    return [each for each in found if each.suffix == ".yaml" and not each.name.startswith(".")]


def _lists(document: Document) -> Iterable[str]:
    return [key for key in LISTS if isinstance(document.keys().get(key), list)]


def _check(document: Document) -> None:
    """Note what no file of settings.d may hold; an entry is held against the schema once it is among the others."""
    if not document.keys():
        document.problem((), f"has no entries; expected a list under {' or '.join(LISTS)}, or no file")
    for key in document.keys().keys() - _lists(document):
        said = f"{unknown('key', key, LISTS)}; other keys belong into settings.yaml"
        document.problem((key,), "expected a list" if key in LISTS else said)
