"""The attributes of a request, each with every value that it came with."""

import re
from collections.abc import Iterable

PairList = Iterable[tuple[str, str]] | None
"""A list of attributes as FreeRADIUS gives it: name and value of each, or None."""

_WRITTEN = re.compile(r"([^:=]+)([:=])(.*)", re.DOTALL)


class Attributes(dict[str, str]):
    """A request's attributes: the first value of each by its name.

    Values come from several lists; the first list that has an attribute is the one that counts.
    """

    __slots__ = ("_lists",)

    def __init__(self, *lists: PairList) -> None:
        """Take the lists, the most trusted first."""
        super().__init__()
        self._lists = tuple(tuple(pairs) for pairs in lists if pairs)
        for pairs in reversed(self._lists):
            self.update(reversed(pairs))

    def first(self, *names: str) -> str:
        """Return the first value of the first of these attributes that is there, or ''."""
        for name in names:
            if name in self:
                return self[name]
        return ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute, in order."""
        if name in self:
            for pairs in self._lists:
                if found := tuple(value for known, value in pairs if known == name):
                    return found
        return ()

    def named(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute whose name was written by hand: in either case, and without its tag.

        FreeRADIUS's dictionaries know no case; a tagged attribute (RFC 2868) is called `Name:0` here.
        """
        wanted = name.lower()
        spellings = {known: known.lower() for pairs in self._lists for known, _ in pairs}
        found = (known for known, lower in spellings.items() if wanted in (lower, lower.partition(":")[0]))
        return tuple(value for known in found for value in self.all(known))

    def beginning(self, prefix: str) -> tuple[tuple[tuple[str, str], ...], ...]:
        """Return the lists with those attributes alone whose names begin so."""
        return tuple(tuple(pair for pair in pairs if pair[0].startswith(prefix)) for pairs in self._lists)


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the different values, in the order in which they came first."""
    return tuple(dict.fromkeys(values))


def read_written(config: PairList) -> list[tuple[str, bytes]]:
    """Return the attributes of a request that policy.d/radtune has written into the control list.

    It does so if one of them is not UTF-8. Strings stand there in hex; rlm_python3 may have cut the end.
    """
    values = (value for name, value in config or () if name == "Radtune-Written")
    found = (match for value in values if (match := _WRITTEN.fullmatch(value)))
    return [
        (name, bytes.fromhex(text[: len(text) // 2 * 2]) if kind == ":" else text.encode())
        for name, kind, text in map(re.Match.groups, found)
    ]


def as_text(raw: bytes) -> str:
    """Return it as text; bytes that are no text are shown as `\\xfc`."""
    return raw.replace(b"\0", b"\\x00").decode(errors="backslashreplace")
