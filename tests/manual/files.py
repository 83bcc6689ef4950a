"""The files of radtune, as `radtune doctor` knows them."""

from collections.abc import Iterator, Mapping

from manual.table import table
from radtune_tools.doctor.paths import FILES, File, Part

HEADS: Mapping[Part, tuple[str, ...]] = {
    "installed": ("file", "owner", "mode", "what it is", "secret"),
    "directories": ("directory", "owner", "mode", "what is in it"),
    "yours": ("file", "owner", "mode", "what it is", "secret"),
    "written": ("file", "owner", "mode", "written by", "read by", "secret"),
    "sometimes": ("sometimes", "what it is"),
}


def listed(part: Part) -> Iterator[str]:
    """Yield the table of the files of this part."""
    head = HEADS[part]
    yield table(head, [[_cell(file, column) for column in head] for file in FILES if file.part == part])


def _cell(file: File, column: str) -> str:
    cells = {
        "owner": f"`{file.owner}`" if file.owner else "the other issuer's",
        "mode": file.mode or "not for others",
        "what it is": file.what,
        "what is in it": file.what,
        "written by": file.by,
        "read by": file.reads,
        "secret": file.secret,
    }
    return cells.get(column, file.label or f"`{file.at()}`")
