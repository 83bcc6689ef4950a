"""The findings of `radtune doctor`, by the tables of its code."""

import re
from collections.abc import Iterator

from manual.table import table
from radtune_tools.doctor import kinds


def listed(group: str) -> Iterator[str]:
    """Yield the table of the kinds of findings in a group, which is the name of a table there."""
    rows = (
        [f"`{name}`", *(_plain(text) for text in (kind.what, kind.why, kind.mend))]
        for name, kind in getattr(kinds, group).items()
    )
    yield table(["finding", "what is wrong", "what it leads to", "what mends it"], rows)


def _plain(text: str) -> str:
    """Return the words of a kind with … for each field."""
    plain = re.sub(r"(?<!{){\w+}(?!})", "…", text)
    return "the message says" if plain == "…" else plain.replace("{{", "{").replace("}}", "}").replace("$", r"\$")
