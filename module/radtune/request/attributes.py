"""The attributes of a request, each with every value that it came with."""

import re
from collections.abc import Collection, Iterable

Pairs = Iterable[tuple[str, str]] | None

_WRITTEN = re.compile(r"([^:=]+)([:=])(.*)", re.DOTALL)


class Attributes:
    """A request's attributes, each with every value it came with, in order.

    Values come from several lists; the first list that has an attribute is the one that counts.
    """

    def __init__(self, *lists: Pairs) -> None:
        """Take lists of (name, value), the most trusted first."""
        self._values: dict[str, list[str]] = {}
        for pairs in lists:
            found: dict[str, list[str]] = {}
            for name, value in pairs or ():
                found.setdefault(name, []).append(value)
            for name, values in found.items():
                self._values.setdefault(name, values)

    def first(self, *names: str) -> str:
        """Return the first value of the first of these attributes that is there, or ''."""
        for name in names:
            if name in self._values:
                return self._values[name][0]
        return ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute."""
        return tuple(self._values.get(name, ()))

    def once(self, *names: str) -> tuple[str, ...]:
        """Return the different values of these attributes."""
        return tuple(dict.fromkeys(value for name in names for value in self.all(name)))

    def named(self, name: str) -> tuple[str, ...]:
        """Return every value of the attribute whose name was written by hand: in either case, and without its tag.

        FreeRADIUS's dictionaries know no case; a tagged attribute (RFC 2868) is called `Name:0` here.
        """
        wanted = name.lower()
        found = (values for known, values in self._values.items() if wanted in _spellings(known))
        return tuple(value for values in found for value in values)

    def names(self) -> Collection[str]:
        """Return the names of the attributes that are there."""
        return self._values.keys()

    def __contains__(self, name: str) -> bool:
        """Tell whether the attribute is there."""
        return name in self._values


def read_written(config: Pairs) -> list[tuple[str, bytes]]:
    """Return the attributes of a request that policy.d/radtune has written into the control list.

    It does so where one of them is not UTF-8. Strings stand there in hex, of which rlm_python3 may have cut the end.
    """
    values = (value for name, value in config or () if name == "Radtune-Written")
    found = (match for value in values if (match := _WRITTEN.fullmatch(value)))
    return [
        (name, bytes.fromhex(text[: len(text) // 2 * 2]) if kind == ":" else text.encode())
        for name, kind, text in map(re.Match.groups, found)
    ]


def as_text(raw: bytes) -> str:
    """Return it as text, with what is none shown as `\\xfc`."""
    return raw.replace(b"\0", b"\\x00").decode(errors="backslashreplace")


def _spellings(name: str) -> tuple[str, str]:
    return name.lower(), name.lower().partition(":")[0]
