"""The archive for a bug report: kinds, numbers and radtune's own words; for private texts, words such as nas-1.

Nothing is cut out of texts: a text gets in only if it is a `Word`, and a `Private` one only as its pseudonym. All
others are left out.
"""

import gzip
import io
import json
import tarfile
from typing import IO, Any

from radtune_tools.doctor.kinds import KINDS
from radtune_tools.doctor.report import Check, Fact, Finding, Private, Report, Word

LEFT_OUT = "…"
README = """\
What `radtune doctor --bundle` found. report.json has the kinds of findings, numbers, and words of radtune's own.
Names, addresses, MACs, ids, paths and secrets are not in it. A word such as nas-1 stands for one of them, and for the
same one wherever it is in this file. The person who made this file can tell what it stands for.
"""


class Pseudonyms:
    """The words that stand for private texts in one archive."""

    def __init__(self) -> None:
        self.words: dict[Private, Word] = {}
        self._counts: dict[str, int] = {}

    def of(self, private: Private) -> Word:
        """Return the word for a text, the same one each time."""
        if private not in self.words:
            self._counts[private.sort] = self._counts.get(private.sort, 0) + 1
            self.words[private] = Word(f"{private.sort}-{self._counts[private.sort]}")
        return self.words[private]

    def redacted(self, fact: Fact) -> Any:
        """Return what the archive has of a fact."""
        if isinstance(fact, dict):
            return {self.redacted(name): self.redacted(value) for name, value in fact.items()}
        if isinstance(fact, list):
            return [self.redacted(value) for value in fact]
        if isinstance(fact, Private):
            return self.of(fact)
        return str(fact) if isinstance(fact, Word) else LEFT_OUT if isinstance(fact, str) else fact


def write_bundle(report: Report, file: IO[bytes]) -> dict[Private, Word]:
    """Write the archive; return what its words stand for. Raises OSError."""
    names = Pseudonyms()
    answer = {"state": str(report.state), "checks": [_check(names, check) for check in report.checks]}
    texts = {"README": README, "report.json": json.dumps(answer, indent=2)}
    # An empty name and no time: by itself gzip would write those of the file.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, text in texts.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"radtune-doctor/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return names.words


def _check(names: Pseudonyms, check: Check) -> dict[str, Any]:
    return {
        "check": check.name,
        "facts": names.redacted(check.facts),
        "findings": [_finding(names, finding) for finding in check.findings],
        "not_known": [str(each.cause) for each in check.not_known],
    }


def _finding(names: Pseudonyms, finding: Finding) -> dict[str, Any]:
    fields = {name: names.redacted(value) for name, value in finding.fields.items()}
    return {"kind": finding.kind, "what": KINDS[finding.kind].what.format_map(fields), "fields": fields}
