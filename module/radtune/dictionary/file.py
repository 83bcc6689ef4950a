"""FreeRADIUS's dictionary files -> Definitions.

Read as src/lib/dict.c of FreeRADIUS 3.2 reads them: what is refused here keeps the server from starting, or makes it
mix up numbers. But a keyword that isn't known is passed over, for a later release may know it.
"""

import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from radtune.dictionary.attribute import Attribute, Numbers
from radtune.dictionary.definitions import NO_FLAGS, VENDOR_SPECIFIC, DefinitionError, Definitions, Flags, Key, Vendor
from radtune.dictionary.words import read_flags, read_number, read_type, read_vendor
from radtune.errors import ConfigurationError, NotPermittedError, Problem
from radtune.files import unreadable

_LINE_BYTES = 255


def read_dictionaries(files: Sequence[Path]) -> Definitions:
    """Read the server's main dictionary and those that come after it, in this order, each with all that it includes.

    Raises ConfigurationError at the first fault, NotPermittedError where a file may not be read.
    """
    reader = _Reader()
    for number, file in enumerate(files):
        reader.read(file, file, 1)
        reader.settle(main=number == 0)
    return reader.definitions


class _Reader:
    """The files read so far, and what they define."""

    def __init__(self) -> None:
        self.definitions = Definitions()
        self._seen: set[tuple[int, int]] = set()
        self._early: list[tuple[Path, int, list[str]]] = []

    def read(self, file: Path, by: Path, line: int) -> None:
        """Read a file that `by` names on this line; one that was read already is passed over, as the server does."""
        try:
            found = file.stat()
            if (found.st_dev, found.st_ino) in self._seen:
                return
            if not stat.S_ISREG(found.st_mode):
                raise _problem(by, line, f"{file} is not a file")
            if found.st_mode & stat.S_IWOTH:
                raise _problem(file, 1, "every user may write to it, which FreeRADIUS refuses")
            text = file.read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            raise _problem(by, line, "there is no such file" if file == by else f"there is no file {file}") from None
        except PermissionError as error:
            raise NotPermittedError(unreadable(file)) from error
        except OSError as error:
            raise _problem(by, line, f"{file} can't be read: {error.strerror}") from error
        self._seen.add((found.st_dev, found.st_ino))
        _File(self, file).read(text)

    def add_early(self, file: Path, line: int, words: list[str]) -> None:
        """Keep a VALUE whose attribute hasn't come yet."""
        self._early.append((file, line, words))

    def settle(self, *, main: bool) -> None:
        """Add the values that came before their attributes; after all files but the main one the server forgets them.

        It takes them from the last to the first.
        """
        found: dict[Key, dict[str, tuple[str, int]]] = {}
        for file, line, (name, value, number) in reversed(self._early if main else []):
            try:
                attribute = self.definitions.attribute(name)
            except DefinitionError as error:
                raise _problem(file, line, str(error)) from None
            names = found.setdefault((attribute.space, attribute.number), {})
            names[value.lower()] = (value, read_number(number))
        for key, values in found.items():
            self.definitions.add_early_values(key, dict(reversed(values.items())))
        self._early.clear()


class _File:
    """One file, and the blocks that are open in it."""

    def __init__(self, reader: _Reader, file: Path) -> None:
        self._reader, self._file, self._line = reader, file, 0
        self._definitions = reader.definitions
        self._block: tuple[Vendor, Numbers] | None = None
        self._tlvs: list[Attribute] = []
        self._keywords: dict[str, Callable[[list[str]], None]] = {
            "ATTRIBUTE": self._attribute,
            "VALUE": self._value,
            "VENDOR": lambda words: self._definitions.add_vendor(read_vendor(words)),
            "BEGIN-VENDOR": self._begin_vendor,
            "END-VENDOR": self._end_vendor,
            "BEGIN-TLV": self._begin_tlv,
            "END-TLV": self._end_tlv,
            "$INCLUDE": self._include,
            "$INCLUDE-": partial(self._include, optional=True),
            "$-INCLUDE": partial(self._include, optional=True),
        }

    def read(self, text: str) -> None:
        try:
            for self._line, line in enumerate(text.split("\n"), 1):
                self._read_line(line)
        except DefinitionError as error:
            raise _problem(self._file, self._line, str(error)) from None

    def _read_line(self, line: str) -> None:
        if line[_LINE_BYTES:].partition("#")[0].strip():
            raise DefinitionError(f"longer than {_LINE_BYTES} bytes, which FreeRADIUS takes for two lines")
        words = line.partition("#")[0].split()
        if len(words) == 1:
            raise DefinitionError(f"{words[0]}: the rest of the line is missing")
        if words and (keyword := self._keywords.get(words[0].upper())):
            keyword(words[1:])

    def _include(self, words: list[str], *, optional: bool = False) -> None:
        file = self._file.parent / words[0]
        if not optional or file.exists():
            self._reader.read(file, self._file, self._line)

    def _attribute(self, words: list[str]) -> None:
        if not 3 <= len(words) <= 4:
            raise DefinitionError("an ATTRIBUTE has a name, a number, a type and perhaps flags")
        numbers: Numbers = tuple(map(read_number, words[1].split(".")))
        space: Numbers = self._block[1] if self._block else ()
        kind, length = read_type(words[2])
        flags = Flags(length) if length else NO_FLAGS
        if len(words) == 4:
            flags, vendor = read_flags(words[3], length)
            if vendor and (space or len(numbers) > 1):
                raise DefinitionError(f"unknown flag {vendor}")
            if vendor:
                space = (VENDOR_SPECIFIC, self._definitions.vendor(vendor).number)
        if self._tlvs:
            around = self._tlvs[-1]
            key = (around.space, (*around.number, *numbers))
        else:
            key = self._definitions.place(space, numbers)
        self._definitions.add_attribute(words[0], kind, key, flags)

    def _value(self, words: list[str]) -> None:
        if len(words) != 3:
            raise DefinitionError("a VALUE has an attribute, a name and a number")
        number = read_number(words[2])
        attribute = self._definitions.by_name.get(words[0].lower())
        if attribute is not None:
            self._definitions.add_value(attribute, words[1], number)
        elif words[0].lower() != "server-config":  # left from old dictionaries; the server passes it over
            self._reader.add_early(self._file, self._line, words)

    def _begin_vendor(self, words: list[str]) -> None:
        vendor = self._definitions.vendor(words[0])
        outside: Numbers = ()
        if len(words) > 1:
            form, _, name = words[1].partition("=")
            around = self._definitions.attribute(name)
            if form not in ("format", "parent") or around.type != "evs":
                raise DefinitionError(f"{words[1]}: expected format= and an attribute of type evs")
            outside = around.space
        self._block = (vendor, (*outside, VENDOR_SPECIFIC, vendor.number))

    def _end_vendor(self, words: list[str]) -> None:
        ended = self._definitions.vendor(words[0])
        if self._block is None or self._block[0].number != ended.number:
            raise DefinitionError(f"END-VENDOR {words[0]} without its BEGIN-VENDOR")
        self._block = None

    def _begin_tlv(self, words: list[str]) -> None:
        around = self._definitions.attribute(words[0])
        if around.type != "tlv":
            raise DefinitionError(f"BEGIN-TLV {words[0]}: not a tlv")
        self._tlvs.append(around)

    def _end_tlv(self, words: list[str]) -> None:
        if not self._tlvs or self._tlvs.pop() != self._definitions.attribute(words[0]):
            raise DefinitionError(f"END-TLV {words[0]} without its BEGIN-TLV")


def _problem(file: Path, line: int, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file, line, "", message)])
