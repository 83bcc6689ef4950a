"""The lists of NASes in settings.yaml: entries under nas, sites, groups, windows; and what is wrong with them."""

from radtune.config.yaml_file import Document, KeyPath, dotted
from radtune.policy.nas_directory import nas_network


def check_nas_lists(document: Document) -> None:
    """Note every name that is given twice and everything that is no NAS, beyond what the schema tells."""
    at_site: dict[str, str] = {}
    for entries in ("nas", "sites", "nas_groups"):
        _check_once(document, entries, "name")
        for path, entry in document.items(entries):
            _check_nas_list(document, (*path, "nas"), entry.get("nas"), at_site if entries == "sites" else {})
    for path, entry in document.items("moves", "windows"):
        _check_nas_list(document, (*path, "nas"), entry.get("nas"), {})


def _check_once(document: Document, entries: str, key: str) -> None:
    """Note the fault where two entries have the same value."""
    seen: dict[str, KeyPath] = {}
    for path, entry in document.items(entries):
        value = entry.get(key)
        if isinstance(value, str) and value in seen:
            first = document.where(seen[value], path)
            document.problem((*path, key), f"{entry[key]}: given at {first} already")
        elif isinstance(value, str):
            seen[value] = (*path, key)


def _check_nas_list(document: Document, path: KeyPath, value: object, seen: dict[str, str]) -> None:
    """Note what is no NAS; `seen` are those named before, of which no two sites may have the same."""
    for index, text in enumerate(value if isinstance(value, list) else ()):
        where = dotted((*path, index))
        if seen.setdefault(str(text).lower(), where) != where:
            document.problem((*path, index), f"{text}: given at {seen[str(text).lower()]} already")
        try:
            nas_network(str(text))
        except ValueError as error:
            document.problem((*path, index), str(error))
