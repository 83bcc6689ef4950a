"""The record of an installation: files and variables, in a text file that root alone writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_HEAD = "# What `make install` wrote, for the next `make install` and for `make uninstall`: answers, then checksums."


@dataclass(slots=True)
class Record:
    """`answers` by variable; `checksums` by path: each content of ours that may be there."""

    answers: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, set[str]] = field(default_factory=dict)

    def is_ours(self, path: str, checksum: str) -> bool:
        """Tell whether a file with this content is one that radtune installed at `path`."""
        return checksum in self.checksums.get(path, ())

    def add(self, path: str, checksum: str) -> None:
        """Remember a content of the file at `path`."""
        self.checksums.setdefault(path, set()).add(checksum)


def record_file(prefix: Path) -> Path:
    """Return the record's file; `prefix` includes DESTDIR."""
    return prefix / "lib/radtune/installed"


def read_record(file: Path) -> Record:
    """Return the record, an empty one if there is none. Raises OSError."""
    record = Record()
    if not file.exists():
        return record
    for line in file.read_text(encoding="utf-8").splitlines():
        first, _, rest = line.partition(" ")
        if first != "#":
            record.add(rest.strip(), first)
        elif "=" in rest and line != _HEAD:
            name, _, value = rest.partition("=")
            record.answers[name] = value
    return record


def text_of(answers: Mapping[str, str], checksums: Mapping[str, set[str]]) -> str:
    """Return the record as its file holds it."""
    head = [_HEAD, *(f"# {name}={value}" for name, value in sorted(answers.items()))]
    rows = [f"{checksum}  {path}" for path, some in sorted(checksums.items()) for checksum in sorted(some)]
    return "".join(f"{line}\n" for line in (*head, *rows))
