"""FreeRADIUS's dictionary files, read as src/lib/dict.c of FreeRADIUS 3.2 reads them.

The server doesn't start with a faulty dictionary, so only a line that can't be read is a fault here. An unknown keyword
is passed over, for a later release may know it.
"""

import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from radtune.dataclass import dataclass, field
from radtune.dictionary.attribute import Attribute, Numbers
from radtune.errors import FaultyFileError
from radtune.file_access import read_file

Key = tuple[Numbers, Numbers]
"""An attribute's space and number."""

_LINE_BYTES = 255
_VENDOR_SPECIFIC = 26
_EXTENDED = ("extended", "long-extended")
_OTHER_NAMES = {
    "uint8": "byte",
    "uint16": "short",
    "uint32": "integer",
    "int32": "signed",
    "uint64": "integer64",
    "cidr": "ipv4prefix",
}
_OCTETS = re.compile(r"octets\[(\w+)\]", re.ASCII)
_FLAG = re.compile(r"has_tag(?:=1)?|virtual|concat|array|secret.*|encrypt=.*")
_FORMAT = re.compile(r"format=([124]),([012])(,c)?", re.IGNORECASE)
_OWN_HEADERS = {429: 4, 4846: 3, 8164: 4}
"""Bytes of number and length of vendors whose format the server knows by itself: USR, Lucent and Starent."""


class _Vendor(NamedTuple):
    """A vendor; `room` is how many bytes of value one of its attributes can carry."""

    number: int
    room: int


@dataclass(slots=True)
class Definitions:
    """Everything defined so far; a later definition of the same name or number wins.

    by_name: attributes by lower-case name
    by_number: the newest attribute of each number
    values: the named values of each number, by lower-case name
    """

    by_name: dict[str, Attribute] = field(default_factory=dict)
    by_number: dict[Key, Attribute] = field(default_factory=dict)
    values: dict[Key, dict[str, tuple[str, int]]] = field(default_factory=dict)


def read_definitions(files: Sequence[Path]) -> Definitions:
    """Read the server's main dictionary, then those after it, each with all that it includes.

    Raises ConfigurationError at the first fault, NotPermittedError if a file may not be read.
    """
    reader = _Reader()
    for number, file in enumerate(files):
        reader.read(file, file, 1)
        if number == 0:
            reader.add_early_values()
    return reader.definitions


class _Reader:
    """The files read so far, and what they define."""

    def __init__(self) -> None:
        self.definitions = Definitions()
        self.vendors: dict[str | int, _Vendor] = {}
        self.early_values: list[tuple[str, str, int]] = []
        self._seen: set[tuple[int, int]] = set()

    def read(self, file: Path, by: Path, line: int) -> None:
        """Read a file that `by` names on this line; one that was read already is passed over, as the server does."""
        try:
            content, found = read_file(file)
        except FaultyFileError as error:
            said = error.problems[0].message
            raise error if file == by else FaultyFileError(by, f"{file}: {said}", line) from error
        if found.st_mode & stat.S_IWOTH:
            raise FaultyFileError(file, "every user may write to it, which FreeRADIUS refuses")
        if (found.st_dev, found.st_ino) not in self._seen:
            self._seen.add((found.st_dev, found.st_ino))
            _File(self, file).read(content.decode(errors="surrogateescape"))

    def add_early_values(self) -> None:
        """Add the values that came before their attributes; the server does so behind its main dictionary alone.

        They go before the others: the server shows a number by the last of its names, but by one of these only if it
        has no other.
        """
        early: dict[Key, dict[str, tuple[str, int]]] = {}
        for name, value, number in self.early_values:
            if attribute := self.definitions.by_name.get(name):
                names = early.setdefault((attribute.space, attribute.number), {})
                names.setdefault(value.lower(), (value, number))
        for key, names in early.items():
            others = {name: value for name, value in self.definitions.values.get(key, {}).items() if name not in names}
            self.definitions.values[key] = {**names, **others}


