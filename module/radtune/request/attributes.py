"""The attributes of a request, each with every value that it came with."""

import re
from collections.abc import Collection, Iterable

PairList = Iterable[tuple[str, str]] | None
"""A list of attributes as FreeRADIUS gives it: name and value of each, or None."""

_WRITTEN = re.compile(r"([^:=]+)([:=])(.*)", re.DOTALL)


class Attributes:
    """A request's attributes, each with every value it came with, in order.

    Values come from several lists; the first list that has an attribute is the one that counts.
    """

    def __init__(self, *lists: PairList) -> None:
        """Take the lists, the most trusted first."""
        self._values: dict[str, list[str]] = {}
        for pairs in lists:
            found: dict[str, list[str]] = {}
            for name, value in pairs or ():
                found.setdefault(name, []).append(value)
            self._values = found | self._values

    def first(self, *names: str) -> str:
        """Return the first value of the first of these attributes that is there, or ''."""
        for name in names:
            if name in self._values:
                return self._values[name][0]
        return ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute."""
        return tuple(self._values.get(name, ()))

    def named(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute whose name was written by hand: in either case, and without its tag.

        FreeRADIUS's dictionaries know no case; a tagged attribute (RFC 2868) is called `Name:0` here.
        """
        wanted = name.lower()
        spellings = ((values, known.lower()) for known, values in self._values.items())
        found = (values for values, known in spellings if wanted in (known, known.partition(":")[0]))
        return tuple(value for values in found for value in values)

    def names(self) -> Collection[str]:
        """Return the names of the attributes that are there."""
        return self._values.keys()

    def __contains__(self, name: str) -> bool:
        """Tell whether the attribute is there."""
        return name in self._values


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
