"""What a server has loaded, in a form in which it can be compared with what is on the disk now."""

import hashlib
from pathlib import Path

from radtune.config.settings import Settings

CODE = Path(__file__).parents[1]
"""The directory of the module that this process has loaded."""
_KINDS = (".py", ".json", ".yaml")


def code_fingerprint(directory: Path) -> str:
    """Return a word that changes with the files of the module in this directory; raises OSError."""
    found = hashlib.sha256()
    for file in sorted(directory.rglob("*")):
        if file.suffix in _KINDS:
            found.update(f"{file.relative_to(directory)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def settings_fingerprints(settings: Settings) -> dict[str, str]:
    """Return a word for each key of settings that a server goes by; the other keys are for the commands alone."""
    places = settings.nas_directory
    by = {
        "store": settings.store,
        "events": settings.events,
        "policy": settings.policy,
        "sites": places.sites,
        "nas_groups": places.groups,
        "nas": (places.entries, places.accepts),
        "dictionaries": settings.dictionaries,
    }
    return {key: hashlib.sha256(repr(value).encode()).hexdigest()[:16] for key, value in by.items()}