class _File:
    """One file, and the blocks that are open in it; KeyError is an unknown vendor or attribute."""

    def __init__(self, reader: _Reader, file: Path) -> None:
        self._reader, self._file, self._line = reader, file, 0
        self._known, self._vendors = reader.definitions, reader.vendors
        self._space: Numbers = ()
        self._tlvs: list[Attribute] = []

    def read(self, text: str) -> None:
        try:
            for self._line, line in enumerate(text.split("\n"), 1):
                self._read_line(line)
        except (KeyError, ValueError) as error:
            said = f"unknown vendor or attribute {error}" if isinstance(error, KeyError) else str(error)
            raise FaultyFileError(self._file, said, self._line) from None

    def _read_line(self, line: str) -> None:
        words = line.partition("#")[0].split()
        if line[_LINE_BYTES:].partition("#")[0].strip():
            raise ValueError(f"longer than {_LINE_BYTES} bytes, which FreeRADIUS takes for two lines")
        match [word.upper() for word in words[:1]] + words[1:]:
            case ["ATTRIBUTE", name, number, kind, *flags] if len(flags) < 2:
                self._add_attribute(name, number, kind.lower(), flags)
            case ["VALUE", name, value, number]:
                self._add_value(name, value, _number(number))
            case ["VENDOR", name, number, *form] if len(form) < 2:
                vendor = _read_vendor(_number(number), form)
                self._vendors |= {name.lower(): vendor, vendor.number: vendor}
            case ["$INCLUDE" | "$INCLUDE-" | "$-INCLUDE" as keyword, name, *_]:
                file = self._file.parent / name
                if keyword == "$INCLUDE" or file.exists():
                    self._reader.read(file, self._file, self._line)
            case [_] | ["ATTRIBUTE" | "VALUE" | "VENDOR", *_]:
                raise ValueError(f"{words[0]}: too few words, or too many")
            case [keyword, name, *rest]:
                self._open_or_close(keyword, name, rest)

    def _open_or_close(self, keyword: str, name: str, rest: list[str]) -> None:
        """Begin or end a block; any other line is passed over."""
        if keyword == "BEGIN-VENDOR":
            parent = self._known.by_name[rest[0].lower().partition("=")[2]].space if rest else ()
            self._space = (*parent, _VENDOR_SPECIFIC, self._vendors[name.lower()].number)
        elif keyword == "END-VENDOR":
            self._space = ()
        elif keyword == "BEGIN-TLV":
            self._tlvs.append(self._known.by_name[name.lower()])
        elif keyword == "END-TLV":
            del self._tlvs[-1:]

    def _add_attribute(self, name: str, number: str, kind: str, flags: list[str]) -> None:
        space, numbers = self._space, tuple(map(_number, number.split(".")))
        words = flags[0].removesuffix(",").split(",") if flags else []
        for word in words:
            if not _FLAG.fullmatch(word):  # old dictionaries have the vendor here
                space = (_VENDOR_SPECIFIC, self._vendors[word.lower()].number)
        encrypt = max((_number(word[8:]) for word in words if word.startswith("encrypt=")), default=0)
        if self._tlvs:
            space, numbers = self._tlvs[-1].space, (*self._tlvs[-1].number, *numbers)
        elif not space:
            cut = self._length_of_space(numbers)
            space, numbers = numbers[:cut], numbers[cut:]
            if not numbers:
                raise ValueError("a vendor's attribute is defined inside of BEGIN-VENDOR")
        octets = _OCTETS.fullmatch(kind)
        attribute = Attribute(
            name,
            "octets" if octets else _OTHER_NAMES.get(kind, kind),
            space,
            numbers,
            self._room(space, numbers),
            _number(octets[1]) if octets else 0,
            any(word.startswith("has_tag") for word in words),
            encrypt > 0 or any(word.startswith("secret") for word in words),
            "virtual" in words,
        )
        if before := self._known.by_name.get(name.lower()):
            self._known.by_number.pop((before.space, before.number), None)
        self._known.by_name[name.lower()] = self._known.by_number[space, numbers] = attribute

    def _add_value(self, name: str, value: str, number: int) -> None:
        attribute = self._known.by_name.get(name.lower())
        if attribute is None:
            self._reader.early_values.append((name.lower(), value, number))
        else:
            names = self._known.values.setdefault((attribute.space, attribute.number), {})
            names.setdefault(value.lower(), (value, number))

    def _length_of_space(self, numbers: Numbers) -> int:
        """Return how many of these numbers, which stand outside of any block, are the attribute's space."""
        if len(numbers) > 1 and numbers[0] == _VENDOR_SPECIFIC:
            return 2
        parent = self._known.by_number.get(((), numbers[:1]))
        if len(numbers) == 1 or parent is None or parent.type not in _EXTENDED:
            return 0
        return 3 if numbers[1] == _VENDOR_SPECIFIC and len(numbers) > 3 else 1

    def _room(self, space: Numbers, numbers: Numbers) -> int:
        """Return how many bytes of value the attribute has room for: 255 without the headers of what is around it."""
        inside = 2 * (len(numbers) - 1)
        if not space:
            # NAS-Filter-Rule: the server joins these, and puts an empty one behind a full one (rad_vp2rfc).
            return 253 - inside - (numbers == (92,))
        if len(space) == 2:
            return self._vendors[space[-1]].room - inside
        parent = self._known.by_number.get(((), space[:1]))
        header = 4 if parent and parent.type == "long-extended" else 3
        return 255 - header - (5 if len(space) > 2 else 0) - inside


def _read_vendor(number: int, form: list[str]) -> _Vendor:
    """Return the vendor of a VENDOR line. RFC 2865 5.26 has one byte each for the number and length of an attribute."""
    if not form:
        return _Vendor(number, 255 - 6 - _OWN_HEADERS.get(number, 2))
    found = _FORMAT.fullmatch(form[0])
    if found is None:
        raise ValueError(f"{form[0]} is not a format that FreeRADIUS knows")
    # With `,c` one more byte follows, for values that go on in the next attribute.
    return _Vendor(number, 255 - 6 - int(found[1]) - int(found[2]) - bool(found[3]))


def _number(text: str) -> int:
    """Return a number, decimal or hexadecimal behind 0x; raises ValueError."""
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        raise ValueError(f"{text} is not a number") from None
