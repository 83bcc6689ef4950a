"""Read every file of FreeRADIUS's configuration below a directory as radtune setup does; JSON on standard output.

For each file that isn't understood its line and the reason. Exits with an error if not all of a file is in the tree, or
if a line that is put before a statement changes anything else.
"""

import json
import re
import sys
from pathlib import Path

from radtune_tools.raddb_edit.config_edit import edited, insert_before
from radtune_tools.raddb_edit.config_tree import ConfigText, Item, NotUnderstoodError

GAP = re.compile(r"(?:[\s,;]|\\\r?\n|#[^\n]*)*")
PATTERNS = ("*.conf", "mods-available/*", "sites-available/*", "policy.d/*", "mods-config/sql/**/queries.conf")


def check(file: ConfigText, section: Item) -> None:
    """Raise ValueError if something that is neither blank nor a comment lies between two statements."""
    at, end = section.body
    for item in section.items:
        if not GAP.fullmatch(file.text, at, item.start):
            raise ValueError(f"line {file.line(at)}: {file.text[at : item.start]!r} is in no statement")
        if item.kind == "section":
            check(file, item)
        at = item.end
    if not GAP.fullmatch(file.text, at, end):
        raise ValueError(f"line {file.line(at)}: {file.text[at:end]!r} is in no statement")


def check_edits(file: ConfigText) -> None:
    """Raise ValueError if a line cannot be taken out again, or lies inside of a statement."""
    for item in file.top.everything():
        if file.begins_line(item.start):
            edit = insert_before(file, item, "radtune_line")
            new = edited(file.text, [edit])
            added = new[edit.start : edit.start + len(edit.text)]
            if new.replace(added, "", 1) != file.text or len(list(ConfigText(new).top.everything())) != count(file) + 1:
                raise ValueError(f"line {file.line(item.start)}: {added!r} does more than to add a line")


def count(file: ConfigText) -> int:
    """Return the number of the statements."""
    return len(list(file.top.everything()))


def main(directory: Path) -> None:
    """Read the files."""
    refused = {}
    files = sorted({file for pattern in PATTERNS for file in directory.glob(pattern) if file.is_file()})
    for path in files:
        name = str(path.relative_to(directory))
        try:
            file = ConfigText(path.read_bytes().decode("latin-1"))
            check(file, file.top)
            if path.parent.name == "sites-available" or name == "mods-available/eap":
                check_edits(file)
        except NotUnderstoodError as error:
            refused[name] = [error.line, error.why]
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    json.dump({"files": len(files), "refused": refused}, sys.stdout)


main(Path(sys.argv[1]))
